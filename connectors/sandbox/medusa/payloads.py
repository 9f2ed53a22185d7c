"""Prints what a world holds as Medusa 2.21 does.

Amounts are JSON numbers with a `raw_…` twin, currencies lower case, times with milliseconds. A
refund has written a credit line, so an order's `total` is what is left of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.sandbox import world as states
from connectors.sandbox.world import Address, Customer, Line, Order, Product, Variant, World

Json = dict[str, Any]
_CANCELED = (states.CANCELLED, states.FAILED, states.TRASH)
_KNOWN = {
    *_CANCELED, states.PENDING, states.ON_HOLD, states.PROCESSING, states.AWAIT_SHIP,
    states.SHIPPED, states.COMPLETED, states.REFUNDED,
}  # fmt: skip


def customer(one: Customer) -> Json:
    """Return an element of GET /admin/customers."""
    address = one.address
    return {
        "id": str(one.id),
        "email": one.email or None,
        "first_name": one.first_name or None,
        "last_name": one.last_name or None,
        "company_name": None,
        "phone": one.phone or None,
        "has_account": True,
        **_times(one.created_at, one.modified_at or one.created_at),
        "addresses": [{**_address(address), "id": f"cuaddr_{one.id}"}] if address else [],
    }


def variant(one: Variant, product: Product, currency: str) -> Json:
    """Return an element of GET /admin/product-variants."""
    return {
        **_variant(one, currency),
        "product": _product(product),
    }


def product(one: Product, currency: str) -> Json:
    """Return an element of GET /admin/products."""
    return {**_product(one), "variants": [_variant(each, currency) for each in one.variants]}


def order(one: Order, world: World) -> Json:
    """Return an element of GET /admin/orders; a deleted customer's key is missing, not null."""
    is_canceled = one.state in _CANCELED
    captured = one.total if one.paid_at else 0
    buyer = world.customers.by_id.get(one.customer_id)
    address = _address(one.shipping)
    told: Json = {
        "id": str(one.id),
        "display_id": one.id,
        "custom_display_id": None,
        "version": 1,
        "is_draft_order": one.state in states.DRAFTS,
        "status": _order_status(one),
        "payment_status": _payment_status(one, captured, is_canceled=is_canceled),
        "fulfillment_status": _fulfillment_status(one),
        **_times(one.created_at, one.modified_at),
        "canceled_at": time(one.cancelled_at or one.modified_at) if is_canceled else None,
        "currency_code": one.currency.lower(),
        "email": one.email or None,
        "customer_id": str(one.customer_id) if one.customer_id else None,
        **_money("total", one.total - one.refunded),
        **_money("item_subtotal", sum(line.subtotal for line in one.lines)),
        **_money("shipping_subtotal", one.shipping_total),
        **_money("tax_total", one.total_tax),
        **_money("discount_subtotal", one.discount),
        **_money("credit_line_total", one.refunded),
        "items": [_line(line) for line in one.lines],
        "billing_address": _address(one.billing),
        "shipping_address": address,
        "payment_collections": [_collection(one, captured)],
        "fulfillments": _fulfillments(one),
    }
    if buyer is not None:
        told["customer"] = customer(buyer)
    return told


def payment(one: Order) -> Json:
    """Return an element of GET /admin/payments: there is one for each order."""
    captured = one.total if one.paid_at else 0
    collection = _collection(one, captured)
    (found,) = collection.pop("payments")
    return {**found, "payment_collection": {**collection, "order": {"id": str(one.id)}}}


def payment_moved_at(one: Order) -> int:
    """Return when the order's payment collection last moved: captures and refunds do that."""
    refunded = (refund.created_at for refund in one.refunds)
    return max(one.created_at, one.paid_at, one.cancelled_at, *refunded)


