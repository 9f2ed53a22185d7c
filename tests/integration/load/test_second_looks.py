"""Records asked for by name: the answer of now, whole, and asked again until it has come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import Page, StoreConfig
from connectors.crm.sync import StoreResult, sync_store
from connectors.errors import Permanent, Transient
from connectors.records import OrderStatus, Record, Rejected, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

LATER = DAY + timedelta(hours=2)
CLIENT_OF = """
    select c.ecommerce_customer_id from crm_orders as o
    join crm_clients as c on c.organization_id = o.organization_id and c.id = o.client_id
    where o.ecommerce_order_id = %s
"""
WAITING = "select stream, external_id, reason from sync.rereads order by 1, 2"


@pytest.fixture
def store(config: StoreConfig) -> MemoryStore:
    return MemoryStore(
        config,
        *(customer(str(number)) for number in range(5)),
        *(product(str(number)) for number in range(4)),
        *(order(str(number), customer_external_id=str(number % 5)) for number in range(6)),
    )


@pytest.mark.parametrize("kind", [customer, product, order])
def test_a_record_that_leaves_the_trash_with_an_older_date_is_back(
    config: StoreConfig, sync: Sync, rows: Rows, kind: Callable[..., Record]
) -> None:
    """From a backup: no list of changes shows it, and its date lies before the trash's."""
    store = MemoryStore(config, kind("2"), kind("1", is_deleted=True, source_updated_at=LATER))
    sync(store, full=False)
    store.now += timedelta(days=1)

    back = sync(store, kind("1"), full=False)
    again = sync(store, full=False)

    assert rows("select count(*) from sync.record_map where deleted_at is not null") == [(0,)]
    assert sum(one.updated for one in back.streams.values()) == 1
    assert sum(one.updated for one in again.streams.values()) == 0
    if kind is order:
        assert rows("select distinct status from crm_orders") == [("processing",)]


def test_a_shop_put_back_from_a_backup_is_followed_by_a_full_sync(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, *(order(str(number)) for number in range(5)))
    sync(
        store,
        *(order(str(n), total=Decimal(7), source_updated_at=LATER) for n in range(5)),
    )

    result = sync(store, *(order(str(number)) for number in range(5)))

    assert result.streams[Stream.ORDERS].skipped == 5, "the list's states are older"
    assert result.streams[Stream.ORDERS].updated == 5, "but the store says they are today's"
    assert rows("select distinct total from crm_orders") == [(Decimal("100.00"),)]
    assert rows(WAITING) == []


def test_an_answer_by_name_gives_way_to_a_newer_state_loaded_since_it_was_asked(
    config: StoreConfig, database: str, connection: psycopg.Connection[Any], sync: Sync, rows: Rows
) -> None:
    class Slow(MemoryStore):
        """Answers by name with what it had when it was asked, an hour ago it seems."""

        def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
            for page in super().read_ids(stream, ids):
                connection.execute("update sync.record_map set updated_at = clock_timestamp()")
                yield page

    store = Slow(config, order("1", status=OrderStatus.SHIPPED, source_updated_at=LATER))
    sync(store)
    store.put(order("1", status=OrderStatus.PENDING))
    store.hinted[Stream.ORDERS] = ["1"]

    result = sync_store(database, config, run_id="r", connector=store)

    assert result.error is None
    assert rows("select status from crm_orders") == [("shipped",)]


@pytest.mark.parametrize("lost", [1, 2])
def test_a_short_answer_by_name_stops_the_stream_and_is_asked_again(
    store: MemoryStore, database: str, sync: Sync, rows: Rows, lost: int
) -> None:
    class Short(MemoryStore):
        def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
            (page,) = super().read_ids(stream, ids)
            records = page.records[lost:]
            yield Page(stream=stream, records=records, fetched=len(records), gone=page.gone)

    sync(store, full=False)
    short = Short(store.config)
    short.records = store.records
    short.remove(short.records[Stream.ORDERS]["3"])
    short.hinted[Stream.ORDERS] = ["1", "2", "3", "4"]

    result = sync_store(database, store.config, run_id="r", connector=short)

    assert isinstance(result.error, Permanent)
    assert f'store "shop": of 4 orders asked for by name, {lost} were answered with nothing' in str(
        result.error
    )
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(0,)]
    assert rows("select settled_until from sync.cursors where stream = 'orders'") == rows(
        "select settled_until from sync.cursors where stream = 'products'"
    ), "of the sync before"


