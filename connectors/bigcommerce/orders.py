"""Whole orders: what a list of orders leaves out is asked for here.

Lines come along inside the consignments, but nothing says that all of them do, so their pieces are
counted against `items_total` and a short order's lines are read page by page. Refunds are asked for
a whole page of orders at once. Shipments have no list across orders: one call for each order that
has some, which `shipments: false` saves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from connectors.base import Known, Window
from connectors.bigcommerce.api import RecordMissing, StoreApi
from connectors.bigcommerce.listings import WITH_LINES, Orders, rows_of
from connectors.bigcommerce.order_mapping import order_lines
from connectors.bigcommerce.paging import Row, Span
from connectors.bigcommerce.status import INCOMPLETE, is_incomplete, may_be_shipped, status_id
from connectors.bigcommerce.values import id_number, identifier, quantity, text
from connectors.errors import BadRecord

LARGEST_PAGE: Final = 250
REFUNDS: Final = "v3/orders/payment_actions/refunds"
# Shipped, partially shipped, completed.
_SHIPPED: Final = frozenset({2, 3, 10})
# Fewer orders than this are asked for one by one.
_FEW: Final = 10
_DAY: Final = timedelta(days=1)


class WholeOrders:
    """Completes orders, several at a time. Thread-safe."""

    def __init__(
        self, api: StoreApi, pool: ThreadPoolExecutor, *, reads_shipments: bool = True
    ) -> None:
        self._api = api
        self._pool = pool
        self._reads_shipments = reads_shipments

    def completed(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows with their orders' lines, refunds and shipments in the payloads."""
        taken = list(rows)
        ids = [row.id for row in taken if id_number(row.id) and not is_incomplete(row.payload)]
        refunds = self._refunds(ids)

        def complete(row: Row) -> Row:
            if not isinstance(row.payload, Mapping) or row.id not in refunds:
                return row
            payload = {**row.payload, "refunds": refunds[row.id]}
            if lacks_lines(payload):
                payload["products"] = self._each(row.id, "products")
            if self._reads_shipments and _has_shipments(payload):
                payload["shipments"] = self._each(row.id, "shipments")
            return row._replace(payload=payload)

        return list(self._pool.map(complete, taken))

    def with_refunds(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows with what their status and sums are made of: one call for a page of them.

        And one for each disputed or partly refunded order, which only a parcel tells from others.
        """
        taken = list(rows)
        ids = [row.id for row in taken if id_number(row.id) and not is_incomplete(row.payload)]
        refunds = self._refunds(ids)

        def complete(row: Row) -> Row:
            if not isinstance(row.payload, Mapping) or row.id not in refunds:
                return row
            payload = {**row.payload, "refunds": refunds[row.id]}
            if self._reads_shipments and may_be_shipped(payload):
                payload["shipments"] = self._each(row.id, "shipments")
            return row._replace(payload=payload)

        return list(self._pool.map(complete, taken))

    def by_id(self, ids: Collection[str], *, page_size: int) -> list[Row]:
        """Return whole orders, by a range of ids where that takes fewer calls.

        What a range leaves out, as it does archived orders, is asked for by itself: only a 404 for
        an order says that it is gone.
        """
        numbers = sorted(filter(None, map(id_number, ids)))
        found: dict[str, Row] = {}
        if len(numbers) > _FEW and (numbers[-1] - numbers[0]) // page_size + 1 < len(numbers):
            wanted = set(ids)
            for row in self._range(numbers[0], numbers[-1], page_size):
                if row.id in wanted:
                    found[row.id] = row
        rest = [one for one in ids if one not in found]
        found |= {row.id: row for row in self._pool.map(self._one, rest) if row is not None}
        return self.completed(found[one] for one in ids if one in found)

    def newly_refunded(self, window: Window | None, known: Known) -> Iterator[str]:
        """Yield orders refunded since the day before `window` whose refund is not known.

        That a refund moves its order's date is nowhere promised. One look a day is enough: by the
        first sync whose window reaches over midnight UTC.
        """
        if window is None or window.start is None or window.start.date() == window.end.date():
            return
        since = (window.start - _DAY).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        refunds = known.refunds()
        for row in self._api.all_rows(REFUNDS, {"created:min": since}, size=LARGEST_PAGE):
            if not isinstance(row, Mapping):
                continue
            order, refund = identifier(row.get("order_id")), identifier(row.get("id"))
            if order and refund and refund not in refunds.get(order, frozenset()):
                yield order

    def count(self) -> int:
        """Return how many orders the store has, incomplete ones left out."""
        counted = self._api.object("v2/orders/count")
        statuses = counted.get("statuses")
        by_status = {
            one.get("id"): int(one["count"])
            for one in (statuses if isinstance(statuses, list) else ())
            if isinstance(one, Mapping) and type(one.get("id")) is type(one.get("count")) is int
        }
        total = counted.get("count")
        if type(total) is int:
            return total - by_status.get(INCOMPLETE, 0)
        return sum(by_status.values()) - by_status.get(INCOMPLETE, 0)

    def _one(self, order_id: str) -> Row | None:
        """Return one order, archived or not; None when the store has it no more."""
        try:
            payload = self._api.object(f"v2/orders/{quote(order_id, safe='')}", WITH_LINES)
        except RecordMissing:
            return None
        return rows_of([payload])[0] if payload else None

    def _range(self, first: int, last: int, page_size: int) -> Iterator[Row]:
        orders = Orders(self._api, WITH_LINES)
        cursor: str | None = str(first - 1)
        while cursor is not None:
            page = orders.up_to(Span(None, None), page_size, cursor, most=last)
            yield from page.rows
            # A range that breaks off is no harm: what it leaves out is asked for by itself.
            cursor = None if page.is_last else page.cursor

    def _refunds(self, ids: Collection[str]) -> dict[str, list[Any]]:
        """Return the refunds of each of these orders, most often none."""
        found: dict[str, list[Any]] = {order_id: [] for order_id in ids}
        if not found:
            return found
        params = {"order_id:in": ",".join(found)}
        for row in self._api.all_rows(REFUNDS, params, size=LARGEST_PAGE):
            order_id = identifier(row.get("order_id")) if isinstance(row, Mapping) else None
            # A filter that is not obeyed brings other orders' refunds.
            if order_id in found:
                found[order_id].append(row)
        return found

    def _each(self, order_id: str, name: str) -> list[Any]:
        try:
            return self._api.all_rows(f"v2/orders/{order_id}/{name}", {}, size=LARGEST_PAGE)
        except RecordMissing:
            # The order went between its page and this question; it will be found gone by its id.
            return []


def lacks_lines(order: Mapping[str, Any]) -> bool:
    """Say whether an order states more pieces than its lines have, so that some are missing."""
    try:
        pieces = sum([quantity(line.get("quantity")) for line in order_lines(order)], Decimal(0))
        return pieces < quantity(order.get("items_total"))
    except BadRecord:
        # Whatever is wrong with it is the mapping's to say, of the lines as they are kept.
        return False


def _has_shipments(order: Mapping[str, Any]) -> bool:
    shipped = order.get("items_shipped")
    return bool(
        (type(shipped) is int and shipped > 0)
        or (type(shipped) is Decimal and shipped > 0)
        or text(order.get("date_shipped"))
        or _number_of(order) in _SHIPPED
    )


def _number_of(order: Mapping[str, Any]) -> int | None:
    try:
        return status_id(order)
    except BadRecord:
        return None
