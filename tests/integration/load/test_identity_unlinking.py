"""What identity joined, a person takes apart, and it stays apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.stores import find_store
from connectors.crm.sync import StoreResult
from connectors.crm.target import Target
from connectors.crm.transactions import begin
from connectors.crm.unlinking import Unlinked, unlink
from connectors.errors import ConfigurationError
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Connection = psycopg.Connection[Any]
Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
CLIENTS = (
    "select ecommerce_customer_id, full_name, email, phone, total_orders, total_revenue "
    "from crm_clients order by 1, 2"
)


def take_off(connection: Connection, key: str, entity: str, external_id: str) -> Unlinked:
    store = find_store(connection, key)
    target = Target(
        organization_id=store.organization_id,
        store_id=store.id,
        key=store.key,
        platform=store.platform,
        id_prefix=store.id_prefix,
        run_id="test",
    )
    with connection.transaction():
        return unlink(connection, begin(connection, target), (entity, external_id))


def typed(rows: Rows, organization: str, **columns: str) -> str:
    names = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    return str(
        rows(
            f"insert into crm_clients (organization_id, {names}) values (%s, {marks}) "
            "returning id::text",
            organization,
            *columns.values(),
        )[0][0]
    )


def test_a_customer_taken_off_a_typed_client_leaves_it_as_it_was(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    before = typed(rows, organization, email="ann@example.com", full_name="Ann")
    was = rows("select to_jsonb(c) - 'updated_at' from crm_clients c")
    store = MemoryStore(
        config,
        customer("7", email="ann@example.com", full_name="Anna Bell", phone="+15125550123"),
        order("1", customer_external_id="7"),
    )
    sync(store)
    sync(
        store,
        customer(
            "7",
            email="bell@example.com",
            full_name="Anna Bell",
            phone="+15125550123",
            source_updated_at=LATER,
        ),
        order("2", customer_external_id="7", total=Decimal(5)),
    )
    assert len(rows(CLIENTS)) == 1

    done = take_off(connection, "shop", "customers", "7")

    assert done.former_client_id == before
    assert not done.is_restored
    for _ in range(2):
        assert rows(CLIENTS) == [
            ("7", "Anna Bell", "bell@example.com", "+15125550123", 2, Decimal("105.00")),
            (None, "Ann", "ann@example.com", None, 0, Decimal("0.00")),
        ]
        assert (
            rows("select to_jsonb(c) - 'updated_at' from crm_clients c where id::text = %s", before)
            == was
        )
        sync(store)


def test_the_same_person_is_taken_off_once(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    typed(rows, organization, email="c7@example.com")
    sync(MemoryStore(config, customer("7")))
    take_off(connection, "shop", "customers", "7")

    with pytest.raises(ConfigurationError, match="nothing to take apart"):
        take_off(connection, "shop", "customers", "7")

    assert len(rows(CLIENTS)) == 2


def test_a_guest_taken_off_takes_his_orders_and_his_address_along(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection
) -> None:
    store = MemoryStore(
        config,
        customer("7", email=None, phone="+15125550123"),
        order("1", phone="+1 512 555 0123", email="bob@example.com", full_name="Bob"),
        order("2", customer_external_id="7"),
    )
    sync(store)
    assert len(rows(CLIENTS)) == 1

    take_off(connection, "shop", "guests", "email:bob@example.com")
    for _ in range(2):
        sync(store, full=False)

    assert rows(CLIENTS) == [
        ("7", "Customer 7", None, "+15125550123", 1, Decimal("100.00")),
        (None, "Bob", "bob@example.com", "+15125550123", 1, Decimal("100.00")),
    ]


def test_a_chat_that_was_joined_is_put_back_under_its_id_and_not_joined_again(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> None:
    store = MemoryStore(config, customer("7"), order("1", customer_external_id="7"))
    sync(store)
    contact = rows(
        "with k as (insert into channels (organization_id, name, platform) "
        "values (%s, 'Line', 'whatsapp') returning id) "
        "insert into contacts (organization_id, channel_id, platform, platform_user_id, name) "
        "select %s, id, 'whatsapp', '15125550123', 'Annie' from k returning id",
        organization,
        organization,
    )[0][0]
    chat = rows("select id::text from crm_clients where contact_id = %s", contact)[0][0]
    rows("update crm_clients set email = 'c7@example.com' where id = %s returning 1", chat)
    sync(store)
    assert len(rows(CLIENTS)) == 1

    done = take_off(connection, "shop", "customers", "7")

    assert (done.former_client_id, done.is_restored) == (chat, True)
    for _ in range(2):
        assert rows(
            "select id::text = %s, contact_id is not null, total_orders from crm_clients "
            "order by 1",
            chat,
        ) == [(False, False, 1), (True, True, 0)]
        sync(store)
    assert rows("select count(*) from sync.identity_reviews") == [(0,)]


def test_customers_that_the_store_merged_can_be_taken_apart_and_stay_so(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection
) -> None:
    second = customer("2")
    store = MemoryStore(config, customer("1"), second, order("2", customer_external_id="2"))
    sync(store)
    store.remove(second)
    sync(store, order("2", customer_external_id="1"))
    assert len(rows(CLIENTS)) == 1

    take_off(connection, "shop", "customers", "2")
    for _ in range(2):
        sync(store)

    assert [row[:2] + row[4:5] for row in rows(CLIENTS)] == [
        ("1", "Customer 1", 1),
        ("2", "Customer 2", 0),
    ]


def test_a_person_nobody_knows_cannot_be_taken_off(
    config: StoreConfig, sync: Sync, connection: Connection
) -> None:
    sync(MemoryStore(config, order("1")))

    with pytest.raises(ConfigurationError, match='has no customers "9"'):
        take_off(connection, "shop", "customers", "9")
    with pytest.raises(ConfigurationError, match="nobody"):
        take_off(connection, "shop", "guests", "walk-in")
