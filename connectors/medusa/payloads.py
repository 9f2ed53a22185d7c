"""The answers of Medusa as `lists.py` asks for them, typed.

Amounts are left as they were decoded, and each comes twice: as a JSON number that went through
binary floating point on the server (26.594299999999997) and as `raw_…`, the text it was computed
as. The text counts where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import msgspec

from connectors.errors import BadRecord
from connectors.values import MAX_AMOUNT
from connectors.wording import misfit

# Added by us to every variant: whose price is the product's, so that it can be mapped again later.
CONTEXT_FIELD: Final = "_store"

Time = Annotated[datetime, msgspec.Meta(tz=True)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    """Base: fields we did not ask for are ignored."""


class StoreContext(_Payload, frozen=True, kw_only=True):
    """`currency`: of the prices that count, upper case."""

    currency: str | None = None


class AddressPart(_Payload, frozen=True, kw_only=True):
    """An address; `country_code`: two letters, lower case."""

    id: str = ""
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None
    is_default_billing: bool | None = None
    is_default_shipping: bool | None = None
    created_at: Time | None = None


class CustomerPayload(_Payload, frozen=True, kw_only=True):
    """An element of `customers`. A guest, or one the staff made, has no account."""

    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    phone: str | None = None
    has_account: bool | None = None
    created_at: Time | None = None
    updated_at: Time | None = None
    deleted_at: Time | None = None
    addresses: list[AddressPart] | None = None


class Category(_Payload, frozen=True, kw_only=True):
    """A category of the catalogue; a product may be in several."""

    id: str = ""
    name: str | None = None


class Titled(_Payload, frozen=True, kw_only=True):
    """A collection (`title`) or a product type (`value`)."""

    title: str | None = None
    value: str | None = None


class ProductPart(_Payload, frozen=True, kw_only=True):
    """The product of a variant. `status`: draft, proposed, published, rejected."""

    id: str
    title: str | None = None
    description: str | None = None
    status: str | None = None
    updated_at: Time | None = None
    deleted_at: Time | None = None
    categories: list[Category] | None = None
    collection: Titled | None = None
    type: Titled | None = None


class Price(_Payload, frozen=True, kw_only=True):
    """A price of a variant. `rules`: for whom it is, empty for everybody."""

    amount: Any = None
    raw_amount: Any = None
    currency_code: str | None = None
    min_quantity: Any = None
    rules: Mapping[str, Any] | None = None


class VariantPayload(_Payload, frozen=True, kw_only=True):
    """An element of `variants`, with the product it belongs to."""

    id: str
    title: str | None = None
    sku: str | None = None
    product_id: str | None = None
    created_at: Time | None = None
    updated_at: Time | None = None
    deleted_at: Time | None = None
    product: ProductPart | None = None
    prices: list[Price | None] | None = None
    store: StoreContext = msgspec.field(default_factory=StoreContext, name=CONTEXT_FIELD)


class Person(_Payload, frozen=True, kw_only=True):
    """The customer of an order; missing once deleted."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    phone: str | None = None


class Line(_Payload, frozen=True, kw_only=True):
    """A line. `total`: with tax, after discounts and received returns."""

    id: str
    title: str | None = None
    product_title: str | None = None
    variant_title: str | None = None
    variant_id: str | None = None
    variant_sku: str | None = None
    quantity: Any = None
    unit_price: Any = None
    raw_unit_price: Any = None
    total: Any = None
    raw_total: Any = None
    tax_total: Any = None
    raw_tax_total: Any = None


class Capture(_Payload, frozen=True, kw_only=True):
    """Money taken."""

    amount: Any = None
    raw_amount: Any = None


class RefundPart(_Payload, frozen=True, kw_only=True):
    """Money given back; `note`: as the staff typed it."""

    id: str
    amount: Any = None
    raw_amount: Any = None
    created_at: Time | None = None
    note: str | None = None


class Payment(_Payload, frozen=True, kw_only=True):
    """`amount`: authorized. `captured_at`: null until all of it is captured."""

    amount: Any = None
    raw_amount: Any = None
    captured_at: Time | None = None
    captures: list[Capture | None] | None = None
    refunds: list[RefundPart | None] | None = None


class PaymentCollection(_Payload, frozen=True, kw_only=True):
    """The payments of an order; one that was edited after payment has several collections."""

    payments: list[Payment | None] | None = None


class Label(_Payload, frozen=True, kw_only=True):
    """A parcel's label."""

    tracking_number: str | None = None


class Fulfillment(_Payload, frozen=True, kw_only=True):
    """A parcel: packed, then shipped, then delivered, or canceled."""

    created_at: Time | None = None
    shipped_at: Time | None = None
    delivered_at: Time | None = None
    canceled_at: Time | None = None
    labels: list[Label | None] | None = None


class OrderPayload(_Payload, frozen=True, kw_only=True):
    """An element of `orders`. `total`: now, after refunds; see `order_mapping`.

    The subtotals are before tax. (`subtotal` has the shipping in it, `shipping_total` the tax.)
    """

    id: str
    status: str
    created_at: Time
    currency_code: str
    total: Any
    raw_total: Any = None
    updated_at: Time | None = None
    canceled_at: Time | None = None
    display_id: Number | str | None = None
    custom_display_id: Number | str | None = None
    is_draft_order: bool | None = None
    payment_status: str | None = None
    fulfillment_status: str | None = None
    email: str | None = None
    customer_id: str | None = None
    item_subtotal: Any = None
    raw_item_subtotal: Any = None
    shipping_subtotal: Any = None
    raw_shipping_subtotal: Any = None
    tax_total: Any = None
    raw_tax_total: Any = None
    discount_subtotal: Any = None
    raw_discount_subtotal: Any = None
    customer: Person | None = None
    billing_address: AddressPart | None = None
    shipping_address: AddressPart | None = None
    items: list[Line | None] | None = None
    payment_collections: list[PaymentCollection | None] | None = None
    fulfillments: list[Fulfillment | None] | None = None


Shape = TypeVar("Shape", bound=_Payload)


def read_payload(payload: Any, shape: type[Shape]) -> Shape:
    """Return `payload` as `shape`; raises BadRecord naming the first field that is wrong."""
    try:
        return msgspec.convert(payload, shape)
    except (msgspec.ValidationError, UnicodeError, OverflowError, RecursionError) as error:
        raise misfit(error, payload) from error


def exact(value: Any, raw: Any, what: str) -> Decimal:
    """Return an amount with all its digits: the text of `raw` where there is one, else `value`.

    None of both is 0. Raises BadRecord for what is no amount, or one that went through a float.
    """
    told = raw.get("value") if isinstance(raw, Mapping) else None
    told = value if told is None else told
    if told is None:
        return Decimal(0)
    if isinstance(told, (bool, float)) or not isinstance(told, (int, str, Decimal)):
        raise BadRecord(
            f"{what} is no amount but a {type(told).__name__}", code="bad_amount", field=what
        )
    try:
        found = Decimal(told.strip() if isinstance(told, str) else told)
    except ArithmeticError as error:
        raise BadRecord(
            f"{what} is no amount: {str(told)[:40]!r}", code="bad_amount", field=what
        ) from error
    # Not quoted: Python refuses to write out the longest of them.
    if not found.is_finite() or not -MAX_AMOUNT <= found <= MAX_AMOUNT:
        raise BadRecord(f"{what} is out of range", code="bad_amount", field=what)
    return found
