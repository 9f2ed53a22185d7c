"""Vendure's orders as canonical records.

Three facts of the running server shape this file. A refund hangs on a payment and changes neither
the order's state nor its `updatedAt`. Placing, paying, shipping and delivering an order do not move
its `updatedAt` either: only the times of its parts tell. And cancelling pieces lowers the order's
total at once, so the refund that follows gives back money the total no longer holds: subtracted
again, a customer who kept one of two chairs would have bought nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from connectors.records import ARRIVED, Address, Order, OrderLine, Refund
from connectors.vendure.money import MoneyRule
from connectors.vendure.payloads import (
    Fulfillment,
    Line,
    OrderAddress,
    OrderPayload,
    RefundPart,
    Surcharge,
)
from connectors.vendure.status import StatusRules

_SETTLED: Final = "Settled"
_SENT: Final = frozenset({"Shipped", "Delivered"})
_DELIVERED: Final = "Delivered"
_CANCELLED: Final = "Cancelled"


def map_order(order: OrderPayload, rules: StatusRules, money: MoneyRule) -> Order | None:
    """Map an element of `orders`; None for carts, drafts and whatever else was never placed."""
    if order.order_placed_at is None:
        return None
    refunds = _settled_refunds(order)
    refunded = refunded_units(order)
    status = rules.status(
        order.state,
        is_refunded=0 < order.total_with_tax <= refunded,
        is_paid=_paid_units(order) > 0,
    )
    sent = [one for one in order.fulfillments or [] if one.state in _SENT]
    person = order.customer
    billing, shipping = order.billing_address, order.shipping_address
    currency = order.currency_code

    def amount(units: int, what: str) -> Decimal:
        return money.amount(units, currency, what)

    return Order(
        external_id=order.id,
        order_number=order.code,
        status=status,
        currency=currency,
        total=amount(order.total_with_tax, "total"),
        subtotal=amount(order.sub_total, "subtotal"),
        tax=amount(order.total_with_tax - order.total, "tax"),
        shipping=amount(order.shipping, "shipping"),
        discount=amount(-sum(one.amount for one in order.discounts), "discount"),
        refunded_total=amount(refunded, "refunded_total"),
        order_date=order.order_placed_at,
        # A deleted customer was deleted for a reason: nothing personal is picked up elsewhere.
        customer_external_id=person.id if person else None,
        email=(person.email_address or None) if person else None,
        phone=_phone(order) if person else None,
        full_name=_full_name(order) if person else None,
        company_name=_company(order) if person else None,
        billing_address=postal_address(billing or shipping) if person else None,
        shipping_address=postal_address(shipping) if person else None,
        lines=tuple(_lines(order, money)),
        refunds=tuple(
            Refund(
                external_id=one.id,
                amount=amount(one.total, "refund.amount"),
                created_at=one.created_at,
                reason=one.reason or None,
            )
            for one in refunds
        ),
        tracking_number=_tracking_number(order.fulfillments or []),
        shipped_date=min((one.created_at for one in sent), default=None),
        delivered_date=_delivered_date(sent) if status in ARRIVED else None,
        source_status=order.state,
        source_created_at=order.created_at,
        source_updated_at=changed_at(order),
    )


def changed_at(order: OrderPayload) -> datetime:
    """Return the latest time any part of the order carries: what `updatedAt` should have been."""
    return max(_times(order))


def refunded_units(order: OrderPayload) -> int:
    """Return how much of the order's present total was given back, in units.

    What was paid beyond that total (its pieces were cancelled or taken out) is given back first.
    """
    given_back = sum(one.total for one in _settled_refunds(order))
    overpaid = max(0, _paid_units(order) - order.total_with_tax)
    return max(0, given_back - overpaid)


def postal_address(address: OrderAddress | None, country: str | None = None) -> Address | None:
    """Return the address with its empty parts as None, None when nothing is left."""
    if address is None:
        return None
    found = Address(
        name=address.full_name or None,
        company=address.company or None,
        line1=address.street_line1 or None,
        line2=address.street_line2 or None,
        city=address.city or None,
        region=address.province or None,
        postal_code=address.postal_code or None,
        country_code=country or address.country_code or None,
        phone=address.phone_number or None,
    )
    return None if found == Address() else found


def _times(order: OrderPayload) -> Iterator[datetime]:
    yield order.updated_at
    if order.order_placed_at is not None:
        yield order.order_placed_at
    yield from (one.updated_at for one in order.lines)
    yield from (one.updated_at for one in order.surcharges)
    yield from (one.updated_at for one in order.fulfillments or [])
    for payment in order.payments or []:
        yield payment.updated_at
        yield from (one.updated_at for one in payment.refunds)


def _settled_refunds(order: OrderPayload) -> list[RefundPart]:
    """Return the refunds whose money has gone back: not those waiting, not those that failed."""
    every = [refund for payment in order.payments or [] for refund in payment.refunds]
    return sorted((one for one in every if one.state == _SETTLED), key=lambda one: one.created_at)


def _paid_units(order: OrderPayload) -> int:
    return sum(one.amount for one in order.payments or [] if one.state == _SETTLED)


def _lines(order: OrderPayload, money: MoneyRule) -> Iterator[OrderLine]:
    for line in order.lines:
        yield _line(line, order, money)
    for surcharge in order.surcharges:
        yield _surcharge(surcharge, order.currency_code, money)


def _line(line: Line, order: OrderPayload, money: MoneyRule) -> OrderLine:
    currency = order.currency_code
    # Cancelling an order sets its quantities to 0; what was ordered is what people look for.
    was_emptied = order.state == _CANCELLED and line.quantity == 0
    return OrderLine(
        external_id=line.id,
        product_external_id=line.product_variant.id,
        name=line.product_variant.name,
        sku=line.product_variant.sku or None,
        quantity=Decimal(line.order_placed_quantity if was_emptied else line.quantity),
        unit_price=money.amount(line.unit_price, currency, "line.unit_price"),
        total=money.amount(line.prorated_line_price, currency, "line.total"),
        tax=money.amount(line.line_tax, currency, "line.tax"),
    )


def _surcharge(surcharge: Surcharge, currency: str, money: MoneyRule) -> OrderLine:
    price = money.amount(surcharge.price, currency, "line.unit_price")
    tax = surcharge.price_with_tax - surcharge.price
    return OrderLine(
        external_id=f"surcharge-{surcharge.id}",
        name=surcharge.description,
        sku=surcharge.sku or None,
        quantity=Decimal(1),
        unit_price=price,
        total=price,
        tax=money.amount(tax, currency, "line.tax"),
    )


def _phone(order: OrderPayload) -> str | None:
    person, billing, shipping = order.customer, order.billing_address, order.shipping_address
    numbers = (one.phone_number for one in (person, billing, shipping) if one is not None)
    return next((number for number in numbers if number), None)


def _full_name(order: OrderPayload) -> str | None:
    person, billing = order.customer, order.billing_address
    parts = (person.first_name, person.last_name) if person else ()
    named = " ".join(part.strip() for part in parts if part and part.strip())
    return named or (billing.full_name if billing else None) or None


def _company(order: OrderPayload) -> str | None:
    return (order.billing_address.company if order.billing_address else None) or None


def _tracking_number(fulfillments: list[Fulfillment]) -> str | None:
    kept = sorted(
        (one for one in fulfillments if one.state != _CANCELLED), key=lambda one: one.created_at
    )
    return next((one.tracking_code for one in kept if one.tracking_code), None)


def _delivered_date(sent: list[Fulfillment]) -> datetime | None:
    return max((one.updated_at for one in sent if one.state == _DELIVERED), default=None)
