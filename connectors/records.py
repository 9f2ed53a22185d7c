"""Canonical records: what every connector maps to and the one load path takes.

Immutable, validated when built, money as `Decimal`, times timezone-aware UTC, ids as text. A value
the CRM could not hold raises `BadRecord` here, at the record's own door: found later, inside a
COPY of a thousand rows, it would take the other 999 with it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

import msgspec

from connectors.errors import BadRecord
from connectors.values import (
    check_amount,
    check_currency,
    check_id,
    check_text,
    check_texts,
    check_time,
    is_storable,
)


class Stream(StrEnum):
    """The three things read from a store, in the order they are loaded."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"


class OrderStatus(StrEnum):
    """The contract's six order states (CHECK on crm_orders.status)."""

    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


# Of an order in one of these, a day of delivery means something: what came back had arrived.
ARRIVED: Final = frozenset({OrderStatus.DELIVERED, OrderStatus.REFUNDED})


class Address(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A postal address as the store gives it; empty parts are None."""

    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None

    def __post_init__(self) -> None:
        parts = (
            self.name, self.company, self.line1, self.line2, self.city, self.region,
            self.postal_code, self.country_code, self.phone,
        )  # fmt: skip
        # Two addresses per order make this a hot path: all parts at once, singly to name the bad.
        if is_storable("".join([part for part in parts if part is not None])):
            return
        for name in self.__struct_fields__:
            check_text(getattr(self, name), f"address.{name}")


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A person or company known to the store.

    `email_verified`: the store vouches for the address (or cannot tell, as most cannot); False
    keeps it out of identity resolution. `phone`: as typed; the loader makes it E.164.
    `source_updated_at`: None where the store has no such time; the content hash then decides.
    `is_deleted`: the store says the customer is gone (soft delete, never a row removed).
    `is_redacted`: the store has erased the person, and says so; fields that are merely empty, or
    that the credentials may not see, are no such thing.
    """

    external_id: str
    email: str | None = None
    email_verified: bool = True
    phone: str | None = None
    full_name: str | None = None
    company_name: str | None = None
    address: Address | None = None
    source_created_at: datetime | None = None
    source_updated_at: datetime | None = None
    is_deleted: bool = False
    is_redacted: bool = False

    def __post_init__(self) -> None:
        check_id(self.external_id, "customer id")
        check_text(self.email, "email")
        check_text(self.phone, "phone")
        check_text(self.full_name, "full_name")
        check_text(self.company_name, "company_name")
        check_time(self.source_created_at, "created_at")
        check_time(self.source_updated_at, "updated_at")


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """One sellable unit: a variant where the platform has them, else the product.

    `parent_external_id`: the product a variant belongs to. `price`: in `currency`, the store's own.
    """

    external_id: str
    name: str
    price: Decimal
    currency: str
    parent_external_id: str | None = None
    description: str | None = None
    sku: str | None = None
    category: str | None = None
    cost: Decimal | None = None
    is_active: bool = True
    source_created_at: datetime | None = None
    source_updated_at: datetime | None = None
    is_deleted: bool = False

    def __post_init__(self) -> None:
        check_id(self.external_id, "product id")
        check_text(self.parent_external_id, "parent id")
        check_text(self.name, "name")
        check_text(self.description, "description")
        check_text(self.sku, "sku")
        check_text(self.category, "category")
        _check_not_negative("price", self.price)
        _check_not_negative("cost", self.cost)
        check_currency(self.currency)
        check_time(self.source_created_at, "created_at")
        check_time(self.source_updated_at, "updated_at")


class OrderLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line as it was sold; a snapshot that outlives its product.

    `product_external_id`: the sellable unit's id as in `Product.external_id`, None for free-text
    lines and deleted products (the CRM's row keeps what it knows). `total`: after discounts, before
    or after tax as the platform states it; the order's own `total` is the truth, never a sum of
    lines.
    """

    name: str
    quantity: Decimal
    external_id: str | None = None
    product_external_id: str | None = None
    sku: str | None = None
    unit_price: Decimal | None = None
    total: Decimal | None = None
    tax: Decimal | None = None

    def __post_init__(self) -> None:
        check_texts((self.name, self.sku, self.external_id, self.product_external_id), _LINE_TEXTS)


class Refund(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Money given back. `amount` is positive, in the order's currency."""

    external_id: str
    amount: Decimal
    created_at: datetime | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        check_text(self.external_id, "refund.id")
        check_amount(self.amount, "refund.amount")
        check_text(self.reason, "refund.reason")
        check_time(self.created_at, "refund.created_at")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its lines and refunds, amounts in `currency`.

    `customer_external_id`: None for a guest, who is then known by `email`, `phone`, `full_name`
    and `billing_address`. `total`: as the platform states it, before refunds; `refunded_total`:
    what was given back, 0 when nothing. `source_status`: the platform's own word, kept for people.
    `order_date`: when the customer ordered, not when anybody synced. `is_redacted`: as of Customer.
    """

    external_id: str
    order_number: str
    status: OrderStatus
    currency: str
    total: Decimal
    order_date: datetime
    subtotal: Decimal = Decimal("0.00")
    tax: Decimal = Decimal("0.00")
    shipping: Decimal = Decimal("0.00")
    discount: Decimal = Decimal("0.00")
    refunded_total: Decimal = Decimal("0.00")
    customer_external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    full_name: str | None = None
    company_name: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    refunds: tuple[Refund, ...] = ()
    tracking_number: str | None = None
    shipped_date: datetime | None = None
    delivered_date: datetime | None = None
    source_status: str | None = None
    source_created_at: datetime | None = None
    source_updated_at: datetime | None = None
    is_deleted: bool = False
    is_redacted: bool = False

    def __post_init__(self) -> None:
        check_id(self.external_id, "order id")
        check_id(self.order_number, "order number")
        check_currency(self.currency)
        # A part may be: fees below nothing are how some shops write a discount down.
        for name in ("subtotal", "tax", "shipping", "discount"):
            check_amount(getattr(self, name), name)
        # Less than nothing given back would count as revenue.
        for name in ("total", "refunded_total"):
            _check_not_negative(name, getattr(self, name))
        check_texts(_order_texts(self), _ORDER_TEXTS)
        for name in (
            "order_date",
            "shipped_date",
            "delivered_date",
            "source_created_at",
            "source_updated_at",
        ):
            check_time(getattr(self, name), name)


def _check_not_negative(name: str, value: Decimal | None) -> None:
    check_amount(value, name)
    if value is not None and value < 0:
        raise BadRecord(
            f"{name} is negative ({value}), which none is", code="bad_amount", field=name
        )


Record = Customer | Product | Order


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be mapped, on its way to quarantine.

    `payload`: the raw element as decoded from the answer; `reason`: for a support person.
    """

    stream: Stream
    payload: Any
    reason: str
    code: str
    external_id: str | None = None


_LINE_TEXTS: Final = ("line.name", "line.sku", "line.id", "line.product")
_ADDRESS_TEXTS: Final = Address.__struct_fields__
_ORDER_TEXTS: Final = (
    "customer_external_id",
    "email",
    "phone",
    "full_name",
    "company_name",
    "tracking_number",
    "source_status",
)
_address_texts = attrgetter(*_ADDRESS_TEXTS)
_order_texts = attrgetter(*_ORDER_TEXTS)

_ENCODER: Final = msgspec.json.Encoder(decimal_format="string", order="deterministic")
# What a redaction takes away changes the hash by itself.
_UNHASHED: Final = frozenset({"source_updated_at", "is_redacted"})
# To be changed when a version keeps more of a record than the one before: an unchanged record then
# differs once, so that a full sync fills in what older versions did not write.
_VERSIONS: Final[dict[type, bytes]] = {Order: b"2"}
_hashed_fields: Final = {
    kind: attrgetter(*(name for name in kind.__struct_fields__ if name not in _UNHASHED))
    for kind in (Customer, Product, Order)
}


def content_hash(record: Record) -> bytes:
    """Return 16 bytes that change when anything but `source_updated_at` does.

    Stores bump that time when an order is merely opened in their admin; without leaving it out
    every such view would rewrite a CRM row.
    """
    kind = type(record)
    encoded = _ENCODER.encode(_hashed_fields[kind](record))
    return hashlib.blake2b(encoded, digest_size=16, person=_VERSIONS.get(kind, b"")).digest()
