"""Who is who: customers, guests, chat clients, and the doubts between them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.records import OrderStatus, Record
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)


def chat_client(connection: psycopg.Connection[Any], organization: str, number: str) -> str:
    connection.execute(
        """
        with channel as (
          insert into channels (organization_id, name, platform, platform_channel_id)
          values (%(organization)s, 'Line', 'whatsapp', %(number)s)
          returning id
        )
        insert into contacts (organization_id, channel_id, platform, platform_user_id, name)
        select %(organization)s, id, 'whatsapp', %(number)s, 'Annie' from channel
        """,
        {"organization": organization, "number": number},
    )
    found = connection.execute("select id::text from crm_clients").fetchone()
    assert found is not None
    return str(found[0])


def test_a_guest_gets_a_client_and_keeps_it(config: StoreConfig, sync: Sync, rows: Rows) -> None:
    store = MemoryStore(config)
    sync(store, order("1", email="Ann@Example.com", full_name="Ann"))
    sync(store, order("2", email="ann@example.COM", phone="+1 512 555 0123"))

    assert rows(
        "select full_name, phone, total_orders, client_type, lifecycle_stage, source "
        "from crm_clients"
    ) == [("Ann", "+15125550123", 2, "customer", "customer", "woocommerce")]


@pytest.mark.parametrize("number", ["15125550123", "+15125550123"])
def test_a_chat_client_who_turns_out_to_be_the_customer_is_linked_not_doubled(
    config: StoreConfig,
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
    organization: str,
    number: str,
) -> None:
    chat = chat_client(connection, organization, number)

    sync(MemoryStore(config, customer("7", phone="(512) 555-0123")))

    assert rows(
        "select id::text, email, source, ecommerce_customer_id, contact_id is null from crm_clients"
    ) == [(chat, "c7@example.com", "whatsapp", "7", False)]
    assert rows("select link_reason from sync.record_map") == [("phone",)]


def test_a_client_people_typed_in_is_found_by_e_mail_and_by_a_phone_as_typed(
    config: StoreConfig, sync: Sync, rows: Rows, organization: str
) -> None:
    insert = (
        "insert into crm_clients (organization_id, email, phone) values (%s, %s, %s) returning id"
    )
    by_email = rows(insert, organization, "ANN@example.com", None)
    by_phone = rows(insert, organization, None, "+1 (512) 555-0123")

    sync(
        MemoryStore(
            config,
            customer("1", email="ann@example.com"),
            order("1", phone="+15125550123"),
        )
    )

    assert rows("select id from crm_clients order by ecommerce_customer_id") == by_email + by_phone


ARRIVALS: dict[str, Record] = {
    "customer": customer("7", email="ann@example.com", phone="+15125550123"),
    "order": order("1", customer_external_id="7", email="ann@example.com"),
    "guest": order("2", email="Ann@example.com", phone="+1 512 555 0123"),
}


@pytest.mark.parametrize("names", list(itertools.permutations(ARRIVALS)), ids="-".join)
def test_one_person_is_one_client_in_whatever_order_his_records_arrive(
    config: StoreConfig, sync: Sync, rows: Rows, names: tuple[str, ...]
) -> None:
    store = MemoryStore(config)
    for name in names:
        sync(store, ARRIVALS[name])

    assert rows(
        "select full_name, email, phone, ecommerce_customer_id, total_orders from crm_clients"
    ) == [("Customer 7", "ann@example.com", "+15125550123", "7", 2)]


def test_persons_of_one_batch_who_share_an_e_mail_are_one_client_in_a_settled_way(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    twins = [customer(number, email="shared@example.com") for number in ("3", "1", "2")]
    sync(MemoryStore(config, *twins, page_size=10))

    assert rows("select ecommerce_customer_id, full_name from crm_clients") == [("1", "Customer 1")]
    assert rows("select external_id, link_reason from sync.record_map order by 1") == [
        ("1", "new"),
        ("2", "email"),
        ("3", "email"),
    ]


def test_a_client_follows_the_record_it_was_made_from_not_the_others_that_share_it(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, customer("1", email="a@example.com"), customer("2", email="a@example.com"))
    sync(store, customer("2", email="a@example.com", full_name="Second", source_updated_at=LATER))
    assert rows("select full_name from crm_clients") == [("Customer 1",)]

    sync(store, customer("1", email="a@example.com", full_name="First", source_updated_at=LATER))
    assert rows("select full_name from crm_clients") == [("First",)]


def test_a_client_whose_customer_was_deleted_follows_the_one_who_came_after(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    first = customer("1", email="a@example.com")
    store = MemoryStore(config, first)
    sync(store)
    store.remove(first)
    sync(store)

    sync(store, customer("2", email="a@example.com", full_name="Second"))

    assert rows("select full_name, ecommerce_customer_id, client_type from crm_clients") == [
        ("Second", "2", "lead")
    ]
    sync(store, customer("2", email="a@example.com", full_name="Third", source_updated_at=LATER))
    assert rows("select full_name from crm_clients") == [("Third",)]


def test_an_e_mail_of_several_clients_is_never_guessed_at(
    config: StoreConfig, sync: Sync, rows: Rows, organization: str
) -> None:
    for _ in range(2):
        rows(
            "insert into crm_clients (organization_id, email) values (%s, 'desk@example.com') "
            "returning id",
            organization,
        )
    store = MemoryStore(config)

    sync(store, order("1", email="desk@example.com"), order("2", email="desk@example.com"))
    sync(store, order("3", email="DESK@example.com"))

    assert rows("select count(*) from crm_clients") == [(3,)]
    assert rows("select count(*), count(distinct client_id) from crm_orders") == [(3, 1)]
    assert rows("select reason, cardinality(candidate_ids), status from sync.identity_reviews") == [
        ("email_shared", 2, "open")
    ]


def test_a_phone_of_somebody_with_another_e_mail_links_nobody(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, page_size=10)
    sync(store, customer("1", phone="+15125550123"), customer("2", phone="+15125550123"))
    sync(store, customer("3", email=None, phone="+15125550123"))

    assert rows("select count(*) from crm_clients") == [(3,)]
    assert rows("select external_id, reason from sync.identity_reviews order by 1") == [
        ("2", "phone_of_other_email"),
        ("3", "phone_shared"),
    ]


def test_an_unverified_e_mail_neither_finds_nor_is_found(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, customer("1", email="Victim@example.com", email_verified=False))
    sync(store, order("1", email="victim@example.com"))
    sync(store, customer("2", email="victim@example.com", email_verified=False))

    assert rows("select count(*) from crm_clients where email ilike 'victim@example.com'") == [(3,)]
    assert rows("select count(*) from sync.identity_reviews") == [(0,)]


@pytest.mark.parametrize("phone", ["0000000", "123", "n/a", "+1 000 000 0000"])
def test_a_number_nobody_can_call_identifies_nobody(
    config: StoreConfig, sync: Sync, rows: Rows, phone: str
) -> None:
    sync(MemoryStore(config, order("1", phone=phone, full_name="A"), order("2", phone=phone)))

    assert rows("select count(distinct client_id) from crm_orders") == [(2,)]


def test_orders_without_any_person_share_the_stores_one_walk_in_client(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    sync(MemoryStore(make_store("one"), order("1"), order("2")))
    sync(MemoryStore(make_store("two"), order("1")))

    assert rows("select full_name, total_orders from crm_clients order by total_orders") == [
        ("Walk-in customers", 1),
        ("Walk-in customers", 2),
    ]


def test_guests_known_by_name_alone_are_not_each_other(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, order("1", full_name="Jo"), order("2", full_name="Jo"))
    sync(store)
    sync(store)

    assert rows("select full_name from crm_clients") == [("Jo",), ("Jo",)]


def test_an_order_whose_person_was_redacted_stays_with_its_client(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, order("1", email="ann@example.com"))
    sync(store, order("1", source_updated_at=LATER, status=OrderStatus.DELIVERED))

    assert rows(
        "select c.email, o.status from crm_orders as o join crm_clients as c on c.id = o.client_id"
    ) == [("ann@example.com", "delivered")]


def test_an_order_that_moves_to_another_customer_takes_its_revenue_along(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, customer("1"), customer("2"))
    sync(store, order("1", customer_external_id="1"))
    sync(store, order("1", customer_external_id="2", source_updated_at=LATER))

    assert rows("select ecommerce_customer_id, total_orders from crm_clients order by 1") == [
        ("1", 0),
        ("2", 1),
    ]


def test_two_stores_of_one_organization_share_persons_but_never_ids_or_numbers(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    for key in ("one", "two"):
        sync(
            MemoryStore(
                make_store(key),
                customer("1", email="ann@example.com"),
                customer("2", email=f"{key}@example.com"),
                order("1", customer_external_id="1"),
            )
        )

    assert rows("select ecommerce_customer_id from crm_clients order by 1") == [
        ("1",),
        ("2",),
        ("two:2",),
    ]
    assert rows("select order_number, ecommerce_order_id from crm_orders order by 1") == [
        ("#1", "1"),
        ("two:#1", "two:1"),
    ]
    assert rows("select total_orders from crm_clients where email = 'ann@example.com'") == [(2,)]


def test_two_organizations_never_meet(
    make_store: Callable[..., StoreConfig],
    make_organization: Callable[[str], str],
    sync: Sync,
    rows: Rows,
) -> None:
    other = make_organization("Other")
    for key, fields in (("one", {}), ("two", {"organization_id": other})):
        config = make_store(key, **fields)
        sync(
            MemoryStore(
                config,
                customer("1", email="ann@example.com", phone="+15125550123"),
                order("1", customer_external_id="1"),
                order("2", phone="+15125550123"),
            )
        )

    assert rows(
        "select count(*), count(distinct organization_id), sum(total_orders) from crm_clients"
    ) == [(2, 2, 4)]
    assert rows(
        "select count(*) from crm_orders as o join crm_clients as c on c.id = o.client_id "
        "where c.organization_id <> o.organization_id"
    ) == [(0,)]
    assert rows("select distinct id_prefix from sync.stores") == [("",)]