def time(at: int) -> str:
    """Write a time as Medusa does."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _money(name: str, cents: int) -> Json:
    sign = "-" if cents < 0 else ""
    text = f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return {name: cents / 100, f"raw_{name}": {"value": text, "precision": 20}}


def _times(created_at: int, updated_at: int) -> Json:
    return {"created_at": time(created_at), "updated_at": time(updated_at), "deleted_at": None}


def _variant(one: Variant, currency: str) -> Json:
    return {
        "id": str(one.id),
        "title": " / ".join(value for _, value in one.options) or "Default variant",
        "sku": one.sku or None,
        "product_id": str(one.product_id),
        **_times(one.created_at, one.modified_at),
        "prices": [{"currency_code": currency.lower(), "rules": {}, **_money("amount", one.price)}],
    }


def _product(one: Product) -> Json:
    return {
        "id": str(one.id),
        "title": one.name,
        "description": one.description or None,
        "status": "published" if one.state == "publish" else "draft",
        **_times(one.created_at, one.modified_at),
        "categories": [{"id": f"pcat_{one.category}", "name": one.category}],
        "collection": None,
        "type": None,
    }


def _line(line: Line) -> Json:
    quantity = line.quantity or 1
    return {
        "id": f"ordli_{line.id}",
        "title": line.name,
        "product_title": line.name,
        "variant_title": None,
        "product_id": str(line.product_id) if line.product_id else None,
        "variant_id": str(line.variant_id) if line.variant_id else None,
        "variant_sku": line.sku,
        "quantity": line.quantity,
        # Not rounded, as there: a third of a cent is printed as it is.
        "unit_price": line.subtotal / 100 / quantity,
        **_money("total", line.total + line.tax),
        **_money("tax_total", line.tax),
    }


def _address(address: Address) -> Json:
    return {
        "first_name": address.first_name or None,
        "last_name": address.last_name or None,
        "company": address.company or None,
        "address_1": address.line1 or None,
        "address_2": address.line2 or None,
        "city": address.city or None,
        "province": address.region or None,
        "postal_code": address.postcode or None,
        "country_code": address.country.lower() or None,
        "phone": address.phone or None,
    }


def _collection(one: Order, captured: int) -> Json:
    taken = [
        {"id": f"capt_{one.id}", "created_at": time(one.paid_at), **_money("amount", captured)}
    ]
    return {
        "id": f"pay_col_{one.id}",
        "updated_at": time(payment_moved_at(one)),
        "payments": [
            {
                "id": f"pay_{one.id}",
                "captured_at": time(one.paid_at) if one.paid_at else None,
                **_money("amount", one.total),
                "captures": taken if one.paid_at else [],
                "refunds": [
                    {
                        "id": f"ref_{refund.id}",
                        "created_at": time(refund.created_at),
                        "note": refund.reason,
                        **_money("amount", refund.amount),
                    }
                    for refund in one.refunds
                ],
            }
        ],
    }


def _fulfillments(one: Order) -> list[Json]:
    if not one.shipped_at:
        return []
    return [
        {
            "id": f"ful_{one.id}",
            **_times(one.shipped_at, one.shipped_at),
            "shipped_at": time(one.shipped_at),
            "delivered_at": time(one.delivered_at) if one.delivered_at else None,
            "canceled_at": None,
            "labels": [{"tracking_number": one.tracking_number}],
        }
    ]


def _order_status(one: Order) -> str:
    if one.state in states.DRAFTS:
        return "draft"
    if one.state in _CANCELED:
        return "canceled"
    # Paid and delivered orders stay pending until somebody calls them complete.
    return "pending" if one.state in _KNOWN else one.state


def _payment_status(one: Order, captured: int, *, is_canceled: bool) -> str:
    if one.refunds:
        return "refunded" if one.refunded >= captured else "partially_refunded"
    if is_canceled:
        return "canceled"
    return "captured" if one.paid_at else "not_paid"


def _fulfillment_status(one: Order) -> str:
    if one.state == states.COMPLETED or (one.state == states.REFUNDED and one.delivered_at):
        return "delivered"
    return "shipped" if one.state == states.SHIPPED else "not_fulfilled"
