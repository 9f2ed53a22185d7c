"""The books: what was fetched is accounted for, in each batch, run and stream, or nothing moves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Page, StoreConfig, Window
from connectors.crm import load as load_path
from connectors.crm import loader as loader_module
from connectors.crm.batches import Tally
from connectors.crm.comparing import Compared, compare
from connectors.crm.load import Loaded
from connectors.crm.sync import StoreResult, sync_store
from connectors.errors import StoreloomError, Transient
from connectors.records import Order, Rejected, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

NAMES = Loaded.__struct_fields__
CURSOR = "select watermark from sync.cursors where stream = 'orders'"
OPEN = "select count(*) from sync.quarantine where resolved_at is null"
SUMS = f"""
    select stream, {", ".join(f"sum({name})::integer" for name in NAMES)}
    from sync.loads where run_id = %s group by stream
"""


class Paged(MemoryStore):
    """A store whose list of orders is made of given pages, whatever is asked."""

    def __init__(self, config: StoreConfig, *pages: Page) -> None:
        super().__init__(config)
        self.pages: Sequence[Page] = pages
        # Its count knows nothing of the pages.
        self.can_count = False

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        del window
        if stream is Stream.ORDERS:
            yield from self.pages


def page(*records: Order, rejected: Sequence[Rejected] = (), skipped: int = 0) -> Page:
    return Page(
        stream=Stream.ORDERS,
        records=records,
        rejected=tuple(rejected),
        skipped=skipped,
        fetched=len(records) + len(rejected) + skipped,
    )


def state(external_id: str, age: int) -> Order:
    """Return the state of an order at a time; newer ones cost more."""
    at = DAY + timedelta(minutes=age)
    return order(external_id, total=Decimal(age), source_updated_at=at)


def refused(external_id: str | None, number: int = 0) -> Rejected:
    return Rejected(
        stream=Stream.ORDERS,
        payload={"id": external_id, "n": number},
        reason="no total",
        code="x",
        external_id=external_id,
    )


def booked(rows: Rows, run_id: str) -> dict[str, Loaded]:
    return {
        stream: Loaded(**dict(zip(NAMES, numbers, strict=True)))
        for stream, *numbers in rows(SUMS, run_id)
    }


def told(result: StoreResult) -> dict[str, Loaded]:
    """Return what a run says of the streams that brought anything."""
    return {
        stream.value: Loaded(**{name: getattr(one, name) for name in NAMES})
        for stream, one in result.streams.items()
        if one.fetched
    }


IDS = st.sampled_from(["1", "2", "3", "4"])
PAGES = st.lists(
    st.builds(
        lambda states, bad, skipped: page(*states, rejected=bad, skipped=skipped),
        st.lists(st.builds(state, IDS, st.integers(1, 4)), max_size=5),
        st.lists(st.builds(refused, IDS | st.none(), st.integers(0, 1)), max_size=2),
        st.integers(0, 2),
    ),
    max_size=5,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(readings=st.lists(PAGES, min_size=1, max_size=3), size=st.sampled_from([1, 4, 4_000]))
def test_whatever_comes_each_run_sums_to_its_books_and_the_newest_state_stays(
    config: StoreConfig,
    database: str,
    connection: psycopg.Connection[Any],
    rows: Rows,
    readings: list[list[Page]],
    size: int,
) -> None:
    connection.execute("truncate crm_orders, crm_clients, sync.record_map, sync.cursors,"
                       " sync.quarantine, sync.loads, sync.rereads cascade")  # fmt: skip
    small = msgspec.structs.replace(config, settings={"batch_records": size})
    store = Paged(small)
    for pages in readings:
        store.pages = pages
        for one in (record for each in pages for record in each.records):
            known = store.records[Stream.ORDERS].get(one.external_id)
            if known is None or known.source_updated_at <= one.source_updated_at:  # type: ignore[operator]
                store.put(one)
        run_id = uuid.uuid4().hex
        result = sync_store(database, small, run_id=run_id, connector=store, full=True)
        assert result.error is None, result.error
        assert booked(rows, run_id) == told(result)
        listed = sum(each.fetched for each in pages)
        assert result.streams[Stream.ORDERS].fetched >= listed
    assert dict(rows("select ecommerce_order_id, total from crm_orders")) == {
        external_id: one.total
        for external_id, one in store.records[Stream.ORDERS].items()
        if isinstance(one, Order)
    }
    assert rows("select count(*) from sync.rereads") == [(0,)]


def test_one_order_twice_in_a_page_and_again_in_the_next_counts_once(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = Paged(
        config,
        page(state("1", 2), state("1", 3), state("2", 1)),
        page(state("1", 1), state("2", 1), state("3", 1)),
    )
    result = sync(store).streams[Stream.ORDERS]

    assert (result.fetched, result.inserted, result.skipped) == (6, 3, 3)
    assert rows("select total from crm_orders where ecommerce_order_id = '1'") == [(3,)]


def test_a_record_refused_on_one_page_and_mended_on_the_next_waits_for_nobody(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = Paged(config, page(rejected=[refused("1")]), page(state("1", 1)))
    result = sync(store)

    orders = result.streams[Stream.ORDERS]
    assert (orders.fetched, orders.inserted, orders.skipped, orders.quarantined) == (2, 1, 1, 0)
    assert not result.degraded
    assert rows(OPEN) == [(0,)]


@pytest.mark.parametrize("batch_records", [1, 100])
def test_a_record_that_was_whole_on_one_page_and_is_refused_on_the_next_waits(
    config: StoreConfig, sync: Sync, rows: Rows, batch_records: int
) -> None:
    small = msgspec.structs.replace(config, settings={"batch_records": batch_records})
    result = sync(Paged(small, page(state("1", 1)), page(rejected=[refused("1")])))

    orders = result.streams[Stream.ORDERS]
    assert (orders.fetched, orders.inserted, orders.quarantined) == (2, 1, 1)
    assert rows(OPEN) == [(1,)]


def test_a_record_lost_inside_the_load_path_keeps_the_cursor_where_it_was(
    config: StoreConfig,
    database: str,
    sync: Sync,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore(config, order("0"))
    sync(store, full=False)
    before = rows(CURSOR)
    store.now += timedelta(days=1)
    store.put(*(order(str(n), source_updated_at=store.now - timedelta(hours=1)) for n in (1, 2)))

    def losing(*arguments: Any, **options: Any) -> Compared:
        found = compare(*arguments, **options)
        del found.changes[:1]
        return found

    monkeypatch.setattr(load_path, "compare", losing)
    with pytest.raises(StoreloomError, match="of 2 records that were fetched, 1 are accounted for"):
        sync_store(database, config, run_id="r", connector=store)

    assert rows(CURSOR) == before
    assert rows("select count(*) from crm_orders") == [(1,)]
    assert rows("select count(*) from sync.loads where run_id = 'r' and stream = 'orders'") == [
        (0,)
    ]


def test_a_page_lost_on_the_way_to_the_loader_does_not_end_the_reading() -> None:
    tally = Tally(loaded=0)
    pages = list(tally.counted([page(state("1", 1)), page(state("2", 1))]))
    tally.loaded += pages[0].fetched

    with pytest.raises(StoreloomError, match="2 records were read but 1 arrived"):
        tally.check(Stream.ORDERS)


def test_the_table_itself_refuses_books_that_do_not_balance(
    config: StoreConfig, connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="loads_balance_check"):
        connection.execute(
            "insert into sync.loads (organization_id, store_id, stream, run_id, fetched, inserted,"
            " updated, unchanged, skipped, quarantined) values (%s, %s, 'orders', 'r', 2, 1, 0, 0,"
            " 0, 0)",
            [config.organization_id, config.id],
        )


@pytest.mark.parametrize("what", ["load_batch", "bury_records"])
def test_a_commit_that_was_not_heard_is_booked_once(
    config: StoreConfig, sync: Sync, rows: Rows, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    store = MemoryStore(config, customer("1"), customer("2"), order("1"), order("2"))
    if what == "bury_records":
        sync(store)
        store.remove(store.records[Stream.ORDERS]["1"])
    real = getattr(loader_module, what)
    cut: list[Loaded] = []

    def cutting(connection: psycopg.Connection[Any], *arguments: Any, **options: Any) -> Loaded:
        loaded: Loaded = real(connection, *arguments, **options)
        if len(cut) < 2:
            cut.append(loaded)
            # The server has committed; its answer is lost with the connection.
            connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return loaded

    monkeypatch.setattr(loader_module, what, cutting)
    result = sync(store, full=False)
    (run_id,) = rows("select run_id from sync.loads order by id desc limit 1")[0]

    assert cut
    assert booked(rows, run_id) == told(result)


def test_a_backfill_that_broke_off_and_went_on_has_each_record_in_the_books_once(
    config: StoreConfig, database: str, rows: Rows
) -> None:
    small = msgspec.structs.replace(config, settings={"batch_records": 3})
    store = MemoryStore(small, *(state(str(n), n) for n in range(1, 13)))
    store.is_resumable = True

    def breaks(stream: Stream, number: int) -> None:
        if stream is Stream.ORDERS and number == 2:
            raise Transient("away", store="shop")

    store.before_page = breaks
    first = sync_store(database, small, run_id="first", connector=store)
    store.before_page = lambda _stream, _number: None
    second = sync_store(database, small, run_id="second", connector=store)

    assert first.error is not None
    assert second.error is None
    assert booked(rows, "first") == told(first)
    assert booked(rows, "second") == told(second)
    assert rows("select sum(inserted) from sync.loads where stream = 'orders'") == [(12,)]