def test_an_id_called_gone_that_nobody_asked_for_is_not_marked(
    store: MemoryStore, database: str, sync: Sync, rows: Rows
) -> None:
    class Eager(MemoryStore):
        def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
            for page in super().read_ids(stream, ids):
                yield Page(stream=stream, records=page.records, fetched=page.fetched, gone=("2",))

    sync(store, full=False)
    eager = Eager(store.config)
    eager.records = store.records
    eager.hinted[Stream.ORDERS] = ["1"]

    result = sync_store(database, store.config, run_id="r", connector=eager)

    assert "called gone that nobody asked for" in str(result.error)
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(0,)]


def test_hints_and_comparison_of_one_sync_spend_from_one_budget(
    make_store: Callable[..., StoreConfig], database: str, sync: Sync, rows: Rows
) -> None:
    config = make_store("shop", settings={"delete_guard": 3})
    store = MemoryStore(config, *(order(str(number)) for number in range(12)))
    sync(store, full=False)
    for number in range(4):
        store.remove(store.records[Stream.ORDERS][str(number)])
    store.hinted[Stream.ORDERS] = ["0", "1"]

    stopped = sync_store(database, config, run_id="r", connector=store)

    assert "4 or more of 12 orders are gone" in str(stopped.error)
    assert "2 were marked, the rest was not" in str(stopped.error)
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(2,)]
    accepted = sync(store, full=False, accept_deletes=True)
    assert accepted.streams[Stream.ORDERS].deleted == 2


