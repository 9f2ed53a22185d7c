"""One record out of one payload: pure, so that a test needs a dict and no server.

A payload that makes no sense raises `BadRecord` with the field; the client puts it aside. Amounts
are strings or `Decimal` here (`connectors.decoding` sees to it) and never pass through a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from connectors.base import StoreConfig
from connectors.errors import BadRecord
from connectors.records import (
    Address,
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Record,
    Refund,
    Stream,
)
from connectors.status_map import status_exceptions
from connectors.unreadable import refuse_unreadable
from connectors.values import amount, utc_time

_STATUSES: Final[Mapping[str, OrderStatus]] = {
    "open": OrderStatus.PENDING,
    "paid": OrderStatus.PROCESSING,
    "sent": OrderStatus.SHIPPED,
    "received": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
}

Statuses = Mapping[str, OrderStatus]
Payload = Mapping[str, Any]


def map_payload(stream: Stream, payload: Payload, statuses: Statuses) -> Record:
    """Map one element of a list. `statuses`: the store's own exceptions (`status_map`)."""
    refuse_unreadable(payload)
    if stream is Stream.CUSTOMERS:
        return _customer(payload)
    if stream is Stream.PRODUCTS:
        return _product(payload)
    return _order(payload, statuses)


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map a payload from quarantine with the mapping of today; raises BadRecord."""
    if not isinstance(payload, Mapping):
        raise BadRecord("the payload is no object", code="bad_payload")
    return map_payload(stream, payload, status_exceptions(config.settings, store=config.key))


def _customer(payload: Payload) -> Customer:
    return Customer(
        external_id=_id(payload, "id"),
        email=_text(payload, "email"),
        phone=_text(payload, "phone"),
        full_name=_text(payload, "name"),
        address=_address(payload, "address"),
        source_created_at=utc_time(_text(payload, "created_at"), "created_at"),
        source_updated_at=utc_time(_text(payload, "changed_at"), "changed_at"),
    )


def _product(payload: Payload) -> Product:
    return Product(
        external_id=_id(payload, "id"),
        name=_text(payload, "name") or _id(payload, "id"),
        price=amount(payload.get("price"), "price"),
        currency=_text(payload, "currency") or "",
        sku=_text(payload, "sku"),
        source_updated_at=utc_time(_text(payload, "changed_at"), "changed_at"),
    )


def _order(payload: Payload, statuses: Statuses) -> Order:
    placed = utc_time(_text(payload, "placed_at"), "placed_at")
    if placed is None:
        raise BadRecord("placed_at is missing", code="missing_time", field="placed_at")
    refunds = tuple(map(_refund, _objects(payload, "refunds")))
    refunded = sum((refund.amount for refund in refunds), Decimal("0.00"))
    total = amount(payload.get("total"), "total")
    state = _text(payload, "state")
    return Order(
        external_id=_id(payload, "id"),
        order_number=_text(payload, "number") or _id(payload, "id"),
        status=_status(state, statuses, total=total, refunded=refunded),
        currency=_text(payload, "currency") or "",
        total=total,
        refunded_total=refunded,
        order_date=placed,
        customer_external_id=_text(payload, "customer_id"),
        email=_text(payload, "email"),
        billing_address=_address(payload, "address"),
        lines=tuple(map(_line, _objects(payload, "lines"))),
        refunds=refunds,
        source_status=state,
        source_updated_at=utc_time(_text(payload, "changed_at"), "changed_at"),
    )


def _status(
    state: str | None, statuses: Statuses, *, total: Decimal, refunded: Decimal
) -> OrderStatus:
    """Return the CRM's status; a state nobody heard of is being worked on."""
    known = statuses.get(state or "") or _STATUSES.get(state or "")
    if known is not OrderStatus.CANCELLED and refunded > 0 and refunded >= total:
        return OrderStatus.REFUNDED
    return known or OrderStatus.PROCESSING


def _line(payload: Payload) -> OrderLine:
    return OrderLine(
        external_id=_text(payload, "id"),
        product_external_id=_text(payload, "product_id"),
        name=_text(payload, "name") or "?",
        sku=_text(payload, "sku"),
        quantity=amount(payload.get("quantity", 1), "line.quantity"),
        unit_price=amount(payload.get("price"), "line.price"),
        total=amount(payload.get("total"), "line.total"),
    )


def _refund(payload: Payload) -> Refund:
    return Refund(
        external_id=_id(payload, "id"), amount=amount(payload.get("amount"), "refund.amount")
    )


def _address(payload: Payload, name: str) -> Address | None:
    part = payload.get(name)
    if not isinstance(part, Mapping):
        return None
    return Address(city=_text(part, "city"), country_code=_text(part, "country"))


def _id(payload: Payload, name: str) -> str:
    return _text(payload, name) or ""


def _text(payload: Payload, name: str) -> str | None:
    """Return a text without surrounding blanks; null, missing and empty are all None."""
    value = payload.get(name)
    if value is None or isinstance(value, (str, int, Decimal)):
        return (str(value).strip() or None) if value is not None else None
    raise BadRecord(f"{name} is no text", code="bad_text", field=name)


def _objects(payload: Payload, name: str) -> list[Payload]:
    found = payload.get(name) or []
    if isinstance(found, list) and all(isinstance(one, Mapping) for one in found):
        return found
    raise BadRecord(f"{name} is no list of objects", code="bad_shape", field=name)
