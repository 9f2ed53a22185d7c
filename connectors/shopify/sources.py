"""The lists a store is read from: which documents, which filter, which elements.

Products come as their variants, and a variant can change without its product and the other way
round, so that an increment has two lists to go through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from connectors.base import Window
from connectors.records import Stream
from connectors.shopify.windows import daily_filter, exact_filter

# Without naming all four, only ACTIVE products come.
_EVERY_STATUS: Final = "status:active,draft,archived,unlisted"
# How many elements to begin with, at which the published cost rules allow the query at worst.
SAFE_PAGES: Final = {
    "customers": 200,
    "products": 12,
    "changed_variants": 150,
    "orders": 10,
    "orders_placed": 60,
    "customers_by_id": 200,
    "variants_by_id": 150,
    "orders_by_id": 10,
}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One list. `name`: its paged document; `bulk`: the same for a bulk operation.

    `root`: the connection; `count`: the document that counts, `count_root` its field. `children`:
    the connection inside an element whose rows a bulk operation delivers apart. `newest_first`:
    increments come in descending order, since the filter is too coarse to begin at their start.
    """

    stream: Stream
    name: str
    root: str
    bulk: str
    count: str
    count_root: str
    filter: Callable[[Window], str | None]
    children: str | None = None
    newest_first: bool = False


def _any_product(window: Window) -> str:
    return f"{_EVERY_STATUS} AND {exact_filter(window)}"


CUSTOMERS: Final = Source(
    stream=Stream.CUSTOMERS,
    name="customers",
    root="customers",
    bulk="bulk_customers",
    count="count_customers",
    count_root="customersCount",
    filter=daily_filter,
    newest_first=True,
)
PRODUCTS: Final = Source(
    stream=Stream.PRODUCTS,
    name="products",
    root="products",
    bulk="bulk_products",
    count="count_products",
    count_root="productsCount",
    filter=_any_product,
    children="variants",
)
VARIANTS: Final = Source(
    stream=Stream.PRODUCTS,
    name="changed_variants",
    root="productVariants",
    bulk="bulk_variants",
    count="count_variants",
    count_root="productVariantsCount",
    filter=exact_filter,
)
ORDERS: Final = Source(
    stream=Stream.ORDERS,
    name="orders",
    root="orders",
    bulk="bulk_orders",
    count="count_orders",
    count_root="ordersCount",
    filter=exact_filter,
    children="lineItems",
)


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """How the records of a stream are called: `kind` in global ids, and documents about ids."""

    kind: str
    by_id: str
    ids: str
    bulk_ids: str
    counted: Source


NAMES: Final[Mapping[Stream, Names]] = {
    Stream.CUSTOMERS: Names(
        kind="Customer",
        by_id="customers_by_id",
        ids="customer_ids",
        bulk_ids="bulk_customer_ids",
        counted=CUSTOMERS,
    ),
    Stream.PRODUCTS: Names(
        kind="ProductVariant",
        by_id="variants_by_id",
        ids="variant_ids",
        bulk_ids="bulk_variant_ids",
        counted=VARIANTS,
    ),
    Stream.ORDERS: Names(
        kind="Order",
        by_id="orders_by_id",
        ids="order_ids",
        bulk_ids="bulk_order_ids",
        counted=ORDERS,
    ),
}
