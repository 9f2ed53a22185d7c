"""From BigCommerce's fifteen order statuses to the CRM's six.

A status is known by its id: its name can be changed by every shop. 13 (disputed) and 14 (partially
refunded) say nothing of where the parcel is, so that is told by what has been shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.bigcommerce.values import text
from connectors.errors import BadRecord
from connectors.records import OrderStatus

# A shopper who reached the payment page and left: by rule no business of the CRM.
INCOMPLETE: Final = 0
_DISPUTED: Final = 13
_PARTLY_REFUNDED: Final = 14
_STATUSES: Final = {
    1: OrderStatus.PENDING,
    2: OrderStatus.SHIPPED,
    3: OrderStatus.PROCESSING,
    4: OrderStatus.REFUNDED,
    5: OrderStatus.CANCELLED,
    6: OrderStatus.CANCELLED,
    7: OrderStatus.PENDING,
    8: OrderStatus.PROCESSING,
    9: OrderStatus.PROCESSING,
    10: OrderStatus.DELIVERED,
    11: OrderStatus.PROCESSING,
    12: OrderStatus.PENDING,
}
# Longer numbers are rubbish, and Python refuses to read very long ones.
_MOST_DIGITS: Final = 9
_ABSURD: Final = 10**_MOST_DIGITS
_PAID: Final = frozenset({"captured", "paid", "partially refunded", "refunded"})


def status_id(order: Mapping[str, Any]) -> int:
    """Return the order's `status_id`; raises BadRecord when there is none."""
    found = order.get("status_id")
    if type(found) is int and abs(found) < _ABSURD:
        return found
    written = text(found)
    if written is None or not (written.isascii() and written.isdigit()):
        raise BadRecord("the order has no status_id", code="missing_status", field="status_id")
    return int(written) if len(written) <= _MOST_DIGITS else -1


def is_incomplete(payload: Any) -> bool:
    """Say whether an element of the orders list is a shopper who never paid."""
    try:
        return isinstance(payload, Mapping) and status_id(payload) == INCOMPLETE
    except BadRecord:
        return False


def order_status(
    order: Mapping[str, Any],
    exceptions: Mapping[str, OrderStatus],
    *,
    is_refunded: bool,
    is_shipped: bool,
) -> OrderStatus:
    """Map an order: cancelled before refunded before the rest.

    `exceptions`: the store's own map, by status id or name. An unknown id becomes `processing`
    when `payment_status` says that money came, else `pending`. Raises BadRecord without a status.
    """
    number = status_id(order)
    name = text(order.get("status")) or ""
    status = exceptions.get(str(number)) or exceptions.get(name) or _STATUSES.get(number)
    if status is None:
        status = OrderStatus.PROCESSING if _is_paid(number, order) else OrderStatus.PENDING
        if number in (_DISPUTED, _PARTLY_REFUNDED) and is_shipped:
            status = OrderStatus.SHIPPED
    return OrderStatus.REFUNDED if is_refunded and status is not OrderStatus.CANCELLED else status


def may_be_shipped(order: Mapping[str, Any]) -> bool:
    """Say whether the order's own words leave open that a parcel makes it a shipped one."""
    try:
        number = status_id(order)
    except BadRecord:
        return False
    return number in (_DISPUTED, _PARTLY_REFUNDED) and not text(order.get("date_shipped"))


def source_status(order: Mapping[str, Any]) -> str:
    """Return the status as people there call it, its id where it has no name."""
    name = text(order.get("status")) or text(order.get("custom_status"))
    return name or f"status_id {status_id(order)}"


def _is_paid(number: int, order: Mapping[str, Any]) -> bool:
    """Say whether money came: only what was paid can be disputed or partly paid back."""
    if number in (_DISPUTED, _PARTLY_REFUNDED):
        return True
    return (text(order.get("payment_status")) or "").casefold() in _PAID
