"""The fields of QueryRoot: lists, counts, single objects, the shop, the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

from connectors.sandbox.shopify import payloads
from connectors.sandbox.shopify.connections import Payload, connection
from connectors.sandbox.shopify.kinds import (
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    VARIANTS,
    Kind,
    Selected,
    Selector,
)
from connectors.sandbox.world import Customer, Line, Order, Variant, World


class Root:
    """Root value and context of one request."""

    def __init__(
        self, world: World, made: payloads.Payloads, selector: Selector, scopes: Sequence[str]
    ) -> None:
        self._world = world
        self._made = made
        self._selector = selector
        self._scopes = scopes
        self.search_warnings: list[dict[str, Any]] = []

    def orders(self, info: Any, **arguments: Any) -> Payload:
        """Answer `orders`, which are sorted by PROCESSED_AT unless told otherwise."""
        return self._list(info, ORDERS, self._made.order, arguments)

    def customers(self, info: Any, **arguments: Any) -> Payload:
        """Answer `customers`."""
        return self._list(info, CUSTOMERS, self._made.customer, arguments)

    def products(self, info: Any, **arguments: Any) -> Payload:
        """Answer `products`; only active ones unless a status is asked for."""
        return self._list(info, PRODUCTS, self._made.product, arguments)

    # The rest are named as the schema names them: graphql-core looks them up by that name.
    def productVariants(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `productVariants`, which cannot be sorted by time."""
        return self._list(info, VARIANTS, self._made.variant, arguments)

    def ordersCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `ordersCount`."""
        return self._count(info, ORDERS, arguments)

    def customersCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `customersCount`."""
        return self._count(info, CUSTOMERS, arguments)

    def productsCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `productsCount`."""
        return self._count(info, PRODUCTS, arguments)

    def productVariantsCount(self, info: Any, **arguments: Any) -> Payload:  # noqa: N802
        """Answer `productVariantsCount`."""
        return self._count(info, VARIANTS, arguments)

    def order(self, info: Any, id: str) -> Payload | None:  # noqa: A002 - GraphQL's name
        """Answer `order`."""
        self._need(ORDERS.scope, info)
        found = self._world.orders.by_id.get(_number(id))
        return self._made.order(found) if found and self._selector.reaches(found) else None

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
        payload: Callable[[Any], Payload],
        arguments: dict[str, Any],
    ) -> Payload:
        sort = arguments.pop("sortKey", None) or "ID"
        arguments.pop("savedSearchId", None)
        selected = self._select(info, kind, sort, arguments.pop("query", None))
        return connection(selected.rows, selected.pairs, payload, sort=sort, **arguments)

    def _count(self, info: Any, kind: Kind, arguments: dict[str, Any]) -> Payload:
        count = len(self._select(info, kind, "ID", arguments.get("query")).rows)
        limit = arguments.get("limit")
        if limit is not None and count > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": count, "precision": "EXACT"}

    def _select(self, info: Any, kind: Kind, sort: str, query: str | None) -> Selected:
        self._need(kind.scope, info)
        selected = self._selector.select(kind, sort, query)
        if selected.search.warnings:
            self.search_warnings.append(
                {"path": [info.path.key], "query": query, "warnings": selected.search.warnings}
            )
        return selected

    def _need(self, scope: str, info: Any) -> None:
        if scope not in self._scopes:
            needed = f"`{scope}` access scope."
            raise GraphQLError(
                f"Access denied for {info.field_name} field. Required access: {needed}",
                extensions={"code": "ACCESS_DENIED", "requiredAccess": needed},
            )


def _number(identifier: str) -> int:
    tail = identifier.rpartition("/")[2]
    if not tail.isdigit():
        raise GraphQLError(f"Invalid global id '{identifier}'")
    return int(tail)
