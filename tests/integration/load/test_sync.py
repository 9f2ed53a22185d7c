"""From a store into the CRM, again, in part, and after a fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import Page, StoreConfig
from connectors.crm.sync import Progress, StoreResult, sync_store
from connectors.errors import AuthFailed, ConfigurationError, DatabaseError, Permanent, Transient
from connectors.records import OrderStatus, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

VERSIONS = """
    select 'c', id, xmin::text, ctid::text from crm_clients
    union all select 'p', id, xmin::text, ctid::text from crm_products
    union all select 'o', id, xmin::text, ctid::text from crm_orders
    union all select 'm', crm_id, xmin::text, ctid::text from sync.record_map_clients
    union all select 'm', crm_id, xmin::text, ctid::text from sync.record_map_products
    union all select 'm', crm_id, xmin::text, ctid::text from sync.record_map_orders
    order by 1, 2, 3, 4
"""
LATER = DAY + timedelta(hours=2)


def test_everything_a_store_has_arrives_once_and_a_second_sync_writes_no_row(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(
        config,
        *(customer(str(number)) for number in range(7)),
        *(product(str(number)) for number in range(4)),
        *(order(str(number), customer_external_id=str(number % 7)) for number in range(8)),
        order("8", email="guest@example.org"),
        order("9"),
    )

    first = sync(store)
    before = rows(VERSIONS)
    second = sync(store)

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
    sync(store, order("1", status=OrderStatus.SHIPPED, source_updated_at=LATER))
    store.late["1"] = order("1", status=OrderStatus.PENDING)

    again = sync(store)

    assert again.streams[Stream.ORDERS].skipped == 1
    assert again.streams[Stream.ORDERS].unchanged == 1, "asked by name, the store tells today's"
    assert rows("select status from crm_orders") == [("shipped",)]


def test_a_status_may_move_back_when_the_store_says_so(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, order("1", status=OrderStatus.SHIPPED))
    sync(store, order("1", status=OrderStatus.PENDING, source_updated_at=LATER))

    assert rows("select status from crm_orders") == [("pending",)]


def test_a_record_merely_opened_in_the_stores_admin_is_no_change(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, order("1"))
    before = rows("select updated_at from crm_orders")

    again = sync(store, order("1", source_updated_at=LATER))

    assert again.streams[Stream.ORDERS].unchanged == 1
    assert rows("select updated_at from crm_orders") == before
    late = sync(store, order("1", total=Decimal(1), source_updated_at=DAY + timedelta(hours=1)))
    assert late.streams[Stream.ORDERS].skipped == 1, "the time of the opening was remembered"


def test_an_increment_reads_from_one_lookback_before_the_watermark(
    make_store: Callable[..., StoreConfig], sync: Sync
) -> None:
    store = MemoryStore(make_store("shop", settings={"lookback_seconds": 60}), order("1"))
    first = sync(store, full=False)
    sync(store, full=False)

    windows = [window for stream, window in store.windows if stream is Stream.ORDERS]
    assert [window.start for window in windows] == [None, store.now - timedelta(seconds=60)]
    assert first.streams[Stream.ORDERS].watermark_before is None
    assert first.streams[Stream.ORDERS].watermark_after == store.now


def test_a_record_with_two_states_in_one_batch_keeps_the_newer_whatever_their_order(
    config: StoreConfig, database: str, rows: Rows
) -> None:
    new, old = (
        order("1", total=Decimal(7), source_updated_at=LATER),
        order("1", total=Decimal(5)),
    )

    class Twice(MemoryStore):
        def read(self, stream: Stream, window: Any) -> Any:
            self.windows.append((stream, window))
            if stream is Stream.ORDERS:
                yield Page(stream=stream, records=(new, old), fetched=2)

    result = sync_store(database, config, run_id="r", connector=Twice(config, new))

    assert result.streams[Stream.ORDERS].inserted == 1
    assert result.streams[Stream.ORDERS].skipped == 1
    assert rows("select total from crm_orders") == [(Decimal(7),)]


def test_what_came_before_a_fault_stays_and_the_next_sync_goes_on_from_there(
    config: StoreConfig, database: str, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(
        config,
        *(order(str(n), source_updated_at=DAY + timedelta(minutes=n)) for n in range(9)),
    )
    store.is_resumable = True

    def fail(stream: Stream, number: int) -> None:
        if stream is Stream.ORDERS and number == 2:
            raise Transient("gone for good", store="shop")

    store.before_page = fail
    broken = sync_store(database, config, run_id="r1", connector=store)
    assert str(broken.error) == 'store "shop": gone for good'
    assert rows("select count(*) from crm_orders") == [(6,)]

    store.before_page = lambda _stream, _number: None
    again = sync(store, full=False)
    resumed = [window.resume for stream, window in store.windows if stream is Stream.ORDERS]

    assert resumed == [None, "6", None]
    assert again.streams[Stream.ORDERS].inserted == 3
    assert rows("select count(*), count(distinct order_number) from crm_orders") == [(9, 9)]


def test_one_closed_list_does_not_keep_the_others_out_but_a_refused_key_does(
    config: StoreConfig, database: str, rows: Rows
) -> None:
    store = MemoryStore(config, customer("1"), product("1"), order("1"))

    def no_products(stream: Stream, _number: int) -> None:
        if stream is Stream.PRODUCTS:
            raise Permanent("products are switched off", store="shop")

    store.before_page = no_products
    result = sync_store(database, config, run_id="r1", connector=store)
    assert "switched off" in str(result.error)
    assert rows("select count(*) from crm_orders") == [(1,)]

    def no_key(_stream: Stream, _number: int) -> None:
        raise AuthFailed("the key was revoked", store="shop")

    store.before_page = no_key
    result = sync_store(database, config, run_id="r2", connector=store)
    assert isinstance(result.error, AuthFailed)
    assert list(result.streams) == [Stream.CUSTOMERS]


def test_a_page_that_lost_a_record_is_refused(
    config: StoreConfig, database: str, rows: Rows
) -> None:
    class Leaky(MemoryStore):
        def read(self, stream: Stream, window: Any) -> Any:
            for page in super().read(stream, window):
                yield Page(stream=stream, records=page.records[:-1], fetched=page.fetched)

    result = sync_store(
        database, config, run_id="r", connector=Leaky(config, customer("1"), customer("2"))
    )

    assert isinstance(result.error, Permanent)
    assert "claims 2 records but holds 1" in str(result.error)
    assert rows("select count(*) from crm_clients") == [(0,)]


def test_a_connection_that_breaks_under_a_batch_is_opened_again_and_the_batch_redone(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(
        make_store("shop", settings={"batch_records": 3}), *(order(str(n)) for n in range(30))
    )

    def cut(stream: Stream, number: int) -> None:
        if stream is Stream.ORDERS and number == 5:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'storeloom-load'"
            )

    store.before_page = cut
    result = sync(store)

    assert result.streams[Stream.ORDERS].fetched == 30
    assert rows("select count(*), sum(total) from crm_orders") == [(30, Decimal(3000))]
    assert rows("select sum(fetched) from sync.loads") == [(30,)]


def test_every_batch_is_in_the_books(config: StoreConfig, sync: Sync, rows: Rows) -> None:
    store = MemoryStore(config, customer("1"), order("1"))
    store.skipped = 2
    sync(store)

    assert rows("select stream, fetched, inserted, skipped from sync.loads order by id") == [
        ("customers", 3, 1, 2),
        ("products", 2, 0, 2),
        ("orders", 3, 1, 2),
    ]


def test_progress_is_told_batch_by_batch(config: StoreConfig, sync: Sync) -> None:
    told: list[Progress] = []
    sync(MemoryStore(config, customer("1"), customer("2")), on_progress=told.append)

    assert told == [Progress(store="shop", stream=Stream.CUSTOMERS, fetched=2, expected=2)]


def test_a_database_that_is_down_is_one_line_without_the_password(config: StoreConfig) -> None:
    url = "postgresql://ann:hunter2@127.0.0.1:1/crm"
    with pytest.raises(DatabaseError) as caught:
        sync_store(url, config, run_id="r", connector=MemoryStore(config))

    assert "127.0.0.1:1/crm" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_store_that_was_replaced_since_its_configuration_was_read_is_not_loaded(
    config: StoreConfig, database: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update sync.stores set key = 'old' where key = 'shop'")
    with pytest.raises(ConfigurationError, match='no store "shop"'):
        sync_store(database, config, run_id="r", connector=MemoryStore(config))
