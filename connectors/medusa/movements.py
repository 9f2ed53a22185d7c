"""Orders whose payments moved although they themselves did not.

A capture leaves the order's `updated_at` alone, and so does the refund after a received return;
nobody would ever hear of them. Of all that moves then only `payment_collection.updated_at` always
does (a part capture leaves the payment's own time alone as well), and no list filters by it. The
payments can be sorted by it, though: the latest movements come first, and the reading ends at the
first one that is old enough.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from connectors.medusa.api import AdminApi, Listed
from connectors.medusa.lists import PAYMENTS
from connectors.medusa.paging import changed_at, ids_of

# A reading is never continued by position, for the list moves: it is begun again, so much larger.
_FIRST: Final = 100
_GROWTH: Final = 10


def orders_with_moved_payments(api: AdminApi, start: datetime) -> list[str]:
    """Return the ids of the orders with a payment collection that moved at or after `start`.

    One request of a hundred lines as long as fewer have moved, else two or three. A server that
    does not sort as asked costs the whole list (260 bytes a payment) in one request.
    """
    limit = _FIRST
    while True:
        listed = _latest(api, limit)
        times = [_moved_at(node) for node in listed.nodes]
        known = [at for at in times if at is not None]
        is_whole = listed.count <= len(listed.nodes)
        is_sorted = known == sorted(known, reverse=True)
        if is_whole or (is_sorted and known and known[-1] < start):
            break
        limit = min(limit * _GROWTH, listed.count) if is_sorted and known else listed.count
    moved = [
        order
        for node, at in zip(listed.nodes, times, strict=True)
        if at is None or at >= start
        for order in ids_of([_order(node)])
    ]
    return list(dict.fromkeys(moved))


def _latest(api: AdminApi, limit: int) -> Listed:
    return api.listed(
        PAYMENTS.path,
        PAYMENTS.key,
        [
            ("order", "-payment_collection.updated_at"),
            ("limit", limit),
            ("fields", ",".join(PAYMENTS.fields)),
        ],
    )


def _collection(node: Any) -> Any:
    return node.get("payment_collection") if isinstance(node, dict) else None


def _moved_at(node: Any) -> datetime | None:
    return changed_at(_collection(node))


def _order(node: Any) -> Any:
    collection = _collection(node)
    return collection.get("order") if isinstance(collection, dict) else None
