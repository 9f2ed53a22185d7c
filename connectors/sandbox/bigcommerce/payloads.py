"""Prints a world's people, goods and orders as BigCommerce documents them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from connectors.sandbox import world as states
from connectors.sandbox.bigcommerce.spelling import iso, number, rfc2822, text
from connectors.sandbox.world import (
    Address,
    Customer,
    Line,
    Order,
    Product,
    Refund,
    Variant,
    World,
)

STATUSES: Final = (
    "Incomplete", "Pending", "Shipped", "Partially Shipped", "Refunded", "Cancelled", "Declined",
    "Awaiting Payment", "Awaiting Pickup", "Awaiting Shipment", "Completed",
    "Awaiting Fulfillment", "Manual Verification Required", "Disputed", "Partially Refunded",
)  # fmt: skip
INCOMPLETE: Final = 0
_PARTLY_REFUNDED: Final = 14
_STATUS: Final = {
    states.PENDING: 1,
    states.ON_HOLD: 7,
    states.PROCESSING: 11,
    states.AWAIT_SHIP: 9,
    states.SHIPPED: 2,
    states.COMPLETED: 10,
    states.CANCELLED: 5,
    states.REFUNDED: 4,
    states.FAILED: 6,
    states.CHECKOUT_DRAFT: INCOMPLETE,
    states.AUTO_DRAFT: INCOMPLETE,
}
# A status nobody documented, for states of a shop's own.
UNHEARD_OF: Final = 99
# As many lines as a list of lines shows by default: no more come along inside an order.
LINES_INSIDE: Final = 50


def status_of(order: Order) -> int:
    """Return the order's status id; an archived order keeps the one it had."""
    state = order.state_before_trash if order.state == states.TRASH else order.state
    if 0 < order.refunded < order.total and state not in (states.CANCELLED, states.FAILED):
        return _PARTLY_REFUNDED
    return _STATUS.get(state, UNHEARD_OF)


def order(world: World, placed: Order, *, with_lines: bool) -> dict[str, Any]:
    """Print an order of v2, with its lines inside the consignments if asked for."""
    number = status_of(placed)
    resource = f"/orders/{placed.id}"
    return {
        "id": placed.id,
        "customer_id": placed.customer_id,
        "date_created": rfc2822(placed.created_at),
        "date_modified": rfc2822(placed.modified_at),
        "date_shipped": rfc2822(placed.shipped_at) if placed.shipped_at else "",
        "status_id": number,
        "status": STATUSES[number] if number < len(STATUSES) else placed.state,
        "subtotal_ex_tax": text(sum(line.subtotal for line in placed.lines)),
        "total_tax": text(placed.total_tax),
        "shipping_cost_ex_tax": text(placed.shipping_total),
        "shipping_cost_inc_tax": text(placed.shipping_total + placed.shipping_tax),
        "handling_cost_ex_tax": text(0),
        "coupon_discount": text(placed.discount),
        "discount_amount": text(0),
        "total_ex_tax": text(placed.total - placed.total_tax),
        "total_inc_tax": text(placed.total),
        # Documented to be 0 always, whatever was paid back.
        "refunded_amount": text(0),
        "items_total": sum(line.quantity for line in placed.lines),
        "items_shipped": sum(line.quantity for line in placed.lines) if placed.shipped_at else 0,
        "payment_status": _payment_status(placed),
        "currency_code": placed.currency,
        "currency_exchange_rate": "1.0000000000",
        "default_currency_code": placed.currency,
        "store_default_currency_code": world.currency,
        "customer_message": placed.note,
        "is_deleted": placed.state == states.TRASH,
        "billing_address": {**_v2_address(placed.billing), "email": placed.email},
        "products": _link(f"{resource}/products"),
        "shipping_addresses": _link(f"{resource}/shippingaddresses"),
        "consignments": _consignments(placed) if with_lines else _link(f"{resource}/consignments"),
    }


def line(placed: Order, sold: Line) -> dict[str, Any]:
    """Print a line of an order."""
    discount = sold.subtotal - sold.total
    each = sold.subtotal * 100 // sold.quantity if sold.quantity else 0
    return {
        "id": sold.id,
        "order_id": placed.id,
        "product_id": sold.product_id,
        "variant_id": sold.variant_id or None,
        "name": sold.name,
        "sku": sold.sku or "",
        "quantity": sold.quantity,
        "price_ex_tax": f"{each // 10_000}.{each % 10_000:04d}",
        "total_ex_tax": text(sold.subtotal),
        "total_tax": text(sold.tax),
        "total_inc_tax": text(sold.subtotal + sold.tax),
        "discounted_total_inc_tax": text(sold.total + sold.tax),
        "applied_discounts": [{"id": "coupon", "amount": text(discount), "code": placed.coupon}]
        if discount
        else [],
    }


