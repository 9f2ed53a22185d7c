"""What belongs to an order but does not come with it, and records asked for by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fixtures.bigcommerce import payloads
from fixtures.bigcommerce.store import END, FIRST, Store, connect, orders, told
from fixtures.http.scripted import ScriptedServer, Told

from connectors.base import Page, Window
from connectors.errors import StoreError
from connectors.records import Order, Stream

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


class Remembered:
    """What the CRM knows of the store."""

    def __init__(self, *order_ids: str, refunds: dict[str, frozenset[str]] | None = None) -> None:
        self._ids = frozenset(order_ids)
        self._refunds = refunds or {}

    def ids(self, stream: Stream) -> frozenset[str]:
        return self._ids if stream is Stream.ORDERS else frozenset()

    def refunds(self) -> dict[str, frozenset[str]]:
        return self._refunds

    def children(self, parent_external_id: str) -> frozenset[str]:  # noqa: ARG002 - protocol
        return frozenset()


def read(server: ScriptedServer, **settings: Any) -> list[Page]:
    connector = connect(server, **settings)
    try:
        return list(connector.read(Stream.ORDERS, Window(end=END)))
    finally:
        connector.close()


def only_order(pages: list[Page]) -> Order:
    (found,) = [record for page in pages for record in page.records]
    assert isinstance(found, Order)
    return found


def paths(server: ScriptedServer) -> list[str]:
    return [asked.path.partition("/stores/abc123/")[2] for asked in server.asked]


def test_more_than_250_lines_are_read_page_by_page() -> None:
    lines = [payloads.line(id=number, quantity=1) for number in range(1, 591)]
    store = Store(payloads.order(items_total=590, consignments=payloads.consignments(*lines[:50])))
    store.lines[300] = lines
    with store.serve() as server:
        found = only_order(read(server))
        assert [line.external_id for line in found.lines] == [str(n) for n in range(1, 591)]
        assert paths(server).count("v2/orders/300/products") == 3


def test_an_order_whose_lines_came_along_costs_no_question_of_its_own() -> None:
    store = Store(payloads.order())
    with store.serve() as server:
        assert len(only_order(read(server)).lines) == 1
        assert paths(server) == ["v2/orders", "v3/orders/payment_actions/refunds"]


@pytest.mark.parametrize("consignments", [None, {"url": "x", "resource": "y"}, [], "none"])
def test_lines_that_did_not_come_along_are_asked_for(consignments: object) -> None:
    store = Store(payloads.order(consignments=consignments))
    store.lines[300] = [payloads.line()]
    with store.serve() as server:
        assert len(only_order(read(server)).lines) == 1


def test_an_order_of_nothing_has_no_lines_and_an_empty_answer_is_an_empty_list() -> None:
    store = Store(payloads.order(items_total=5, consignments=None, date_shipped="", status_id=2))
    with store.serve() as server:
        found = only_order(read(server))
        assert (found.lines, found.tracking_number) == ((), None)
        # Lines, shipments: both answered 204 without a body.
        assert {"v2/orders/300/products", "v2/orders/300/shipments"} <= set(paths(server))


def test_an_empty_store_has_no_orders() -> None:
    with Store().serve() as server:
        assert read(server) == []
        assert paths(server) == ["v2/orders"]


def test_only_shipped_orders_cost_a_question_for_their_shipments() -> None:
    parcel = {"id": 4, "date_created": "Tue, 03 Mar 2026 08:00:00 +0000", "tracking_number": "T1"}
    store = Store(payloads.order(status_id=2, items_shipped=2), *orders(50))
    store.shipments[300] = [parcel]
    with store.serve() as server:
        found = {one.external_id: one for page in read(server) for one in page.records}
        shipped = found["300"]
        assert isinstance(shipped, Order)
        assert shipped.tracking_number == "T1"
        assert paths(server).count("v2/orders/300/shipments") == 1
        assert "v2/orders/101/shipments" not in paths(server)


def test_shipments_can_be_done_without() -> None:
    store = Store(payloads.order(status_id=2, date_shipped="Tue, 03 Mar 2026 08:00:00 +0000"))
    with store.serve() as server:
        found = only_order(read(server, shipments=False))
        assert found.shipped_date == datetime(2026, 3, 3, 8, tzinfo=UTC)
        assert "v2/orders/300/shipments" not in paths(server)


def test_all_refunds_of_a_page_of_orders_are_asked_for_at_once() -> None:
    store = Store(*orders(*range(0, 60, 2)))
    store.refunds = [payloads.refund(id=n, order_id=101 + n % 30) for n in range(1, 301)]
    with store.serve() as server:
        pages = read(server, page_size=250)
        found = [one for page in pages for one in page.records if isinstance(one, Order)]
        assert {one.refunded_total for one in found} == {Decimal("45.00")}
        # 300 refunds are two pages of 250.
        assert paths(server).count("v3/orders/payment_actions/refunds") == 2


def test_a_broken_order_is_put_aside_whole_and_stops_nobody() -> None:
    store = Store(payloads.order(id=299, total_inc_tax="much"), payloads.order(id=301))
    store.refunds = [payloads.refund(order_id=299)]
    with store.serve() as server:
        (page,) = read(server)
        assert [one.external_id for one in page.records] == ["301"]
        (rejected,) = page.rejected
        assert rejected.external_id == "299"
        assert rejected.reason.startswith("total_inc_tax is no amount")
        assert rejected.payload["refunds"], "it can be mapped again without the store"


def test_elements_that_are_no_orders_are_put_aside() -> None:
    store = Store()
    store.answers["v2/orders"] = told([None, "order", [1], {"id": {}}, payloads.order()])
    with store.serve() as server:
        pages = read(server, page_size=250)
        assert len([one for page in pages for one in page.rejected]) == 4
        assert only_order(pages).external_id == "300"


def test_archived_orders_are_found_by_name_as_tombstones_and_missing_ones_are_gone() -> None:
    store = Store(payloads.order(), payloads.order(id=301, is_deleted=True))
    with store.serve() as server:
        connector = connect(server)
        pages = list(connector.read_ids(Stream.ORDERS, ["300", "301", "302", "x/../300"]))
        found = {one.external_id: one for page in pages for one in page.records}
        assert not found["300"].is_deleted
        assert found["301"].is_deleted
        assert {one for page in pages for one in page.gone} == {"302", "x/../300"}
        connector.close()


def test_many_neighbouring_orders_are_read_by_name_in_ranges() -> None:
    store = Store(*orders(*range(100)))
    store.orders[40]["is_deleted"] = True
    with store.serve() as server:
        connector = connect(server, page_size=25)
        wanted = [str(number) for number in range(101, 203)]
        pages = list(connector.read_ids(Stream.ORDERS, wanted))
        found = {one.external_id: one for page in pages for one in page.records}
        assert set(found) == set(wanted) - {"201", "202"}
        assert found["141"].is_deleted
        assert {one for page in pages for one in page.gone} == {"201", "202"}
        assert connector.api_calls < 12
        connector.close()


def test_a_store_that_is_down_calls_no_order_gone() -> None:
    store = Store(payloads.order())
    store.answers["v2/orders/300"] = Told(b"", 503)
    with store.serve() as server:
        connector = connect(server)
        with pytest.raises(StoreError):
            list(connector.read_ids(Stream.ORDERS, ["300"]))
        connector.close()


def counted(number: int, *, incomplete: int = 0) -> Told:
    statuses = [{"id": 0, "count": incomplete}, {"id": 11, "count": number}]
    return told({"statuses": statuses, "count": number + incomplete})


def test_incomplete_orders_are_not_counted_and_not_listed() -> None:
    store = Store(*orders(1, 2), payloads.order(id=400, status_id=0))
    store.answers["v2/orders/count"] = counted(2, incomplete=1)
    with store.serve() as server:
        connector = connect(server)
        assert connector.count(Stream.ORDERS) == 2
        assert sorted(connector.list_ids(Stream.ORDERS)) == ["101", "102"]
        connector.close()


def test_the_archive_is_looked_into_only_where_an_order_is_missing() -> None:
    store = Store(*orders(1, 2))
    store.answers["v2/orders/count"] = counted(2)
    store.orders[1]["is_deleted"] = True
    window = Window(start=FIRST, end=END)
    with store.serve() as server:
        connector = connect(server)
        assert list(connector.unannounced(Stream.ORDERS, Remembered("101", "102"))) == []
        assert list(connector.deleted_ids(Stream.ORDERS, window)) == []
        assert connector.count(Stream.ORDERS) == 2
        assert paths(server) == ["v2/orders/count"], "one count serves both"
        assert list(connector.unannounced(Stream.ORDERS, Remembered("101", "102", "103"))) == []
        assert list(connector.deleted_ids(Stream.ORDERS, window)) == ["102"]
        connector.close()


def test_a_store_that_does_not_know_is_deleted_calls_no_order_archived() -> None:
    store = Store(*orders(1, 2, 3, 4, 5))
    store.ignored = {"is_deleted"}
    with store.serve() as server:
        connector = connect(server)
        assert list(connector.deleted_ids(Stream.ORDERS, Window(start=FIRST, end=END))) == []
        connector.close()


def test_a_refund_that_moved_no_date_is_found_by_the_first_sync_of_the_next_day() -> None:
    store = Store(*orders(1))
    store.answers["v2/orders/count"] = counted(1)
    store.refunds = [
        payloads.refund(id=1, order_id=101, created="2026-03-01T15:00:00Z"),
        payloads.refund(id=2, order_id=102, created="2026-03-01T15:00:00Z"),
    ]
    known = Remembered("101", refunds={"102": frozenset({"2"})})
    same_day = Window(start=MIDNIGHT - timedelta(hours=9), end=MIDNIGHT - timedelta(hours=1))
    over_midnight = Window(start=MIDNIGHT - timedelta(hours=1), end=MIDNIGHT + timedelta(hours=1))
    with store.serve() as server:
        connector = connect(server)
        for window, expected in ((same_day, []), (over_midnight, ["101"])):
            list(connector.read(Stream.ORDERS, window))
            assert list(connector.unannounced(Stream.ORDERS, known)) == expected
        connector.close()


def test_the_oldest_order_is_the_first_that_was_placed() -> None:
    store = Store(payloads.order())
    store.answers["v2/orders"] = told(
        [payloads.order(status_id=0, date_created="Thu, 01 Jan 2015 00:00:00 +0000"),
         payloads.order(date_created="Fri, 01 Jan 2016 00:00:00 +0000")]
    )  # fmt: skip
    with store.serve() as server:
        connector = connect(server)
        assert connector.oldest_order() == datetime(2016, 1, 1, tzinfo=UTC)
        connector.close()
