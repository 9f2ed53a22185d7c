"""The parts of WooCommerce's answers that the CRM takes, and nothing else.

Decoding into these skips the three quarters of an order nobody reads, which is what makes a
hundred thousand orders cheap. Scalars are typed `Any` on purpose: plugins send ids, prices and
quantities as text or number as they please, and PHP prints an empty object as `[]`. What a value
means is settled by the mapping, for each record alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.unreadable import UNREADABLE


class Person(msgspec.Struct, gc=False):
    """`billing` or `shipping` of an order or customer."""

    first_name: Any = None
    last_name: Any = None
    company: Any = None
    address_1: Any = None
    address_2: Any = None
    city: Any = None
    state: Any = None
    postcode: Any = None
    country: Any = None
    email: Any = None
    phone: Any = None


class LineItem(msgspec.Struct, gc=False):
    """One of `line_items`."""

    id: Any = None
    name: Any = None
    product_id: Any = None
    variation_id: Any = None
    quantity: Any = None
    subtotal: Any = None
    total: Any = None
    total_tax: Any = None
    price: Any = None
    sku: Any = None


class RefundSummary(msgspec.Struct, gc=False):
    """One of an order's `refunds`; `total` is negative."""

    id: Any = None
    reason: Any = None
    total: Any = None


class OrderPayload(msgspec.Struct, gc=False):
    """One element of GET /orders."""

    id: Any = None
    number: Any = None
    status: Any = None
    currency: Any = None
    total: Any = None
    total_tax: Any = None
    shipping_total: Any = None
    discount_total: Any = None
    customer_id: Any = None
    billing: Person | list[Any] | str | bool | None = None
    shipping: Person | list[Any] | str | bool | None = None
    line_items: list[LineItem] | None = None
    refunds: list[RefundSummary] | None = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    date_paid_gmt: Any = None
    date_completed_gmt: Any = None
    unreadable: Any = msgspec.field(default=None, name=UNREADABLE)


class Category(msgspec.Struct, gc=False):
    """One of a product's `categories`."""

    name: Any = None


class Parent(msgspec.Struct, gc=False):
    """What a variation takes from its product; put into the variation's payload by the client."""

    id: Any = None
    name: Any = None
    categories: list[Category] | None = None


class Cost(msgspec.Struct, gc=False):
    """`cost_of_goods_sold`, where the shop keeps it."""

    total_value: Any = None


class ProductPayload(msgspec.Struct, gc=False):
    """One element of GET /products, /variations or /products/ID/variations."""

    id: Any = None
    type: Any = None
    status: Any = None
    name: Any = None
    description: Any = None
    short_description: Any = None
    sku: Any = None
    price: Any = None
    regular_price: Any = None
    parent_id: Any = None
    parent: Parent | None = None
    categories: list[Category] | None = None
    # A product lists {name, options: […]} here, a variation {name, option}; malformed ones exist.
    attributes: Any = None
    variations: Any = None
    cost_of_goods_sold: Cost | list[Any] | None = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    unreadable: Any = msgspec.field(default=None, name=UNREADABLE)


class RefundEntry(msgspec.Struct, gc=False):
    """One element of GET /refunds: just whose it is."""

    id: Any = None
    parent_id: Any = None


class CustomerPayload(msgspec.Struct, gc=False):
    """One element of GET /customers."""

    id: Any = None
    email: Any = None
    first_name: Any = None
    last_name: Any = None
    billing: Person | list[Any] | str | bool | None = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    unreadable: Any = msgspec.field(default=None, name=UNREADABLE)


# Ours, not the shop's.
_NOT_ASKED: Final = frozenset({"parent", "unreadable"})


def decoder(payload: type[Any]) -> msgspec.json.Decoder[Any]:
    """Return a decoder of one record that keeps number literals exact."""
    return msgspec.json.Decoder(payload, float_hook=Decimal)


def fields(payload: type[Any]) -> str:
    """Return the value of `_fields` that asks for just what `payload` reads."""
    return ",".join(name for name in payload.__struct_fields__ if name not in _NOT_ASKED)


ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