def shipments(placed: Order) -> list[dict[str, Any]]:
    """Print the parcels of an order, none before it was sent."""
    if not placed.shipped_at:
        return []
    return [
        {
            "id": placed.id * 10 + number,
            "order_id": placed.id,
            "date_created": rfc2822(placed.shipped_at),
            "tracking_number": placed.tracking_number if number == 0 else "",
            "items": [],
        }
        for number in range(placed.parcels)
    ]


def shipping_address(placed: Order) -> dict[str, Any]:
    """Print where an order goes."""
    return {
        "id": placed.id * 10,
        "order_id": placed.id,
        **_v2_address(placed.shipping),
        "email": placed.email,
        "shipping_method": placed.shipping_method,
    }


def refund(given: Refund) -> dict[str, Any]:
    """Print a refund of v3."""
    return {
        "id": given.id,
        "order_id": given.order_id,
        "created": iso(given.created_at),
        "reason": given.reason,
        "total_amount": number(given.amount),
        "items": [{"item_type": "ORDER", "item_id": given.order_id, "quantity": 1}],
        "payments": [
            {"id": given.id, "provider_id": "custom", "amount": number(given.amount),
             "offline": True, "is_declined": False}
        ],
    }  # fmt: skip


def customer(person: Customer) -> dict[str, Any]:
    """Print a customer of v3 with the address."""
    address = person.address
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": address.company if address else "",
        "phone": person.phone,
        "date_created": iso(person.created_at),
        "date_modified": iso(changed_at(person)),
        "address_count": 1 if address else 0,
        "addresses": [
            {
                "id": person.id * 10,
                "customer_id": person.id,
                "first_name": address.first_name,
                "last_name": address.last_name,
                "company": address.company,
                "address1": address.line1,
                "address2": address.line2,
                "city": address.city,
                "state_or_province": address.region,
                "postal_code": address.postcode,
                "country_code": address.country,
                "phone": address.phone,
            }
        ]
        if address
        else [],
    }


def product(shown: Product, categories: Sequence[str], *, with_variants: bool) -> dict[str, Any]:
    """Print a product of v3; one variant without options is its base variant."""
    variants = shown.variants
    is_simple = len(variants) == 1 and not variants[0].options
    printed: dict[str, Any] = {
        "id": shown.id,
        "name": shown.name,
        "type": "physical",
        "sku": shown.sku,
        "description": shown.description,
        "price": number(shown.price),
        "sale_price": number(0),
        "cost_price": number(shown.cost),
        "categories": [categories.index(shown.category) + 1] if shown.category else [],
        "is_visible": shown.state == "publish",
        "availability": "available" if shown.state == "publish" else "disabled",
        "inventory_level": shown.stock,
        "date_created": iso(shown.created_at),
        "date_modified": iso(shown.modified_at),
        "base_variant_id": variants[0].id if is_simple else None,
    }
    if with_variants:
        printed["variants"] = [variant(one, shown) for one in variants]
    return printed


def variant(shown: Variant, owner: Product) -> dict[str, Any]:
    """Print a variant; null where it has its product's price and cost."""
    return {
        "id": shown.id,
        "product_id": owner.id,
        "sku": shown.sku,
        "price": None if shown.price == owner.price else number(shown.price),
        "sale_price": None,
        "cost_price": None,
        "calculated_price": number(shown.price),
        "purchasing_disabled": False,
        "inventory_level": shown.stock,
        "option_values": [
            {"id": shown.id * 10 + place, "label": value, "option_display_name": name}
            for place, (name, value) in enumerate(shown.options)
        ],
    }


def changed_at(person: Customer) -> int:
    """Return when a customer changed: those never edited, when they registered."""
    return person.modified_at or person.created_at


def categories_of(products: Iterable[Product]) -> list[str]:
    """Return the names of all categories, in the order of their ids from 1."""
    return sorted({shown.category for shown in products if shown.category})


def _consignments(placed: Order) -> dict[str, Any]:
    lines = [line(placed, sold) for sold in placed.lines[:LINES_INSIDE]]
    return {
        "shipping": [{**shipping_address(placed), "line_items": lines}],
        "pickups": [],
        "downloads": [],
        "email": {"gift_certificates": []},
    }


def _v2_address(address: Address) -> dict[str, Any]:
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "company": address.company,
        "street_1": address.line1,
        "street_2": address.line2,
        "city": address.city,
        "state": address.region,
        "zip": address.postcode,
        "country": address.country,
        "country_iso2": address.country,
        "phone": address.phone,
    }


def _payment_status(placed: Order) -> str:
    if placed.refunded:
        return "refunded" if placed.refunded >= placed.total else "partially refunded"
    return "captured" if placed.paid_at else ""


def _link(resource: str) -> dict[str, str]:
    return {"url": f"https://api.bigcommerce.test/v2{resource}", "resource": resource}
