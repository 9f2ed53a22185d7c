"""From a store into the CRM and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.records import OrderStatus, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

WRITES = """
    select relname, n_tup_ins + n_tup_upd + n_tup_del
    from pg_stat_user_tables
    where schemaname = 'public' or relname like 'record_map%'
    order by relname
"""
VERSIONS = """
    select 'c', id, xmin::text from crm_clients
    union all select 'p', id, xmin::text from crm_products
    union all select 'o', id, xmin::text from crm_orders
    union all select 'm', crm_id, xmin::text from sync.record_map
    order by 1, 2
"""


def test_everything_a_store_has_arrives_once(config: StoreConfig, sync: Sync, rows: Rows) -> None:
    store = MemoryStore(
        config,
        *(customer(str(number)) for number in range(7)),
        *(product(str(number)) for number in range(4)),
        *(order(str(number), customer_external_id=str(number % 7)) for number in range(10)),
    )

    first = sync(store)
    before = rows(VERSIONS)
    second = sync(store, full=True)

    assert {stream: one.inserted for stream, one in first.streams.items()} == {
        Stream.CUSTOMERS: 7,
        Stream.PRODUCTS: 4,
        Stream.ORDERS: 10,
    }
    assert all(one.fetched == one.unchanged > 0 for one in second.streams.values())
    assert rows(VERSIONS) == before
    assert rows("select sum(total_revenue), sum(total_orders) from crm_clients") == [
        (Decimal(1000), 10)
    ]


def test_an_older_state_arriving_late_is_ignored(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    late = DAY + timedelta(hours=2)
    sync(store, order("1", status=OrderStatus.SHIPPED, source_updated_at=late))

    again = sync(store, order("1", status=OrderStatus.PENDING), full=True)

    assert again.streams[Stream.ORDERS].skipped == 1
    assert rows("select status from crm_orders") == [("shipped",)]


def test_a_guest_gets_a_client_and_keeps_it(config: StoreConfig, sync: Sync, rows: Rows) -> None:
    store = MemoryStore(config)
    sync(store, order("1", email="Ann@Example.com", full_name="Ann"))
    sync(store, order("2", email="ann@example.COM"), full=True)

    assert rows("select full_name, total_orders, client_type, source from crm_clients") == [
        ("Ann", 2, "customer", "woocommerce")
    ]
