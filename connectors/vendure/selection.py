"""What to ask for again, on a platform whose `updatedAt` does not follow its records.

An order keeps it while it is paid, shipped, delivered and refunded (measured on 3.7), a customer
while an address is edited, a variant while its product is renamed. A reading that is thorough asks
for everything to which something may have happened unseen; in a large shop that is hundreds of
requests, so between two thorough readings only what can be known to have changed is asked for.

A reading is thorough once a day: when its window holds a midnight (UTC). That needs no memory, and
none can be missed, since windows follow on each other without a gap and one that failed is read
again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from connectors.base import Window
from connectors.records import Stream
from connectors.vendure.lists import Conditions

DEFAULT_ORDER_TYPES: Final = ("Regular", "Aggregate")
# Later refunds and chargebacks are seen by a full sync.
DEFAULT_REREAD_DAYS: Final = 180
# Between two thorough readings: long enough for an order to be paid and, mostly, shipped.
DEFAULT_RECENT_DAYS: Final = 3
# As many are read in a few seconds: nothing to be thrifty about. The load path's own word for it.
DEFAULT_SCAN_ALWAYS_BELOW: Final = 2_000


class Depth(StrEnum):
    """How much is asked for; part of a resume mark, since it decides what is in the list."""

    WHOLE = "whole"
    THOROUGH = "thorough"
    CHANGED = "changed"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """A store's settings on what to read. `reread`, `recent`: ages of orders."""

    order_types: tuple[str, ...] = DEFAULT_ORDER_TYPES
    reread: timedelta = timedelta(days=DEFAULT_REREAD_DAYS)
    recent: timedelta = timedelta(days=DEFAULT_RECENT_DAYS)
    scan_always_below: int = DEFAULT_SCAN_ALWAYS_BELOW

    def live(self, stream: Stream) -> Conditions:
        """Return the filter for all that is the CRM's business: of the orders the placed ones.

        A seller's own channel shows his parts of a marketplace's orders and nothing else.
        """
        if stream is not Stream.ORDERS:
            return {}
        return {"orderPlacedAt": {"isNull": False}, "type": {"in": list(self.order_types)}}

    def placed(self, start: datetime, end: datetime) -> Conditions:
        """Return the filter for the orders placed in `[start, end)`; both its bounds are strict."""
        bounds = {"after": strictly_before(start), "before": _written(end)}
        return {**self.live(Stream.ORDERS), "orderPlacedAt": bounds}

    def thorough(self, stream: Stream, start: datetime) -> Conditions:
        """Return the filter for all that may have changed since `start`, seen or unseen."""
        live = self.live(stream)
        if stream is not Stream.ORDERS:
            return live
        return {**live, "_or": [_moved(start), _placed(start - self.reread)]}

    def changed(
        self, stream: Stream, start: datetime, *, product_ids: Collection[str] = ()
    ) -> Conditions:
        """Return the filter for what is known to have changed since `start`.

        `product_ids`: the products that did, whose variants keep their own time.
        """
        live = self.live(stream)
        if stream is Stream.CUSTOMERS:
            return {**live, **_moved(start)}
        if stream is Stream.PRODUCTS:
            conditions: list[Mapping[str, Any]] = [_moved(start)]
            if product_ids:
                conditions.append({"productId": {"in": sorted(product_ids)}})
            return {**live, "_or": conditions}
        return {**live, "_or": [_moved(start), _placed(start - min(self.recent, self.reread))]}


def is_daily(window: Window) -> bool:
    """Tell whether the window is the day's first: it holds a midnight, or has no start."""
    return window.start is None or window.start.date() != window.end.date()


def strictly_before(moment: datetime) -> str:
    """Return a bound that lets `moment` itself through: `after` is strict, on milliseconds."""
    return _written(moment - timedelta(milliseconds=1))


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moved(start: datetime) -> Mapping[str, Any]:
    return {"updatedAt": {"after": strictly_before(start)}}


def _placed(start: datetime) -> Mapping[str, Any]:
    return {"orderPlacedAt": {"after": strictly_before(start)}}
