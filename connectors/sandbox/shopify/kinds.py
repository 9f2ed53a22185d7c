"""The lists of the Shopify dialect: what each can be filtered by, and which rows it has.

Products show only active ones unless a status is asked for; orders end sixty days back for a token
without `read_all_orders`, with no word of it in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.sandbox import world as states
from connectors.sandbox.shopify import payloads
from connectors.sandbox.shopify.search import Search, matcher, parse
from connectors.sandbox.world import Order, Product, Shelf, Variant, World

SIXTY_DAYS: Final = 60 * 86_400
MOST_KEPT: Final = 64
_SORTED: Final = frozenset({"UPDATED_AT", "CREATED_AT", "PROCESSED_AT"})
_TIMES: Final[dict[str, Callable[[Any], int]]] = {
    "updated_at": lambda entity: entity.modified_at or entity.created_at,
    "created_at": lambda entity: entity.created_at,
    "processed_at": lambda entity: entity.created_at,
}
Words = dict[str, Callable[[Any], set[str]]]


@dataclass(frozen=True)
class Kind:
    """How one root list is filtered. `scope`: what the token needs for it."""

    name: str
    scope: str
    words: Words
    by_day: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Selected:
    """The rows of a list, their sort values and ids, and what the search did not understand."""

    rows: Sequence[Any]
    pairs: Sequence[tuple[int, int]]
    search: Search


def _order_states(order: Order) -> set[str]:
    told = {"any", "closed" if order.state == states.COMPLETED else "not_closed"}
    if order.cancelled_at:
        told.add("cancelled")
    elif order.state != states.COMPLETED:
        told.add("open")
    return told


ORDERS: Final = Kind(
    "orders",
    "read_orders",
    {
        "status": _order_states,
        "test": lambda order: {str(order.is_test).lower()},
        "financial_status": lambda order: {payloads.financial_status(order).lower(), "any"},
        "fulfillment_status": lambda order: {payloads.fulfillment_status(order).lower(), "any"},
        "email": lambda order: {order.email.lower()},
        "name": lambda order: {f"#{order.number}", order.number},
        "id": lambda order: {str(order.id)},
    },
)
CUSTOMERS: Final = Kind(
    "customers",
    "read_customers",
    {
        "email": lambda customer: {customer.email.lower()},
        "id": lambda customer: {str(customer.id)},
    },
    # Documented as matching a whole day, whatever time is written behind it.
    by_day=frozenset({"updated_at"}),
)
PRODUCTS: Final = Kind(
    "products",
    "read_products",
    {
        "status": lambda product: {_product_status(product)},
        "id": lambda product: {str(product.id)},
        "product_type": lambda product: {product.category.lower()},
    },
)
VARIANTS: Final = Kind(
    "productVariants",
    "read_products",
    {
        "sku": lambda variant: {variant.sku.lower()},
        "id": lambda variant: {str(variant.id)},
        "product_id": lambda variant: {str(variant.product_id)},
        "product_status": lambda _variant: set(),  # the selector knows the product
    },
)


class Selector:
    """Picks the rows of a list and keeps them from page to page while nothing changed."""

    def __init__(self, world: World, scopes: Sequence[str]) -> None:
        self._world = world
        self._sees_all_orders = "read_all_orders" in scopes
        self._kept: dict[tuple[object, ...], Selected] = {}

    def select(self, kind: Kind, sort: str, query: str | None) -> Selected:
        """Return the rows of `kind` that `query` lets through, ascending by `sort` and id.

        Raises InternalError for a query the real service chokes on.
        """
        world = self._world
        # The sixty days move with the clock.
        now = 0 if self._sees_all_orders else world.clock.now()
        changes = (shelf.revision for shelf in self._shelves().values())
        key = (kind.name, sort, query, now, *changes)
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            known = self._kept[key] = self._fresh(kind, sort, query)
        return known

    def reaches(self, order: Order) -> bool:
        """Whether the token may see the order at all."""
        return self._sees_all_orders or order.created_at >= self._world.clock.now() - SIXTY_DAYS

    def _fresh(self, kind: Kind, sort: str, query: str | None) -> Selected:
        words = dict(kind.words)
        if kind is VARIANTS:
            words["product_status"] = self._status_of_variant
        search = parse(query, frozenset(words) | frozenset(_TIMES))
        matches = matcher(search, _TIMES, words, by_day=kind.by_day)
        is_default = kind is PRODUCTS and "status" not in search.names()
        key = _TIMES[sort.lower()] if sort in _SORTED else _no_value
        rows, pairs = self._shelves()[kind.name].ordered(sort if sort in _SORTED else "ID", key)
        kept = [
            (row, pair)
            for row, pair in zip(rows, pairs, strict=True)
            if matches(row)
            and (kind is not ORDERS or self.reaches(row))
            and (not is_default or row.state == "publish")
        ]
        return Selected([row for row, _ in kept], [pair for _, pair in kept], search)

    def _shelves(self) -> dict[str, Shelf[Any]]:
        world = self._world
        return {
            ORDERS.name: world.orders,
            CUSTOMERS.name: world.customers,
            PRODUCTS.name: world.products,
            VARIANTS.name: world.variants,
        }

    def _status_of_variant(self, variant: Variant) -> set[str]:
        return {_product_status(self._world.products.by_id[variant.product_id])}


def _product_status(product: Product) -> str:
    return payloads.STATUSES.get(product.state, "ACTIVE").lower()


def _no_value(_entity: Any) -> int:
    return 0
