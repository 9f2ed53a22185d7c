"""Whose order it is: the person behind it, also when the store says less than before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from connectors import records
from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.records import Order
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
PERSONS = (
    "select external_id, person_entity, person_external_id from sync.record_map_orders order by 1"
)


def test_every_order_knows_the_person_who_placed_it(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    sync(
        MemoryStore(
            config,
            order("1", customer_external_id="7"),
            order("2", email="Ann@Example.com"),
            order("3", phone="+1 512 555 0123"),
            order("4", full_name="Somebody"),
            order("5"),
        )
    )

    assert rows(PERSONS) == [
        ("1", "customers", "7"),
        ("2", "guests", "email:ann@example.com"),
        ("3", "guests", "phone:+15125550123"),
        ("4", "guests", "order:4"),
        ("5", "guests", "walk-in"),
    ]


def test_an_order_that_names_nobody_any_more_keeps_its_person_and_its_client(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, order("1", email="ann@example.com"))
    before = rows("select client_id from crm_orders")

    sync(store, order("1", source_updated_at=LATER))

    assert rows(PERSONS) == [("1", "guests", "email:ann@example.com")]
    assert rows("select client_id from crm_orders") == before


def test_a_full_sync_fills_in_the_persons_that_an_older_version_did_not_write(
    config: StoreConfig, sync: Sync, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore(config, customer("7"), order("1", customer_external_id="7"))
    with monkeypatch.context() as older:
        older.setitem(records._VERSIONS, Order, b"")
        sync(store)
    rows(
        "update sync.record_map_orders set person_entity = null, person_external_id = null "
        "returning 1"
    )

    first, second = sync(store), sync(store)

    assert rows(PERSONS) == [("1", "customers", "7")]
    outcomes = [one.streams[records.Stream.ORDERS] for one in (first, second)]
    assert [(one.updated, one.unchanged) for one in outcomes] == [(1, 0), (0, 1)]


def test_an_order_that_a_customer_still_there_handed_over_remembers_nobody(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, customer("7"), customer("8"))
    for hours, buyer in enumerate(("7", "8", "8", None)):
        at = DAY + timedelta(hours=hours)
        sync(store, order("1", customer_external_id=buyer, source_updated_at=at))

    assert rows(
        "select person_external_id, former_person_entity, former_person_external_id "
        "from sync.record_map_orders"
    ) == [("8", None, None)]


CLIENTS = "select full_name, ecommerce_customer_id, total_orders from crm_clients order by 1"


def test_guests_of_a_deleted_customer_stay_with_its_client(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    """WooCommerce turns them into guest orders and moves no date."""
    person = customer("7")
    orders = [order(number, customer_external_id="7") for number in ("1", "2", "3")]
    store = MemoryStore(config, person, *orders)
    sync(store, full=False)
    store.remove(person)
    store.put(
        order("1", email="c7@example.com"),
        order("2", email="other@example.com"),
        order("3", full_name="Nobody Known"),
    )

    sync(store)
    sync(store, order("4", email="other@example.com"))

    assert rows(CLIENTS) == [("Customer 7", "7", 4)]
    assert rows(
        "select external_id, link_reason from sync.record_map_clients where entity = 'guests' "
        "order by 1"
    ) == [
        ("email:c7@example.com", "email"),
        ("email:other@example.com", "former_customer"),
        ("order:3", "former_customer"),
    ]


def test_a_guest_who_is_somebody_else_takes_the_order_along(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    person = customer("7")
    store = MemoryStore(
        config, person, order("1", customer_external_id="7"), order("2", email="bob@example.com")
    )
    sync(store)
    store.remove(person)

    sync(store, order("1", email="bob@example.com"))

    assert rows("select email, total_orders from crm_clients order by 1") == [
        ("bob@example.com", 2),
        ("c7@example.com", 0),
    ]


def test_an_order_whose_customer_was_replaced_by_one_nobody_knows_stays(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, customer("7"), order("1", customer_external_id="7"))
    sync(store)
    store.remove(store.records[records.Stream.CUSTOMERS]["7"])
    sync(store)

    sync(store, order("1", customer_external_id="99", source_updated_at=LATER))

    assert rows(CLIENTS) == [("Customer 7", "7", 1)]


def test_an_order_that_goes_to_another_customer_while_the_first_is_still_there_moves(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, customer("7"), order("1", customer_external_id="7"))
    sync(store)

    sync(store, order("1", customer_external_id="99", full_name="B", source_updated_at=LATER))

    assert rows(CLIENTS) == [("B", "99", 1), ("Customer 7", "7", 0)]


def test_an_order_of_the_walk_ins_that_gets_a_name_leaves_them(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, order("1"), order("2"))

    sync(store, order("1", email="ann@example.com", full_name="Ann", source_updated_at=LATER))

    assert rows(CLIENTS) == [("Ann", None, 1), ("Walk-in customers", None, 1)]


def test_every_link_says_why_and_what_it_changed(
    config: StoreConfig, sync: Sync, rows: Rows, organization: str
) -> None:
    rows(
        "insert into crm_clients (organization_id, email, full_name) "
        "values (%s, 'Ann@Example.com', 'Ann') returning 1",
        organization,
    )
    store = MemoryStore(config)
    sync(store, customer("1", email="ann@example.com", full_name="Ann Lee", phone="+15125550123"))
    sync(store, order("2", phone="+1 512 555 0123"), order("3"))

    links = rows(
        "select external_id, reason, evidence, columns_before ->> 'full_name', "
        "columns_after - array['first_contact_date', 'last_contact_date'] "
        "from sync.identity_links order by external_id"
    )

    assert links == [
        (
            "1",
            "email",
            {"email": "ann@example.com"},
            "Ann",
            {
                "email": "ann@example.com",
                "full_name": "Ann Lee",
                "phone": "+15125550123",
                "ecommerce_customer_id": "1",
                "source": "woocommerce",
            },
        ),
        (
            "phone:+15125550123",
            "phone",
            {"phone": "+15125550123"},
            "Ann Lee",
            {"client_type": "customer", "lifecycle_stage": "customer"},
        ),
        ("walk-in", "walk_in", {}, None, None),
    ]


def test_an_order_that_names_nobody_any_more_makes_no_client_of_walk_ins(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, order("1", email="ann@example.com", full_name="Ann"))
    sync(store)

    sync(store, order("1", source_updated_at=LATER))

    assert rows(CLIENTS) == [("Ann", None, 1)]


def test_an_address_the_shop_does_not_vouch_for_identifies_nobody_though_somebody_typed_it_too(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    """Where the CRM wins, the typed address stays, and what the customer record told was lost."""
    store = MemoryStore(make_store("shop", settings={"country": "US", "edits": "crm_wins"}))
    sync(store, customer("1", email="ann@example.com", phone="+15125550101"))
    connection.execute("update crm_clients set email = 'cleo@example.com'")
    cleo = {"email": "cleo@example.com", "email_verified": False}
    sync(store, customer("2", phone="+15125550101", **cleo), order("9", email="cleo@example.com"))
    assert rows(
        "select external_id, link_reason from sync.record_map_clients order by external_id"
    ) == [("1", "new"), ("2", "phone"), ("email:cleo@example.com", "new")]
