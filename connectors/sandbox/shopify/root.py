"""The fields of QueryRoot: lists with their filters and sort keys, counts, the shop, the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLError

from connectors.sandbox import world as states
from connectors.sandbox.shopify import payloads
from connectors.sandbox.shopify.connections import Payload, connection
from connectors.sandbox.shopify.search import Search, matcher, parse
from connectors.sandbox.world import Customer, Line, Order, Product, Shelf, Variant, World

SIXTY_DAYS: Final = 60 * 86_400
_SORTED: Final = ("UPDATED_AT", "CREATED_AT", "PROCESSED_AT")
_TIMES: Final[dict[str, Callable[[Any], int]]] = {
    "updated_at": lambda entity: entity.modified_at or entity.created_at,
    "created_at": lambda entity: entity.created_at,
    "processed_at": lambda entity: entity.created_at,
}


@dataclass(frozen=True)
class Kind:
    """How one root list is filtered. `scope`: what the token needs for it."""

    name: str
    scope: str
    words: dict[str, Callable[[Any], set[str]]]
    by_day: frozenset[str] = frozenset()


def _order_states(order: Order) -> set[str]:
    is_closed = order.state == states.COMPLETED
    if order.cancelled_at:
        return {"cancelled", "any"} | ({"closed"} if is_closed else {"not_closed"})
    return {"closed", "any"} if is_closed else {"open", "not_closed", "any"}


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
        "status": lambda product: {payloads.STATUSES.get(product.state, "ACTIVE").lower()},
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
    },
)


class Root:
    """Root value and context of one request."""

    def __init__(self, world: World, made: payloads.Payloads, scopes: Sequence[str]) -> None:
        self._world = world
        self._made = made
        self._scopes = scopes
        self.search_warnings: list[dict[str, Any]] = []

    def orders(self, info: Any, **arguments: Any) -> Payload:
        """Answer `orders`, oldest processing first unless sorted otherwise."""
        return self._list(info, ORDERS, self._world.orders, self._made.order, arguments)

    def customers(self, info: Any, **arguments: Any) -> Payload:
        """Answer `customers`."""
        return self._list(info, CUSTOMERS, self._world.customers, self._made.customer, arguments)

    def products(self, info: Any, **arguments: Any) -> Payload:
        """Answer `products`; only active ones unless a status is asked for."""
        return self._list(info, PRODUCTS, self._world.products, self._made.product, arguments)

    # The rest are named as the schema names them: graphql-core looks them up by that name.
    def productVariants(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `productVariants`, which cannot be sorted by time."""
        return self._list(info, VARIANTS, self._world.variants, self._made.variant, arguments)

    def ordersCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `ordersCount`."""
        return self._count(info, ORDERS, self._world.orders, arguments)

    def customersCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `customersCount`."""
        return self._count(info, CUSTOMERS, self._world.customers, arguments)

    def productsCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `productsCount`."""
        return self._count(info, PRODUCTS, self._world.products, arguments)

    def productVariantsCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `productVariantsCount`."""
        return self._count(info, VARIANTS, self._world.variants, arguments)

    def order(self, info: Any, id: str) -> Payload | None:  # noqa: A002 - GraphQL's name
        """Answer `order`."""
        self._need(ORDERS.scope, info)
        found = self._world.orders.by_id.get(_number(id))
        return self._made.order(found) if found and self._reaches(found) else None

    def customer(self, info: Any, id: str) -> Payload | None:  # noqa: A002 - GraphQL's name
        """Answer `customer`."""
        self._need(CUSTOMERS.scope, info)
        found = self._world.customers.by_id.get(_number(id))
        return self._made.customer(found) if found else None

    def product(self, info: Any, id: str) -> Payload | None:  # noqa: A002 - GraphQL's name
        """Answer `product`."""
        self._need(PRODUCTS.scope, info)
        found = self._world.products.by_id.get(_number(id))
        return self._made.product(found) if found else None

    def shop(self, _info: Any) -> Payload:
        """Answer `shop`."""
        return {
            "id": payloads.gid("Shop", 1),
            "name": self._world.name,
            "email": "owner@example.com",
            "contactEmail": "owner@example.com",
            "myshopifyDomain": "harbor-and-oak.myshopify.com",
            "currencyCode": self._world.currency,
            "ianaTimezone": self._world.time_zone,
            "enabledPresentmentCurrencies": [self._world.currency, "CAD", "GBP", "JPY"],
            "taxesIncluded": False,
            "orderNumberFormatPrefix": "#",
            "orderNumberFormatSuffix": "",
        }

    def currentAppInstallation(self, _info: Any) -> Payload:  # noqa: N802
        """Answer `currentAppInstallation`."""
        return {
            "id": payloads.gid("AppInstallation", 1),
            "accessScopes": [
                {"handle": scope, "description": scope.replace("_", " ")} for scope in self._scopes
            ],
        }

    def customer_of(self, order: Order, info: Any) -> Payload | None:
        """Return the customer of `order`; None for a guest or somebody deleted since."""
        self._need(CUSTOMERS.scope, info)
        found: Customer | None = self._world.customers.by_id.get(order.customer_id)
        return self._made.customer(found) if found else None

    def variant_of(self, line: Line) -> Payload | None:
        """Return the variant a line was sold from, None when there never or no longer is one."""
        found: Variant | None = self._world.variants.by_id.get(line.variant_id)
        return self._made.variant(found) if found else None

    def _list(
        self,
        info: Any,
        kind: Kind,
        shelf: Shelf[Any],
        payload: Callable[[Any], Payload],
        arguments: dict[str, Any],
    ) -> Payload:
        self._need(kind.scope, info)
        sort = arguments.pop("sortKey", None) or "ID"
        arguments.pop("savedSearchId", None)
        key = _TIMES[sort.lower()] if sort in _SORTED else _identity
        rows, pairs = shelf.ordered(sort, key)
        matches = self._matcher(info, kind, arguments.pop("query", None))
        kept = [(row, pair) for row, pair in zip(rows, pairs, strict=True) if matches(row)]
        return connection(
            [row for row, _ in kept], [pair for _, pair in kept], payload, sort=sort, **arguments
        )

    def _count(
        self, info: Any, kind: Kind, shelf: Shelf[Any], arguments: dict[str, Any]
    ) -> Payload:
        self._need(kind.scope, info)
        matches = self._matcher(info, kind, arguments.get("query"))
        count = sum(1 for entity in shelf if matches(entity))
        limit = arguments.get("limit")
        if limit is not None and count > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": count, "precision": "EXACT"}

    def _matcher(self, info: Any, kind: Kind, query: str | None) -> Callable[[Any], bool]:
        words = dict(kind.words)
        if kind is VARIANTS:
            words["product_status"] = self._product_status
        search = parse(query, frozenset(words) | frozenset(_TIMES))
        self._warn(info, query, search)
        matches = matcher(search, _TIMES, words, by_day=kind.by_day)
        if kind is ORDERS:
            return lambda order: self._reaches(order) and matches(order)
        if kind is PRODUCTS and "status" not in search.names():
            return lambda product: product.state == "publish" and matches(product)
        return matches

    def _product_status(self, variant: Variant) -> set[str]:
        product: Product = self._world.products.by_id[variant.product_id]
        return {payloads.STATUSES.get(product.state, "ACTIVE").lower()}

    def _reaches(self, order: Order) -> bool:
        """Whether the token sees the order: without read_all_orders, only the last 60 days."""
        return (
            "read_all_orders" in self._scopes
            or order.created_at >= self._world.clock.now() - SIXTY_DAYS
        )

    def _need(self, scope: str, info: Any) -> None:
        if scope not in self._scopes:
            needed = f"`{scope}` access scope."
            raise GraphQLError(
                f"Access denied for {info.field_name} field. Required access: {needed}",
                extensions={"code": "ACCESS_DENIED", "requiredAccess": needed},
            )

    def _warn(self, info: Any, query: str | None, search: Search) -> None:
        if search.warnings:
            self.search_warnings.append(
                {"path": [info.path.key], "query": query, "warnings": search.warnings}
            )


def _identity(_entity: Any) -> int:
    return 0


def _number(identifier: str) -> int:
    tail = identifier.rpartition("/")[2]
    if not tail.isdigit():
        raise GraphQLError(f"Invalid global id '{identifier}'")
    return int(tail)
