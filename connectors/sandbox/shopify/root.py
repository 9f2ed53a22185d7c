"""The fields of QueryRoot: lists, counts, single objects, the shop, the app."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from connectors.sandbox.shopify import payloads
from connectors.sandbox.shopify.bulk import BulkOperations
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
from connectors.sandbox.shopify.search import matcher, parse
from connectors.sandbox.world import Customer, Destroyed, Line, Order, Variant, World


@dataclass
class Rows:
    """Which rows of its root connection a bulk operation is at; `selected` once they are known."""

    start: int = 0
    size: int = 0
    selected: Selected | None = None


class Root:
    """Root value and context of one request. `rows`: for a bulk operation, the part it is at."""

    def __init__(
        self,
        world: World,
        made: payloads.Payloads,
        selector: Selector,
        scopes: Sequence[str],
        bulk: BulkOperations,
        rows: Rows | None = None,
    ) -> None:
        self.version = ""
        self.storage_url = ""
        self.is_bulk = rows is not None
        self._rows = rows
        self._bulk = bulk
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
    def productVariants(self, info: Any, **arguments: Any) -> Payload:
        """Answer `productVariants`, which cannot be sorted by time."""
        return self._list(info, VARIANTS, self._made.variant, arguments)

    def ordersCount(self, info: Any, **arguments: Any) -> Payload:
        """Answer `ordersCount`."""
        return self._count(info, ORDERS, arguments)

    def customersCount(self, info: Any, **arguments: Any) -> Payload:
        """Answer `customersCount`."""
        return self._count(info, CUSTOMERS, arguments)

    def productsCount(self, info: Any, **arguments: Any) -> Payload:
        """Answer `productsCount`."""
        return self._count(info, PRODUCTS, arguments)

    def productVariantsCount(self, info: Any, **arguments: Any) -> Payload:
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

    def nodes(self, info: Any, ids: Sequence[str]) -> list[Any]:
        """Answer `nodes`: null for what is gone, an error in the place of what is forbidden."""
        return [self._node(info, identifier) for identifier in ids]

    def node(self, info: Any, id: str) -> Any:  # noqa: A002 - GraphQL's name
        """Answer `node`."""
        return self._node(info, id)

    def bulkOperation(self, _info: Any, id: str) -> Payload | None:  # noqa: A002 - GraphQL's
        """Answer `bulkOperation`."""
        return self._bulk.look(_number(id))

    def bulkOperations(self, _info: Any, **arguments: Any) -> Payload:
        """Answer `bulkOperations`, newest first."""
        known = sorted(self._bulk.operations)
        pairs = [(number, number) for number in known]
        paging = {name: arguments.get(name) for name in ("first", "last", "after", "before")}
        return connection(
            known,
            pairs,
            lambda number: self._bulk.look(number) or {},
            sort="CREATED_AT",
            reverse=True,
            **paging,
        )

    def bulkOperationRunQuery(
        self,
        _info: Any,
        query: str,
        groupObjects: bool = False,  # noqa: ARG002, FBT001, FBT002, N803 - GraphQL's name
    ) -> Payload:
        """Answer `bulkOperationRunQuery`; rows are never grouped here."""
        return self._bulk.run(query, self.version)

    def events(self, _info: Any, **arguments: Any) -> Payload:
        """Answer `events`: the sandbox knows of deletions only."""
        search = parse(arguments.get("query"), frozenset(_EVENT_WORDS) | {"created_at"})
        matches = matcher(search, {"created_at": lambda event: event.at}, _EVENT_WORDS)
        events = [event for event in self._world.destroyed if matches(event)]
        paging = {name: arguments.get(name) for name in ("first", "last", "after", "before")}
        pairs = [(event.id, event.id) for event in events]
        return connection(
            events,
            pairs,
            _event,
            sort="ID",
            reverse=bool(arguments.get("reverse")),
            **paging,
        )

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

    def currentAppInstallation(self, _info: Any) -> Payload:
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

    def _node(self, info: Any, identifier: str) -> Any:
        found = _GID.fullmatch(identifier)
        if found is None:
            raise GraphQLError(f"Invalid global id '{identifier}'")
        name, number = found[1], int(found[2])
        if name == "BulkOperation":
            return self._bulk.look(number)
        kind, payload = {
            "Order": (ORDERS, self.order),
            "Customer": (CUSTOMERS, self.customer),
            "Product": (PRODUCTS, self.product),
            "ProductVariant": (VARIANTS, self._variant),
        }.get(name, (None, None))
        if kind is None or payload is None:
            return None
        try:
            self._need(kind.scope, info)
        except GraphQLError as error:
            # In its place of the list, so that the other nodes come all the same.
            return error
        return payload(info, identifier)

    def _variant(self, _info: Any, identifier: str) -> Payload | None:
        found = self._world.variants.by_id.get(_number(identifier))
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
        query = arguments.pop("query", None)
        if self._rows is not None:
            rows = self._rows
            rows.selected = rows.selected or self._select(info, kind, sort, query)
            some = rows.selected.rows[rows.start : rows.start + rows.size]
            pairs = [(row.id, row.id) for row in some]
            return connection(some, pairs, payload, sort=sort, first=len(some))
        selected = self._select(info, kind, sort, query)
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


_GID = re.compile(r"gid://shopify/(\w+)/(\d+)")
_EVENT_WORDS: dict[str, Callable[[Any], set[str]]] = {
    "action": lambda _event: {"destroy"},
    "subject_type": lambda event: {event.kind.lower()},
    "comments": lambda _event: {"true", "false"},
}


def _event(event: Destroyed) -> Payload:
    return {
        "__typename": "BasicEvent",
        "id": payloads.gid("BasicEvent", event.id),
        "action": "destroy",
        "createdAt": payloads.time(event.at),
        "subjectId": payloads.gid(event.kind, event.subject_id),
        "subjectType": event.kind.upper(),
        "message": f"{event.kind} deleted",
        "appTitle": None,
        "attributeToApp": False,
        "attributeToUser": True,
        "criticalAlert": False,
    }


def _number(identifier: str) -> int:
    tail = identifier.rpartition("/")[2]
    if not tail.isdigit():
        raise GraphQLError(f"Invalid global id '{identifier}'")
    return int(tail)
