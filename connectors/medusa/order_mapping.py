"""Medusa's orders as canonical records.

`total` is what is left of an order, and by two roads: a refund writes a credit line, which lowers
it; a received return or an edit lowers it too, and the refund that follows writes none. In both
cases what the order came to before anything was given back is `total` plus the refunds of its
payments, and never `total` with the refunds taken off once more. Goods that come back after all
their money did leave `total` below nothing, which is no sale undone but the same goods once more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from connectors.medusa.payloads import (
    AddressPart,
    CustomerPayload,
    Fulfillment,
    Line,
    OrderPayload,
    Payment,
    Person,
    RefundPart,
    exact,
)
from connectors.medusa.status import DRAFT, StatusRules, source_status
from connectors.records import ARRIVED, Address, Order, OrderLine, Refund
from connectors.values import amount

_ZERO: Final = Decimal(0)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
# Unit prices and taxes are not rounded on the server; digits beyond these are only division.
_UNIT_PRICE: Final = Decimal("0.000001")


def map_order(order: OrderPayload, rules: StatusRules) -> Order | None:
    """Map an element of `orders`; None for a draft, which nobody has ordered yet."""
    if order.is_draft_order or order.status == DRAFT:
        return None
    refunds = _refunds(order)
    left = max(_ZERO, exact(order.total, order.raw_total, "total"))
    refunded = sum((exact(one.amount, one.raw_amount, "refund.amount") for one in refunds), _ZERO)
    captured = sum(map(_captured, _payments(order)), _ZERO)
    status = rules.status(
        order,
        is_refunded=refunded > 0 and amount(refunded, "refunds") >= amount(captured, "captures"),
        is_paid=captured > 0 or bool(_payments(order)),
    )
    person = order.customer
    shipping = order.shipping_address
    billing = order.billing_address or shipping
    parcels = [one for one in order.fulfillments or [] if one and one.canceled_at is None]
    return Order(
        external_id=order.id,
        order_number=_number(order),
        status=status,
        currency=order.currency_code.upper(),
        total=amount(left + refunded, "total"),
        subtotal=_amount(order.item_subtotal, order.raw_item_subtotal, "subtotal"),
        tax=_amount(order.tax_total, order.raw_tax_total, "tax"),
        shipping=_amount(order.shipping_subtotal, order.raw_shipping_subtotal, "shipping"),
        discount=_amount(order.discount_subtotal, order.raw_discount_subtotal, "discount"),
        refunded_total=amount(refunded, "refunded_total"),
        order_date=order.created_at,
        # It stays when the customer is deleted; then only the id is left of the person.
        customer_external_id=order.customer_id or None,
        email=order.email or None,
        phone=_phone(order),
        full_name=full_name(person) or full_name(billing),
        company_name=(person.company_name if person else None)
        or (billing.company if billing else None)
        or None,
        billing_address=postal_address(billing),
        shipping_address=postal_address(shipping),
        lines=tuple(_line(one) for one in order.items or [] if one),
        refunds=tuple(map(_refund, refunds)),
        tracking_number=_tracking_number(parcels),
        shipped_date=min(filter(None, (one.shipped_at for one in parcels)), default=None),
        delivered_date=max(filter(None, (one.delivered_at for one in parcels)), default=None)
        if status in ARRIVED
        else None,
        source_status=source_status(order),
        source_created_at=order.created_at,
        # Payments and their times may be removed again, so the order's own time alone counts, and
        # where it stands still the content decides.
        source_updated_at=order.updated_at,
    )


def full_name(person: AddressPart | CustomerPayload | Person | None) -> str | None:
    """Join a person's names; None without any."""
    if person is None:
        return None
    parts = (person.first_name, person.last_name)
    return " ".join(part.strip() for part in parts if part and part.strip()) or None


def postal_address(address: AddressPart | None) -> Address | None:
    """Return the address with its empty parts as None, None when nothing is left."""
    if address is None:
        return None
    found = Address(
        name=full_name(address),
        company=address.company or None,
        line1=address.address_1 or None,
        line2=address.address_2 or None,
        city=address.city or None,
        region=address.province or None,
        postal_code=address.postal_code or None,
        country_code=(address.country_code or "").upper() or None,
        phone=address.phone or None,
    )
    return None if found == Address() else found


def _number(order: OrderPayload) -> str:
    number = order.custom_display_id if order.custom_display_id else order.display_id
    return order.id if number is None else str(number)


def _amount(value: Any, raw: Any, what: str) -> Decimal:
    return amount(exact(value, raw, what), what)


def _payments(order: OrderPayload) -> list[Payment]:
    # An order that was edited after payment has one more collection.
    collections = filter(None, order.payment_collections or [])
    return [payment for one in collections for payment in one.payments or [] if payment]


def _captured(payment: Payment) -> Decimal:
    taken = [exact(one.amount, one.raw_amount, "capture") for one in payment.captures or [] if one]
    if taken or payment.captured_at is None:
        return sum(taken, _ZERO)
    return exact(payment.amount, payment.raw_amount, "payment.amount")


def _refunds(order: OrderPayload) -> list[RefundPart]:
    every = [one for payment in _payments(order) for one in payment.refunds or [] if one]
    return sorted(every, key=lambda one: (one.created_at or _LONG_AGO, one.id))


def _refund(refund: RefundPart) -> Refund:
    return Refund(
        external_id=refund.id,
        amount=_amount(refund.amount, refund.raw_amount, "refund.amount"),
        created_at=refund.created_at,
        reason=refund.note or None,
    )


def _line(line: Line) -> OrderLine:
    name = line.product_title or line.title or line.variant_title or line.variant_sku or line.id
    price = exact(line.unit_price, line.raw_unit_price, "line.unit_price")
    rounded = price.quantize(_UNIT_PRICE)
    return OrderLine(
        external_id=line.id,
        # It stays on lines of deleted variants and is null on free-text ones.
        product_external_id=line.variant_id or None,
        name=name,
        sku=line.variant_sku or None,
        quantity=exact(line.quantity, None, "line.quantity"),
        unit_price=price if price == rounded else rounded,
        total=_amount(line.total, line.raw_total, "line.total"),
        tax=_amount(line.tax_total, line.raw_tax_total, "line.tax"),
    )


def _phone(order: OrderPayload) -> str | None:
    people = (order.customer, order.billing_address, order.shipping_address)
    return next((one.phone for one in people if one is not None and one.phone), None)


def _tracking_number(parcels: list[Fulfillment]) -> str | None:
    for parcel in sorted(parcels, key=lambda one: one.created_at or _LONG_AGO):
        for label in parcel.labels or []:
            if label and label.tracking_number:
                return label.tracking_number
    return None
