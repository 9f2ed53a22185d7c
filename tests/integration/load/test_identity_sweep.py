"""Clients that turn out to be one when both are there already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Connection = psycopg.Connection[Any]
Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
CLIENTS = (
    "select ecommerce_customer_id, email, contact_id is not null, total_orders "
    "from crm_clients order by 1, 2"
)
REVIEWS = (
    "select external_id, reason, status, cardinality(candidate_ids) from sync.identity_reviews"
)


def chat(connection: Connection, organization: str, number: str, channel: str = "Line") -> str:
    """A chat begins; the CRM's own trigger makes the client. Returns the client's id."""
    found = connection.execute(
        """
        with channel as (
          insert into channels (organization_id, name, platform, platform_channel_id)
          values (%(organization)s, %(channel)s, 'whatsapp', %(channel)s)
          returning id
        )
        insert into contacts (organization_id, channel_id, platform, platform_user_id, name)
        select %(organization)s, id, 'whatsapp', %(number)s, 'Annie' from channel
        returning id
        """,
        {"organization": organization, "number": number, "channel": channel},
    ).fetchone()
    assert found is not None
    client = connection.execute(
        "select id::text from crm_clients where contact_id = %s", found
    ).fetchone()
    assert client is not None
    return str(client[0])


def test_a_chat_that_gives_its_e_mail_after_the_order_came_is_joined_with_the_customer(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    store = MemoryStore(config, customer("7"), order("1", customer_external_id="7"))
    sync(store)
    annie = chat(connection, organization, "15125550199")
    assert len(rows(CLIENTS)) == 2
    rows("update crm_clients set email = 'C7@example.com' where id = %s returning 1", annie)
    rows(
        "insert into crm_deals (organization_id, client_id, name) values (%s, %s, 'D') returning 1",
        organization,
        annie,
    )

    sync(store, full=False)

    assert rows(CLIENTS) == [("7", "c7@example.com", True, 1)]
    assert rows("select count(*) from crm_deals") == [(1,)]
    assert rows(
        "select winner_id::text <> %s, reason, evidence from sync.client_merges", annie
    ) == [(True, "same_email", {"email": "c7@example.com"})]


def test_a_customer_who_gives_the_phone_of_a_chat_later_is_joined_with_it(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    store = MemoryStore(config, customer("7"))
    sync(store)
    chat(connection, organization, "15125550123")

    store.now += timedelta(days=1)
    later = store.now - timedelta(hours=1)
    sync(store, customer("7", phone="(512) 555-0123", source_updated_at=later), full=False)

    assert rows(CLIENTS) == [("7", "c7@example.com", True, 0)]


def test_a_chat_that_could_be_two_customers_is_left_for_a_person(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    store = MemoryStore(config, customer("1"), customer("2"))
    sync(store)
    annie = chat(connection, organization, "15125550123")
    rows("update crm_clients set email = 'c1@example.com' where id = %s returning 1", annie)

    for _ in range(2):
        sync(
            store,
            customer("2", phone="+15125550123", source_updated_at=LATER),
            full=True,
        )

    assert len(rows(CLIENTS)) == 3
    assert rows(REVIEWS) == [("1", "chat_of_several", "open", 2)]


def test_two_chats_of_one_customer_leave_the_second_for_a_person(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    store = MemoryStore(config, customer("7"))
    sync(store)
    for channel in ("One", "Two"):
        chat(connection, organization, "15125550123", channel)

    for _ in range(2):
        sync(store, customer("7", phone="+15125550123", source_updated_at=LATER), full=True)

    assert len(rows(CLIENTS)) == 2
    assert rows(REVIEWS) == [("7", "two_contacts", "open", 1)]


def test_a_customer_known_from_an_order_whose_record_shows_anothers_e_mail_is_joined(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, order("1", email="ann@example.com"))
    sync(store)
    sync(store, order("2", customer_external_id="7"))
    assert len(rows(CLIENTS)) == 2

    sync(store, customer("7", email="Ann@example.com"))
    sync(store)

    assert rows(CLIENTS) == [("7", "ann@example.com", False, 2)]
    assert rows(REVIEWS) == []


def test_two_customers_who_come_to_share_an_e_mail_are_left_for_a_person(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, customer("1"), customer("2"))
    sync(store)

    for _ in range(2):
        sync(store, customer("2", email="c1@example.com", source_updated_at=LATER), full=True)

    assert [row[:2] for row in rows(CLIENTS)] == [("1", "c1@example.com"), ("2", "c1@example.com")]
    assert rows("select reason, status from sync.identity_reviews") == [
        ("email_shared_later", "open")
    ]


def test_clients_that_people_typed_are_not_touched(
    config: StoreConfig, sync: Sync, rows: Rows, organization: str
) -> None:
    for _ in range(2):
        rows(
            "insert into crm_clients (organization_id, email, phone) "
            "values (%s, 'ann@example.com', '+15125550123') returning 1",
            organization,
        )

    sync(MemoryStore(config, customer("1")))

    assert len(rows(CLIENTS)) == 3
    assert rows(REVIEWS) == []


def test_clients_of_another_organization_are_not_looked_at(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection
) -> None:
    other = str(rows("insert into organizations (name) values ('B') returning id")[0][0])
    chat(connection, other, "15125550123")
    store = MemoryStore(config, customer("7"))
    sync(store)

    sync(store, customer("7", phone="+15125550123", source_updated_at=LATER))

    assert len(rows(CLIENTS)) == 2
    assert rows("select count(*) from sync.client_merges") == [(0,)]


def test_the_name_a_chat_lends_is_nobodys_edit_and_gives_way_to_the_stores(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: Connection,
    organization: str,
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}))
    sync(store, customer("7", phone="+15125550123", full_name=None))
    chat(connection, organization, "15125550123")
    assert rows("select full_name from crm_clients") == [("Annie",)]
    assert rows("select count(*) from sync.field_edits") == [(0,)]

    sync(store, customer("7", phone="+15125550123", full_name="Ann", source_updated_at=LATER))

    assert rows("select full_name from crm_clients") == [("Ann",)]


def test_a_name_that_a_person_types_before_the_chat_comes_stays_where_the_crm_wins(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: Connection,
    organization: str,
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}))
    sync(store, customer("7", phone="+15125550123", full_name=None))
    connection.execute("update crm_clients set full_name = 'Anna'")
    chat(connection, organization, "15125550123")

    sync(store, customer("7", phone="+15125550123", full_name="Ann", source_updated_at=LATER))

    assert rows("select full_name from crm_clients") == [("Anna",)]


def test_hundreds_of_chats_are_joined_by_portions_so_that_other_loads_come_in_between(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    numbers = [f"1512555{number:04}" for number in range(205)]
    store = MemoryStore(config, *map(customer, numbers))
    sync(store)
    connection.execute(
        """
        with channel as (
          insert into channels (organization_id, name, platform)
          values (%(organization)s, 'Line', 'whatsapp')
          returning id
        )
        insert into contacts (organization_id, channel_id, platform, platform_user_id)
        select %(organization)s, c.id, 'whatsapp', n.number
        from channel as c cross join unnest(%(numbers)s::text []) as n (number)
        """,
        {"organization": organization, "numbers": numbers},
    )
    assert rows("select count(*) from crm_clients") == [(410,)]

    sync(
        store,
        *(customer(one, phone=f"+{one}", source_updated_at=LATER) for one in numbers),
    )
    assert rows("select count(*), count(contact_id) from crm_clients") == [(205, 205)]
    assert rows("select count(*), count(distinct xmin::text) from sync.client_merges") == [(205, 2)]
    sync(store, full=False)
    assert rows("select count(*) from sync.client_merges") == [(205,)]
