"""From a BigCommerce v2 order, with its lines, refunds and shipments, to the canonical order.

`total_inc_tax` stays the whole sum after refunds, and the order's own `refunded_amount` is
documented to be 0 always: what was paid back is the sum of the v3 refunds. Amounts are in the
transactional currency, `default_currency_code`; `currency_code` is only what the shopper saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from connectors.bigcommerce.addresses import order_address
from connectors.bigcommerce.rules import Rules
from connectors.bigcommerce.status import INCOMPLETE, order_status, source_status, status_id
from connectors.bigcommerce.values import (
    ZERO,
    full_name,
    identifier,
    instant,
    money,
    optional_money,
    quantity,
    text,
    unit_price,
)
from connectors.errors import BadRecord
from connectors.records import Order, OrderLine, OrderStatus, Refund
from connectors.unreadable import refuse_unreadable

_NOTHING: Final[Mapping[str, Any]] = {}


def map_order(payload: Mapping[str, Any], rules: Rules) -> Order | None:
    """Map an order, None for an incomplete one (a shopper who never paid). Raises BadRecord."""
    if status_id(payload) == INCOMPLETE:
        return None
    total = money(payload.get("total_inc_tax"), "total_inc_tax")
    refunds = tuple(_refunds(payload))
    refunded = sum([refund.amount for refund in refunds], ZERO)
    created = instant(payload.get("date_created"), "date_created")
    if created is None:
        raise BadRecord("date_created is missing", code="missing_time", field="order_date")
    external_id = identifier(payload.get("id")) or ""
    billing = _mapping(payload.get("billing_address"))
    shipping = next(_shipping(payload), _NOTHING)
    shipments = _shipments(payload)
    shipped = instant(payload.get("date_shipped"), "date_shipped") or next(
        filter(None, (instant(one.get("date_created"), "shipment") for one in shipments)), None
    )
    status = order_status(
        payload,
        rules.statuses,
        is_refunded=0 < total <= refunded,
        is_shipped=shipped is not None,
    )
    is_deleted = payload.get("is_deleted") is True and not rules.keeps_archived
    return Order(
        external_id=external_id,
        order_number=external_id,
        status=OrderStatus.CANCELLED if is_deleted else status,
        currency=text(payload.get("default_currency_code"))
        or text(payload.get("currency_code"))
        or rules.currency
        or "",
        total=total,
        order_date=created,
        subtotal=money(payload.get("subtotal_ex_tax"), "subtotal_ex_tax"),
        tax=money(payload.get("total_tax"), "total_tax"),
        shipping=money(payload.get("shipping_cost_ex_tax"), "shipping_cost_ex_tax")
        + money(payload.get("handling_cost_ex_tax"), "handling_cost_ex_tax"),
        discount=money(payload.get("discount_amount"), "discount_amount")
        + money(payload.get("coupon_discount"), "coupon_discount"),
        refunded_total=refunded,
        customer_external_id=identifier(payload.get("customer_id")),
        email=text(billing.get("email")),
        phone=text(billing.get("phone")),
        full_name=full_name(billing.get("first_name"), billing.get("last_name")),
        company_name=text(billing.get("company")),
        billing_address=order_address(billing),
        shipping_address=order_address(shipping),
        lines=tuple([_line(one) for one in order_lines(payload)]),
        refunds=refunds,
        tracking_number=next(
            filter(None, (text(one.get("tracking_number")) for one in shipments)), None
        ),
        shipped_date=shipped,
        source_status=source_status(payload),
        source_created_at=created,
        source_updated_at=instant(payload.get("date_modified"), "date_modified"),
        is_deleted=is_deleted,
    )


def order_lines(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the lines of an order: `products` where it is a list, else those of its consignments.

    Raises BadRecord for a line that is no object.
    """
    products = payload.get("products")
    if isinstance(products, list):
        return [_object(one) for one in products]
    return [_object(line) for place in _places(payload) for line in _list(place.get("line_items"))]


def _places(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every consignment, whatever is sent there; older answers wrap them in a list."""
    for group in _groups(payload):
        for name in ("shipping", "pickups", "downloads"):
            yield from filter(None, map(_mapping, _list(group.get(name))))
        yield from filter(
            None, map(_mapping, _list(_mapping(group.get("email")).get("gift_certificates")))
        )


def _shipping(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in _groups(payload):
        yield from filter(None, map(_mapping, _list(group.get("shipping"))))


def _groups(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    consignments = payload.get("consignments")
    wrapped = consignments if isinstance(consignments, list) else [consignments]
    return [group for group in map(_mapping, wrapped) if group]


def _shipments(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the shipments, the first one first."""
    shipments = [one for one in map(_mapping, _list(payload.get("shipments"))) if one]
    return sorted(shipments, key=lambda one: (len(text(one.get("id")) or ""), str(one.get("id"))))


def _refunds(payload: Mapping[str, Any]) -> Iterator[Refund]:
    """Yield the refunds that reached somebody: a payment that was declined gave nothing back."""
    for entry in _list(payload.get("refunds")):
        refund = _object(entry)
        declined = sum(
            [
                money(payment.get("amount"), "refund.payment")
                for payment in map(_mapping, _list(refund.get("payments")))
                if payment.get("is_declined") is True
            ],
            ZERO,
        )
        given = money(refund.get("total_amount"), "refund.total_amount") - declined
        external_id = identifier(refund.get("id"))
        if external_id is None:
            raise BadRecord("a refund has no id", code="missing_id", field="refund.id")
        if given > 0:
            yield Refund(
                external_id=external_id,
                amount=given,
                created_at=instant(refund.get("created"), "refund.created"),
                reason=text(refund.get("reason")),
            )


def _line(line: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        external_id=identifier(line.get("id")),
        name=text(line.get("name")) or text(line.get("name_customer")) or "",
        quantity=quantity(line.get("quantity")),
        # Sellable units are variants; a product's id belongs to another sequence.
        product_external_id=identifier(line.get("variant_id")),
        sku=text(line.get("sku")),
        unit_price=unit_price(line.get("price_ex_tax"), "line.price_ex_tax"),
        total=_line_total(line),
        tax=money(line.get("total_tax"), "line.total_tax"),
    )


def _line_total(line: Mapping[str, Any]) -> Decimal:
    """Return a line's sum after discounts, without tax.

    `total_ex_tax` is the sum before discounts; the one after them is stated with tax only.
    """
    before = money(line.get("total_ex_tax"), "line.total_ex_tax")
    after = optional_money(line.get("discounted_total_inc_tax"), "line.discounted_total_inc_tax")
    if after is None or not _list(line.get("applied_discounts")):
        return before
    return after - money(line.get("total_tax"), "line.total_tax")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NOTHING


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRecord("a line or refund is no JSON object", code="bad_shape")
    refuse_unreadable(value)
    return value
