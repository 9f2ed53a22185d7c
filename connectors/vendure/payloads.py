"""The answers of Vendure as the documents in `queries/` ask for them, typed.

Converting a payload checks every field at once and names the first wrong one; a payload kept in
quarantine for a year goes through the same door as a fresh one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec

from connectors.wording import misfit

# Added by us to every element: what its amounts mean, so that it can be mapped again later.
CONTEXT_FIELD: Final = "_store"

Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Payload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base: the API writes names in camel case; fields we did not ask for are ignored."""


class StoreContext(_Payload, frozen=True, kw_only=True):
    """The settings of the shop that its amounts depend on."""

    money_precision: int = 2
    prices_include_tax: bool = False


class Person(_Payload, frozen=True, kw_only=True):
    """A customer as an order shows it; None there once the customer is deleted."""

    id: str
    email_address: str
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None


class OrderAddress(_Payload, frozen=True, kw_only=True):
    """A snapshot of an address; every part may be null or empty."""

    full_name: str | None = None
    company: str | None = None
    street_line1: str | None = msgspec.field(default=None, name="streetLine1")
    street_line2: str | None = msgspec.field(default=None, name="streetLine2")
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone_number: str | None = None


class Country(_Payload, frozen=True, kw_only=True):
    """`code`: ISO 3166, two letters."""

    code: str


class CustomerAddress(OrderAddress, frozen=True, kw_only=True):
    """An entry of a customer's address book."""

    id: str = ""
    country: Country | None = None
    default_billing_address: bool | None = None
    default_shipping_address: bool | None = None


class User(_Payload, frozen=True, kw_only=True):
    """The login of a registered customer."""

    verified: bool


class CustomerPayload(Person, frozen=True, kw_only=True):
    """An element of `customers`. `user` is null for guests."""

    created_at: Time
    user: User | None = None
    addresses: list[CustomerAddress] | None = None


class Facet(_Payload, frozen=True, kw_only=True):
    """`code`: what people call the property, "category" in the sample catalogue."""

    code: str


class FacetValue(_Payload, frozen=True, kw_only=True):
    """One value of a facet."""

    id: str
    name: str
    facet: Facet


class ProductPart(_Payload, frozen=True, kw_only=True):
    """The product a variant belongs to."""

    id: str
    updated_at: Time
    name: str
    enabled: bool
    description: str | None = None
    facet_values: list[FacetValue] = []


class VariantPayload(_Payload, frozen=True, kw_only=True):
    """An element of `productVariants`. `price`: before tax, `price_with_tax`: after, in units."""

    id: str
    created_at: Time
    updated_at: Time
    name: str
    sku: str | None
    enabled: bool
    price: int
    price_with_tax: int
    currency_code: str
    product: ProductPart
    facet_values: list[FacetValue] = []
    store: StoreContext = msgspec.field(default_factory=StoreContext, name=CONTEXT_FIELD)


class SoldVariant(_Payload, frozen=True, kw_only=True):
    """The variant of a line; it stays readable after its deletion."""

    id: str
    name: str
    sku: str | None = None


class Line(_Payload, frozen=True, kw_only=True):
    """`order_placed_quantity`: what was ordered; `quantity`: what is left after cancellations."""

    id: str
    updated_at: Time
    quantity: int
    order_placed_quantity: int
    unit_price: int
    prorated_line_price: int
    line_tax: int
    product_variant: SoldVariant


class Surcharge(_Payload, frozen=True, kw_only=True):
    """An amount added by hand or by a rule, with no product behind it."""

    id: str
    updated_at: Time
    description: str
    price: int
    price_with_tax: int
    sku: str | None = None


class Discount(_Payload, frozen=True, kw_only=True):
    """`amount`: negative, before tax, in units."""

    amount: int


class RefundPart(_Payload, frozen=True, kw_only=True):
    """`state`: Pending, Settled, Failed, or a shop's own."""

    id: str
    created_at: Time
    updated_at: Time
    state: str
    total: int
    reason: str | None = None


class Payment(_Payload, frozen=True, kw_only=True):
    """`state`: Created, Authorized, Settled, Declined, Error, Cancelled, or a shop's own."""

    id: str
    updated_at: Time
    state: str
    amount: int
    refunds: list[RefundPart] = []


class Fulfillment(_Payload, frozen=True, kw_only=True):
    """`state`: Created, Pending, Shipped, Delivered, Cancelled, or a shop's own."""

    id: str
    created_at: Time
    updated_at: Time
    state: str
    tracking_code: str | None = None


class OrderPayload(_Payload, frozen=True, kw_only=True):
    """An element of `orders`. Amounts in units; `order_placed_at` is null for carts and drafts."""

    id: str
    created_at: Time
    updated_at: Time
    code: str
    type: str
    state: str
    currency_code: str
    sub_total: int
    shipping: int
    total: int
    total_with_tax: int
    order_placed_at: Time | None
    customer: Person | None = None
    billing_address: OrderAddress | None = None
    shipping_address: OrderAddress | None = None
    lines: list[Line] = []
    surcharges: list[Surcharge] = []
    discounts: list[Discount] = []
    payments: list[Payment] | None = None
    fulfillments: list[Fulfillment] | None = None
    store: StoreContext = msgspec.field(default_factory=StoreContext, name=CONTEXT_FIELD)


Shape = TypeVar("Shape", bound=_Payload)


def read_payload(payload: Any, shape: type[Shape]) -> Shape:
    """Return `payload` as `shape`; raises BadRecord naming the first field that is wrong."""
    try:
        return msgspec.convert(payload, shape)
    except (msgspec.ValidationError, UnicodeError, OverflowError, RecursionError) as error:
        raise misfit(error, payload) from error
