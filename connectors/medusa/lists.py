"""The lists of the Admin API a stream is read from, and what is asked for of each record.

Medusa leaves out unknown fields in silence and adds whole relations where one is named with a star,
so these lists are exact: with its own defaults an order has no currency, and with every relation a
hundred orders weigh five megabytes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from connectors.records import Stream

_ADDRESS: Final = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "province",
    "postal_code", "country_code", "phone",
)  # fmt: skip
_MONEY: Final = (
    "total", "item_subtotal", "shipping_subtotal", "tax_total", "discount_subtotal",
)  # fmt: skip
_PAYMENTS: Final = "payment_collections.payments"


def _all_of(relation: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{relation}.{name}" for name in names)


_CUSTOMER: Final = (
    "id", "email", "first_name", "last_name", "company_name", "phone", "has_account",
    "created_at", "updated_at", "deleted_at",
    *_all_of("addresses", ("id", "is_default_billing", "is_default_shipping", "created_at")),
    *_all_of("addresses", _ADDRESS),
)  # fmt: skip
_VARIANT: Final = ("id", "title", "sku", "product_id", "created_at", "updated_at", "deleted_at")
_PRODUCT: Final = (
    "id", "title", "description", "status", "updated_at", "deleted_at",
    "categories.id", "categories.name", "collection.title", "type.value",
)  # fmt: skip
_ORDER: Final = (
    "id", "display_id", "custom_display_id", "is_draft_order", "status", "created_at",
    "updated_at", "canceled_at", "currency_code", "email", "customer_id",
    *_MONEY, *(f"raw_{name}" for name in _MONEY),
    *_all_of("customer", ("id", "first_name", "last_name", "company_name", "phone")),
    *_all_of("billing_address", _ADDRESS), *_all_of("shipping_address", _ADDRESS),
    "*items",
    *_all_of("payment_collections", ("id", "status", "updated_at")),
    *_all_of(_PAYMENTS, ("id", "amount", "raw_amount", "captured_at", "canceled_at")),
    *_all_of(f"{_PAYMENTS}.captures", ("id", "amount", "raw_amount", "created_at")),
    *_all_of(f"{_PAYMENTS}.refunds", ("id", "amount", "raw_amount", "created_at", "note")),
    *_all_of("fulfillments", ("id", "shipped_at", "delivered_at", "canceled_at", "created_at")),
    "fulfillments.labels.tracking_number",
)  # fmt: skip


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A list: GET /admin/<path> has its records under `key`, one of them under `single`.

    `single` None: there is no route for one record. `options`: further fixed parameters.
    """

    path: str
    key: str
    fields: tuple[str, ...]
    single: str | None = None
    options: tuple[tuple[str, str], ...] = ()


LISTINGS: Final = {
    Stream.CUSTOMERS: Listing(
        path="customers", key="customers", single="customer", fields=_CUSTOMER
    ),
    Stream.PRODUCTS: Listing(
        path="product-variants",
        key="variants",
        fields=(*_VARIANT, *_all_of("product", _PRODUCT), "*prices"),
    ),
    Stream.ORDERS: Listing(path="orders", key="orders", single="order", fields=_ORDER),
}
# A product's name, status and deletion do not move its variants' times, only its own.
PRODUCTS: Final = Listing(
    path="products",
    key="products",
    fields=(*_PRODUCT, *_all_of("variants", _VARIANT), "*variants.prices"),
    options=(("with_deleted", "true"),),
)
# The only list that tells of captures and refunds, which leave their order's time alone.
PAYMENTS: Final = Listing(
    path="payments",
    key="payments",
    fields=("id", "payment_collection.updated_at", "payment_collection.order.id"),
)
IDENTITY: Final = ("id", "updated_at")


def variants_of(product: Any) -> list[Any]:
    """Return a product of `PRODUCTS` as elements of the list of variants."""
    if not isinstance(product, dict) or not isinstance(product.get("variants"), list):
        return []
    owner = {name: value for name, value in product.items() if name != "variants"}
    return [
        {**variant, "product": owner} if isinstance(variant, dict) else variant
        for variant in product["variants"]
    ]


def is_deleted(variant: Any) -> bool:
    """Say whether a variant of `variants_of` was deleted, alone or with its product."""
    if not isinstance(variant, dict):
        return False
    owner = variant.get("product")
    return bool(variant.get("deleted_at") or (isinstance(owner, dict) and owner.get("deleted_at")))
