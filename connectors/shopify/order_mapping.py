"""An order of Shopify to a canonical one.

Amounts are the shop's (`shopMoney`) and as of before returns; what was given back is
`totalRefundedSet`. `subtotalPriceSet` contains the tax in stores whose prices do, so there the tax
is taken out again: subtotal + tax + shipping then means the same in every store. It need not equal
the total, which tips, duties, fees and cash rounding move too and which is stored as stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from connectors.errors import BadRecord
from connectors.records import ARRIVED, Order, OrderLine, Refund
from connectors.shopify.fields import (
    address,
    elements,
    flag,
    has_more,
    identifier,
    linked,
    money,
    part,
    quantity,
    text,
    time,
    word,
)
from connectors.shopify.status import Progress, StatusRules

_ZERO: Final = Decimal("0.00")
_ARRIVED: Final = frozenset({"DELIVERED", "PICKED_UP"})
_CANCELLED: Final = frozenset({"CANCELLED", "CANCELED"})


def map_order(
    payload: Mapping[str, Any],
    *,
    rules: StatusRules,
    currency: str | None = None,
    include_test: bool = False,
) -> Order | None:
    """Map an element of `orders` with all its lines, refunds and fulfillments.

    None for a test order, unless `include_test`. `currency`: the store's as configured, where the
    payload tells none. Raises BadRecord, also when a nested list is not complete.
    """
    if flag(payload.get("test"), "test") and not include_test:
        return None
    external_id = identifier(payload.get("id"), "order id", "Order")
    total_bag = part(payload.get("totalPriceSet"), "totalPriceSet")
    total = _first_amount(payload, "totalPriceSet", "totalPrice")
    if total is None:
        raise BadRecord("the order has no total", code="missing_amount", field="total")
    own_currency = word(payload.get("currencyCode"), "currencyCode") or _stated(total_bag)
    created_at = time(payload.get("createdAt"), "createdAt")
    order_date = time(payload.get("processedAt"), "processedAt") or created_at
    if order_date is None:
        raise BadRecord("the order has no date", code="missing_time", field="processedAt")
    if own_currency is None and currency is None:
        raise BadRecord("the order has no currency", code="bad_currency", field="currency")
    shipments = _shipments(payload)
    progress = _progress(payload, shipments)
    status = rules.status(progress)
    billing = address(payload.get("billingAddress"), "billingAddress")
    shipping = address(payload.get("shippingAddress"), "shippingAddress")
    known = billing or shipping
    tax = _first_amount(payload, "totalTaxSet", "totalTax") or _ZERO
    return Order(
        external_id=external_id,
        order_number=text(payload.get("name"), "name") or external_id,
        status=status,
        currency=own_currency or currency or "",
        total=total,
        subtotal=_subtotal(payload, tax),
        tax=tax,
        shipping=_first_amount(payload, "totalShippingPriceSet", "totalShippingPrice") or _ZERO,
        discount=_first_amount(payload, "totalDiscountsSet", "totalDiscounts") or _ZERO,
        refunded_total=_first_amount(payload, "totalRefundedSet", "totalRefunded") or _ZERO,
        order_date=order_date,
        customer_external_id=linked(payload.get("customer"), "customer"),
        email=text(payload.get("email"), "email"),
        phone=text(payload.get("phone"), "phone") or (known.phone if known else None),
        full_name=known.name if known else None,
        company_name=known.company if known else None,
        billing_address=billing,
        shipping_address=shipping,
        lines=_lines(payload),
        refunds=_refunds(payload),
        tracking_number=_tracking_number(shipments),
        shipped_date=_earliest(shipments, "createdAt"),
        delivered_date=(_latest(shipments, "deliveredAt") if status in ARRIVED else None),
        source_status=progress.source_status,
        source_created_at=created_at,
        source_updated_at=time(payload.get("updatedAt"), "updatedAt"),
    )


def _first_amount(payload: Mapping[str, Any], *names: str) -> Decimal | None:
    return next(
        (found for name in names if (found := money(payload.get(name), name)) is not None), None
    )


def _stated(bag: Mapping[str, Any] | None) -> str | None:
    shop_money = part((bag or {}).get("shopMoney"), "totalPriceSet.shopMoney") or {}
    return word(shop_money.get("currencyCode"), "totalPriceSet.shopMoney.currencyCode")


def _subtotal(payload: Mapping[str, Any], tax: Decimal) -> Decimal:
    subtotal = _first_amount(payload, "subtotalPriceSet", "subtotalPrice") or _ZERO
    if flag(payload.get("taxesIncluded"), "taxesIncluded"):
        # Never below zero: goods given away still carry taxed shipping.
        return max(subtotal - tax, _ZERO)
    return subtotal


def _progress(payload: Mapping[str, Any], shipments: list[Mapping[str, Any]]) -> Progress:
    arrived = [
        word(shipment.get("displayStatus"), "displayStatus") in _ARRIVED
        or time(shipment.get("deliveredAt"), "deliveredAt") is not None
        for shipment in shipments
    ]
    return Progress(
        is_cancelled=time(payload.get("cancelledAt"), "cancelledAt") is not None,
        financial=word(payload.get("displayFinancialStatus"), "displayFinancialStatus"),
        fulfillment=word(payload.get("displayFulfillmentStatus"), "displayFulfillmentStatus"),
        is_fully_paid=flag(payload.get("fullyPaid"), "fullyPaid") is True,
        is_delivered=bool(arrived) and all(arrived),
    )


def _lines(payload: Mapping[str, Any]) -> tuple[OrderLine, ...]:
    listed = payload.get("lineItems")
    if has_more(listed):
        raise BadRecord("not all lines were read", code="truncated", field="lineItems")
    return tuple(_line(line) for line in elements(listed, "lineItems"))


def _line(line: Mapping[str, Any]) -> OrderLine:
    unit_price = money(line.get("originalUnitPriceSet"), "line.unit_price")
    total = money(line.get("discountedTotalSet"), "line.total")
    return OrderLine(
        external_id=linked(line, "line"),
        product_external_id=linked(line.get("variant"), "line.variant"),
        name=text(line.get("name"), "line.name") or text(line.get("title"), "line.title") or "",
        sku=text(line.get("sku"), "line.sku"),
        quantity=quantity(line.get("quantity"), "line.quantity"),
        unit_price=unit_price,
        total=total,
    )


def _refunds(payload: Mapping[str, Any]) -> tuple[Refund, ...]:
    listed = payload.get("refunds")
    if has_more(listed):
        raise BadRecord("not all refunds were read", code="truncated", field="refunds")
    refunds = (
        Refund(
            external_id=identifier(refund.get("id"), "refund id"),
            amount=_first_amount(refund, "totalRefundedSet", "totalRefunded") or _ZERO,
            created_at=time(refund.get("createdAt"), "refund.createdAt"),
            reason=text(refund.get("note"), "refund.note"),
        )
        for refund in elements(listed, "refunds")
    )
    # Taking goods back without giving money is a refund to Shopify, not to a ledger.
    return tuple(refund for refund in refunds if refund.amount)


def _shipments(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the fulfillments that were not cancelled."""
    listed = payload.get("fulfillments")
    found = elements(listed, "fulfillments")
    counted = part(payload.get("fulfillmentsCount"), "fulfillmentsCount") or {}
    expected = counted.get("count")
    # A list that is null was forbidden, not cut.
    is_cut = isinstance(listed, list) and isinstance(expected, int) and expected > len(found)
    if has_more(listed) or is_cut:
        raise BadRecord("not all fulfillments were read", code="truncated", field="fulfillments")
    return [one for one in found if word(one.get("status"), "fulfillment.status") not in _CANCELLED]


def _tracking_number(shipments: list[Mapping[str, Any]]) -> str | None:
    numbers = (
        text(tracking.get("number"), "tracking number")
        for shipment in shipments
        for tracking in elements(shipment.get("trackingInfo"), "trackingInfo")
    )
    return next((number for number in numbers if number), None)


def _earliest(shipments: list[Mapping[str, Any]], name: str) -> datetime | None:
    return min((at for one in shipments if (at := time(one.get(name), name))), default=None)


def _latest(shipments: list[Mapping[str, Any]], name: str) -> datetime | None:
    return max((at for one in shipments if (at := time(one.get(name), name))), default=None)