def test_a_record_that_was_only_refused_and_is_gone_is_in_the_books(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    store.rejected = [
        Rejected(
            stream=Stream.ORDERS, payload={"id": 1}, reason="no total", code="x", external_id="bad"
        )
    ]
    sync(store, full=False)
    store.rejected = []

    result = sync(store, full=False)

    assert result.streams[Stream.ORDERS].deleted == 1
    assert rows("select sum(deleted) from sync.loads where stream = 'orders'") == [(1,)]
    assert sync(store, full=False).streams[Stream.ORDERS].deleted == 0


@pytest.mark.parametrize("full", [True, False])
def test_a_refused_record_without_an_id_that_is_gone_waits_for_nobody(
    store: MemoryStore, sync: Sync, rows: Rows, full: bool
) -> None:
    nameless = Rejected(stream=Stream.ORDERS, payload={"id": None}, reason="no id", code="x")
    other = Rejected(stream=Stream.ORDERS, payload={"id": None, "n": 2}, reason="no id", code="x")
    store.rejected = [nameless, other]
    sync(store, full=False)
    open_rows = "select count(*) from sync.quarantine where resolved_at is null"
    sync(store, full=full)
    assert rows(open_rows) == [(2,)], "the store still has them"
    store.rejected = []

    result = sync(store, full=full)

    assert rows(open_rows) == [(0,)]
    assert result.streams[Stream.ORDERS].deleted == 2
    assert rows("select sum(deleted) from sync.loads") == [(2,)]


def test_a_refused_record_without_an_id_that_the_store_never_counts_goes_on_waiting(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    """Files count the rows they can tell apart."""
    store.counts_nameless = False
    store.rejected = [
        Rejected(stream=Stream.ORDERS, payload={"id": None}, reason="no id", code="x")
    ]
    sync(store, full=False)
    # Not met by an increment, and all ids compared after a week.
    store.rejected = []
    for _ in range(2):
        store.now += timedelta(days=8)
        sync(store, full=False)
        assert rows("select count(*) from sync.quarantine where resolved_at is null") == [(1,)]


def test_a_customer_named_by_an_order_placed_during_the_sync_is_read_in_the_same_sync(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.now += timedelta(days=1)
    sold: list[str] = []
    list_ids = store.count

    def count(stream: Stream) -> int | None:
        if stream is Stream.ORDERS and not sold:
            # Somebody registers and buys after customers were settled.
            at = store.now + timedelta(seconds=5)
            store.put(customer("new", full_name="New Name", source_updated_at=at))
            store.put(order("new", customer_external_id="new", source_updated_at=at))
            store.now += timedelta(minutes=1)
            sold.append("new")
        return list_ids(stream)

    store.count = count  # type: ignore[method-assign]

    sync(store, full=False)

    assert rows(CLIENT_OF, "new") == [("new",)]
    assert rows("select full_name from crm_clients where ecommerce_customer_id = 'new'") == [
        ("New Name",)
    ]
    assert rows(
        "select count(*) from sync.record_map where entity = 'customers' and content_hash is null"
    ) == [(0,)]
    assert rows(WAITING) == []


def test_a_customer_that_was_named_first_and_came_by_itself_is_not_asked_for(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    """Orders were read alone; the customers came with the next sync."""
    sync(store, full=False, streams=[Stream.ORDERS])
    assert len(rows(WAITING)) == 5

    sync(store, full=False)

    assert rows(WAITING) == []
    assert store.asked == []


def test_orders_of_a_customer_who_is_gone_are_read_again_although_no_date_moved(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    """WooCommerce's: they are guests' by now. More than one request holds."""
    config = make_store("shop", settings={"batch_records": 400})
    store = MemoryStore(
        config,
        customer("1", email="a@example.com"),
        customer("2"),
        *(order(str(n), customer_external_id="1", email="a@example.com") for n in range(1_200)),
        page_size=500,
    )
    sync(store, full=False)
    store.remove(store.records[Stream.CUSTOMERS]["1"])
    store.put(*(order(str(number), email="a@example.com") for number in range(1_200)))

    result = sync(store, full=False)

    asked = [ids for stream, ids in store.asked if stream is Stream.ORDERS]
    assert [len(ids) for ids in asked] == [500, 500, 200]
    assert result.streams[Stream.CUSTOMERS].deleted == 1
    assert result.streams[Stream.ORDERS].updated == 1_200
    assert rows(
        "select distinct person_entity, person_external_id from sync.record_map"
        " where entity = 'orders'"
    ) == [("guests", "email:a@example.com")]
    assert rows("select sum(total_orders) from crm_clients") == [(1_200,)]
    assert rows(WAITING) == []
    store.asked.clear()
    sync(store, full=False)
    assert store.asked == []


def test_orders_of_a_customer_the_store_has_disabled_are_read_again(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.now += timedelta(days=1)
    store.put(
        customer("1", is_deleted=True, source_updated_at=store.now - timedelta(hours=1)),
        order("1", customer_external_id="2"),
    )

    sync(store, full=False)

    assert rows(CLIENT_OF, "1") == [("2",)]


def test_a_customer_merged_into_another_is_noticed_by_the_order_that_moved(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    """No feed names it, and counts agree: somebody else registered meanwhile."""
    sync(store, full=False)
    store.now += timedelta(days=1)
    soon = store.now - timedelta(hours=1)
    store.remove(store.records[Stream.CUSTOMERS]["1"])
    store.put(
        customer("9", source_updated_at=soon),
        order("1", customer_external_id="2", source_updated_at=soon),
    )

    result = sync(store, full=False)

    assert result.streams[Stream.CUSTOMERS].deleted == 1
    assert rows("select external_id from sync.record_map where deleted_at is not null") == [("1",)]
    assert rows(CLIENT_OF, "1") == [("2",)]
    assert rows("select count(*) from sync.departed_customers") == [(0,)]
    assert rows("select count(*) from crm_clients where ecommerce_customer_id = '1'") == [(0,)], (
        "the two are one client"
    )


def test_a_customer_whose_one_order_was_handed_over_is_not_merged_when_he_is_deleted_later(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    """He was still there when the order was somebody else's already."""
    sync(store, full=False)
    store.now += timedelta(days=1)
    at = store.now - timedelta(hours=1)
    sync(store, order("1", customer_external_id="2", source_updated_at=at), full=False)
    assert (Stream.CUSTOMERS, ("1",)) in store.asked
    store.remove(store.records[Stream.CUSTOMERS]["1"])

    sync(store, full=False)

    assert rows(
        "select client_type, count(*) from crm_clients where ecommerce_customer_id in ('1', '2')"
        " group by 1 order by 1"
    ) == [("customer", 1), ("inactive", 1)]


def test_what_waits_to_be_asked_survives_a_store_that_goes_away(
    store: MemoryStore, database: str, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.remove(store.records[Stream.CUSTOMERS]["1"])
    store.put(order("1", customer_external_id="2"))

    class Away(MemoryStore):
        def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
            if stream is Stream.ORDERS:
                raise Transient("gone for lunch", store="shop")
            return super().read_ids(stream, ids)

    away = Away(store.config)
    away.records = store.records
    assert sync_store(database, store.config, run_id="r", connector=away).error is not None
    assert rows(WAITING) == [("orders", "1", "customer_gone")]
    assert rows("select external_id from sync.departed_customers") == [("1",)]

    sync(store, full=False)

    assert rows(CLIENT_OF, "1") == [("2",)]
    assert rows(WAITING) == []
    assert rows("select count(*) from sync.departed_customers") == [(0,)]
