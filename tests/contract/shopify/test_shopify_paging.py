"""Windows, filters, cursors, and what a page promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fixtures.shopify.payloads import (
    customer,
    page,
)
from fixtures.shopify.reading import END, ids, numbered, read
from fixtures.shopify.scripted import Answer, Request, ScriptedStore, data

from connectors.base import Window
from connectors.errors import Transient
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]


def test_the_filter_is_quoted_utc_and_never_narrower_than_the_window(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", data(orders=page()))
    start = datetime(2026, 10, 1, 12, 30, 15, 999_999, tzinfo=UTC)
    read(connect(), Stream.ORDERS, Window(start=start, end=END.replace(microsecond=1)))
    (request,) = shop.asked("Orders")
    assert request.variables["query"] == (
        "updated_at:>='2026-10-01T12:30:15Z' AND updated_at:<'2026-11-01T00:00:01Z'"
    )


def test_changed_customers_are_read_newest_first_and_checked_by_their_own_time(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will(
        "Customers",
        data(
            customers=page(
                customer(id="gid://shopify/Customer/4", updatedAt="2026-11-01T00:00:01Z"),
                customer(id="gid://shopify/Customer/3", updatedAt="2026-10-30T02:00:00Z"),
                customer(id="gid://shopify/Customer/2", updatedAt="2026-10-30T02:00:00Z"),
                customer(id="gid://shopify/Customer/1", updatedAt="2026-10-29T23:59:59Z"),
                cursor="more",
            )
        ),
    )
    window = Window(start=datetime(2026, 10, 30, 1, tzinfo=UTC), end=END)
    found = read(connect(), Stream.CUSTOMERS, window)
    assert ids(found) == ["3", "2"]
    # The last lies before the window, so no further page can hold anything.
    (request,) = shop.asked("Customers")
    assert request.variables["reverse"] is True
    assert request.variables["query"] == "updated_at:>='2026-10-29T00:00:00Z'"


def test_newest_first_a_cursor_that_repeats_starts_over_from_the_oldest(
    shop: ScriptedStore, connect: Connect
) -> None:
    def answer(request: Request) -> Answer:
        changed = [
            customer(id=f"gid://shopify/Customer/{day}", updatedAt=f"2026-10-{day}T12:00:00Z")
            for day in (29, 30, 31)
        ]
        if request.variables.get("reverse"):
            return data(customers=page(*changed[:0:-1], cursor="the-same"))
        return data(customers=page(*changed))

    shop.will("Customers", answer)
    window = Window(start=datetime(2026, 10, 29, 12, tzinfo=UTC), end=END)
    assert set(ids(read(connect(), Stream.CUSTOMERS, window))) == {"29", "30", "31"}


def test_after_a_longer_break_changed_customers_come_oldest_first_with_what_is_complete(
    shop: ScriptedStore, connect: Connect
) -> None:
    changed = [
        customer(id="gid://shopify/Customer/1", updatedAt="2026-10-10T00:59:59Z"),
        customer(id="gid://shopify/Customer/2", updatedAt="2026-10-20T02:00:00Z"),
    ]
    shop.will("Customers", data(customers=page(*changed)))
    window = Window(start=datetime(2026, 10, 10, 1, tzinfo=UTC), end=END)
    (found,) = read(connect(), Stream.CUSTOMERS, window)
    assert ids([found]) == ["2"]
    assert found.complete_until == datetime(2026, 10, 20, 2, tzinfo=UTC)
    (request,) = shop.asked("Customers")
    assert "reverse" not in request.variables


def test_rows_outside_the_window_are_dropped_where_the_filter_was_ignored(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will(
        "Orders",
        data(
            orders=page(
                numbered(1, "2026-01-01T00:00:00Z"),
                numbered(2, "2026-10-10T00:00:00Z"),
                numbered(3, "2026-10-31T23:59:59Z"),
                numbered(4, "2026-11-01T00:00:01Z"),
            )
        ),
    )
    window = Window(start=datetime(2026, 10, 10, tzinfo=UTC), end=END)
    assert ids(read(connect(), Stream.ORDERS, window)) == ["2", "3"]


def test_orders_changed_in_the_same_second_across_a_page_edge_all_arrive_once(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will(
        "Orders",
        data(orders=page(numbered(1), numbered(2), numbered(3), cursor="a")),
        data(orders=page(numbered(3), numbered(4), numbered(5))),
    )
    assert ids(read(connect(), Stream.ORDERS)) == ["1", "2", "3", "4", "5"]


def test_an_order_that_changed_while_it_was_read_comes_again(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will(
        "Orders",
        data(orders=page(numbered(1), numbered(2), cursor="a")),
        data(orders=page(numbered(1, "2026-10-31T00:00:00Z"))),
    )
    assert ids(read(connect(), Stream.ORDERS)) == ["1", "2", "1"]


def test_a_cursor_that_repeats_ends_the_reading(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Orders", data(orders=page(numbered(1), cursor="same")))
    assert ids(read(connect(), Stream.ORDERS)) == ["1"]
    assert len(shop.requests) == 4


def test_where_the_cursor_does_not_move_a_new_query_goes_on_from_the_last_change(
    shop: ScriptedStore, connect: Connect
) -> None:
    rows = [numbered(day, f"2026-03-{day:02d}T00:00:00Z") for day in range(1, 8)]

    def two_at_most(request: Request) -> Answer:
        query = request.variables["query"]
        later = [row for row in rows if f"'{row['updatedAt']}'" >= query.partition(">=")[2][:22]]
        return data(orders=page(*later[:2], cursor="stuck" if len(later) > 1 else None))

    shop.will("Orders", two_at_most)
    assert ids(read(connect(), Stream.ORDERS)) == [str(day) for day in range(1, 8)]


def test_a_cursor_that_repeats_never_passes_for_a_complete_list_of_ids(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("CustomerIds", data(customers=page({"id": "gid://shopify/Customer/1"}, cursor="x")))
    with pytest.raises(Transient, match="all ids"):
        list(connect().list_ids(Stream.CUSTOMERS))


def test_what_is_complete_is_promised_only_while_the_order_holds(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will(
        "Orders",
        data(orders=page(numbered(1, "2026-03-01T00:00:00Z"), cursor="a")),
        data(orders=page(numbered(2, "2026-04-01T00:00:00Z"), cursor="b")),
        data(orders=page(numbered(3, "2026-02-01T00:00:00Z"), cursor="c")),
        data(orders=page(numbered(4, "2026-05-01T00:00:00Z"))),
    )
    promised = [one.complete_until for one in read(connect(), Stream.ORDERS)]
    assert promised == [
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
        None,
        None,
    ]
