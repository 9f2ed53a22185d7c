"""Lists that move while they are read, bounds that mean this or that: no order is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fixtures.bigcommerce.store import END, FIRST, Store, at, connect, orders
from fixtures.http.scripted import Told

from connectors.base import Page, Window
from connectors.bigcommerce.client import BigCommerceConnector
from connectors.errors import StoreError
from connectors.records import Record, Stream

EVERYTHING = Window(end=END)


def ids(pages: list[Page]) -> list[int]:
    return sorted(int(record.external_id) for page in pages for record in page.records)


def read(connector: BigCommerceConnector, window: Window = EVERYTHING) -> list[Page]:
    return list(connector.read(Stream.ORDERS, window))


@pytest.mark.parametrize("is_exclusive", [False, True])
@pytest.mark.parametrize("start", [None, FIRST + timedelta(seconds=1)])
def test_orders_of_one_second_across_page_edges_all_arrive_once(
    start: Any, *, is_exclusive: bool
) -> None:
    store = Store(*orders(2, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 9, 12, 13))
    store.is_exclusive = is_exclusive
    with store.serve() as server:
        connector = connect(server)
        assert ids(read(connector, Window(start=start, end=END))) == list(range(101, 116))
        connector.close()


def test_everything_in_one_second_is_read_by_id() -> None:
    store = Store(*orders(*[7] * 20))
    with store.serve() as server:
        connector = connect(server)
        assert ids(read(connector)) == list(range(101, 121))
        connector.close()


def test_an_order_that_changes_while_the_list_is_read_pulls_no_other_out_of_sight() -> None:
    store = Store(*orders(*range(0, 40, 2)))
    touched: list[int] = []

    def touch(path: str, query: dict[str, str]) -> None:
        if path == "v2/orders" and "min_date_modified" in query and len(touched) < 5:
            early = min(
                store.orders, key=lambda one: one["id"] if one["id"] not in touched else 999
            )
            early["date_modified"] = at(86_400 * 301)
            touched.append(early["id"])

    store.before = touch
    with store.serve() as server:
        connector = connect(server)
        assert set(ids(read(connector))) == set(range(101, 121))
        assert len(touched) == 5
        connector.close()


def test_a_window_holds_its_start_and_the_second_of_its_end_and_no_more() -> None:
    store = Store(*orders(9, 10, 11, 20, 21))
    with store.serve() as server:
        connector = connect(server)
        window = Window(start=FIRST + timedelta(seconds=10), end=FIRST + timedelta(seconds=20.7))
        assert ids(read(connector, window)) == [102, 103, 104]
        connector.close()


@pytest.mark.parametrize(
    "ignored", [{"sort"}, {"min_date_modified"}, {"min_date_modified", "max_date_modified", "sort"}]
)
def test_a_store_that_ignores_sorting_or_bounds_is_read_whole(ignored: set[str]) -> None:
    moments = [50, 10, 40, 20, 30, 60, 5, 45]
    store = Store(*orders(*moments))
    # The reading by id is all that is left, so its sorting has to hold.
    store.ignored = ignored
    with store.serve() as server:
        connector = connect(server)
        window = Window(start=FIRST + timedelta(seconds=20), end=END)
        expected = [101 + number for number, second in enumerate(moments) if second >= 20]
        assert ids(read(connector, window)) == expected
        connector.close()


def test_a_store_that_gives_shorter_pages_than_asked_for_is_read_to_its_end() -> None:
    store = Store(*orders(*range(0, 240, 2)))
    store.largest_page = 50
    with store.serve() as server:
        connector = connect(server, page_size=250)
        assert ids(read(connector)) == list(range(101, 221))
        connector.close()


@pytest.mark.parametrize("is_exclusive", [False, True])
def test_a_reading_goes_on_after_a_failure_from_the_last_mark(*, is_exclusive: bool) -> None:
    # The second page ends between two orders of one second.
    store = Store(*orders(0, 3, 6, 9, 12, 12, 12, 12, *range(20, 68, 4)))
    store.is_exclusive = is_exclusive
    with store.serve() as server:
        connector = connect(server)
        pages: Iterator[Page] = connector.read(Stream.ORDERS, EVERYTHING)
        first = [next(pages), next(pages)]
        store.answers["v2/orders"] = Told(b"", 500)
        with pytest.raises(StoreError):
            list(pages)
        del store.answers["v2/orders"]
        mark = first[-1].resume
        assert mark is not None
        rest = read(connector, Window(end=END, resume=mark))
        assert set(ids(first)) | set(ids(rest)) == set(range(101, 121))
        assert len(ids(rest)) < 20, "what was read before the mark is not read again"
        connector.close()


def test_a_second_reading_of_a_window_equals_the_first() -> None:
    store = Store(*orders(1, 1, 1, 1, 5, 8, 8))

    def records(connector: BigCommerceConnector) -> dict[str, Record]:
        return {one.external_id: one for page in read(connector) for one in page.records}

    with store.serve() as server:
        connector = connect(server)
        assert records(connector) == records(connector)
        connector.close()


def test_marks_never_promise_more_than_has_been_read() -> None:
    store = Store(*orders(1, 2, 2, 2, 2, 2, 3, 4, 4, 9, 9, 9, 9, 20))
    with store.serve() as server:
        connector = connect(server)
        mark = None
        for page in connector.read(Stream.ORDERS, EVERYTHING):
            for record in page.records:
                assert record.source_updated_at is not None
                assert mark is None or record.source_updated_at >= mark
            mark = page.complete_until or mark
        connector.close()
