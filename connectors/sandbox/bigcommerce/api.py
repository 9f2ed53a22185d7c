"""Routes of the BigCommerce dialect: from a request to a status, headers and bytes.

Written from the published API documentation, and where that is silent, the reading that hurts a
connector most: ties come in another order each time, and lines inside an order end at fifty.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from connectors.sandbox import world as states
from connectors.sandbox.answer import Answer
from connectors.sandbox.bigcommerce import payloads
from connectors.sandbox.bigcommerce.query import (
    Cut,
    Refused,
    between,
    by_id,
    by_time,
    cut,
    named,
    whole,
)
from connectors.sandbox.bigcommerce.quota import Quota
from connectors.sandbox.world import Entity, Order, World

# What the control panel calls the scopes of an API account.
SCOPES: Final = ("orders", "customers", "products", "information")
_encode: Final = msgspec.json.Encoder().encode
_NO_CONTENT: Final = 204
Query = Mapping[str, str]


class BigCommerce:
    """One BigCommerce store. `takes_is_deleted`: the orders list knows that parameter."""

    def __init__(self, world: World, token: str, scopes: Sequence[str], quota: Quota) -> None:
        self._world = world
        self._token = token
        self.scopes = frozenset(scopes)
        self.quota = quota
        self.takes_is_deleted = True
        self._asked = 0

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """Answer a request for `path`, what follows the store hash."""
        if not self.quota.take():
            body = {"status": 429, "title": "Too many requests"}
            return Answer(_encode(body), 429, self.quota.headers())
        try:
            self._check(method, headers)
            with self._world.lock:
                self._asked += 1
                found = self._routed(path.strip("/"), dict(parse_qsl(query)))
        except Refused as refusal:
            error: Any = {"status": refusal.status, "title": refusal.title}
            body_of = [error] if path.strip("/").startswith("v2") else error
            return Answer(_encode(body_of), refusal.status, self.quota.headers())
        if found is None:
            return Answer(b"", _NO_CONTENT, self.quota.headers())
        return Answer(_encode(found), 200, self.quota.headers())

    def _check(self, method: str, headers: Mapping[str, str]) -> None:
        if headers.get("x-auth-token") != self._token:
            raise Refused(401, "Unauthorized")
        if method != "GET":
            raise Refused(405, "Method not allowed")

    def _routed(self, path: str, query: Query) -> Any:
        for pattern, scope, handler in self._routes():
            found = re.fullmatch(pattern, path)
            if found:
                if scope not in self.scopes:
                    raise Refused(403, "You don't have a required scope to access the endpoint")
                return handler(query, *map(int, found.groups()))
        raise Refused(404, "The route is not found, check the URL")

    def _routes(self) -> tuple[tuple[str, str, Callable[..., Any]], ...]:
        return (
            ("v2/time", "information", lambda _query: {"time": self._world.clock.now()}),
            ("v2/store", "information", self._store),
            ("v2/orders", "orders", self._orders),
            ("v2/orders/count", "orders", self._count),
            (r"v2/orders/(\d+)", "orders", self._one_order),
            (r"v2/orders/(\d+)/products", "orders", self._lines),
            (r"v2/orders/(\d+)/shipments", "orders", self._shipments),
            (r"v2/orders/(\d+)/shipping_addresses", "orders", self._addresses),
            ("v3/orders/payment_actions/refunds", "orders", self._refunds),
            (r"v3/orders/(\d+)/payment_actions/refunds", "orders", self._refunds_of),
            ("v3/customers", "customers", self._customers),
            ("v3/catalog/products", "products", self._products),
            ("v3/catalog/variants", "products", self._variants),
            ("v3/catalog/categories", "products", self._categories),
        )

    def _store(self, _query: Query) -> dict[str, Any]:
        world = self._world
        return {
            "id": "sandbox",
            "name": world.name,
            "status": "live",
            "currency": world.currency,
            "decimal_places": 2,
            "timezone": {"name": world.time_zone, "raw_offset": 0},
            "plan_name": "Plus",
            "plan_level": "Plus",
            "plan_is_trial": False,
        }

    def _orders(self, query: Query) -> list[Any] | None:
        is_archived = self.takes_is_deleted and query.get("is_deleted") == "true"
        rows: list[Order] = [
            order
            for order in self._world.orders
            if (order.state == states.TRASH) == is_archived
            and order.id >= whole(query.get("min_id", "0"), "min_id")
            and order.id <= whole(query.get("max_id", str(2**62)), "max_id")
        ]
        rows = between(rows, query, "min_date_modified", "max_date_modified", _modified)
        rows = between(
            rows, query, "min_date_created", "max_date_created", lambda one: one.created_at
        )
        sort, _, direction = query.get("sort", "id:asc").partition(":")
        if sort == "date_modified":
            rows = by_time(rows, _modified, str(self._asked))
        elif sort == "date_created":
            rows = by_time(rows, lambda order: order.created_at, str(self._asked))
        else:
            rows = by_id(rows)
        if direction == "desc":
            rows.reverse()
        with_lines = "consignments.line_items" in query.get("include", "")
        return [
            payloads.order(self._world, order, with_lines=with_lines)
            for order in cut(rows, query).rows
            if isinstance(order, Order)
        ] or None

    def _one_order(self, query: Query, order_id: int) -> dict[str, Any]:
        with_lines = "consignments.line_items" in query.get("include", "")
        return payloads.order(self._world, self._order(order_id), with_lines=with_lines)

    def _count(self, _query: Query) -> dict[str, Any]:
        shown = [order for order in self._world.orders if order.state != states.TRASH]
        ids = [payloads.status_of(order) for order in shown]
        return {
            "statuses": [
                {"id": number, "name": name, "count": ids.count(number)}
                for number, name in enumerate(payloads.STATUSES)
            ],
            "count": len(shown),
        }

    def _lines(self, query: Query, order_id: int) -> list[Any] | None:
        order = self._order(order_id)
        start, end = _bounds(query)
        return [payloads.line(order, line) for line in order.lines[start:end]] or None

    def _shipments(self, query: Query, order_id: int) -> list[Any] | None:
        start, end = _bounds(query)
        return payloads.shipments(self._order(order_id))[start:end] or None

    def _addresses(self, query: Query, order_id: int) -> list[Any] | None:
        start, end = _bounds(query)
        return [payloads.shipping_address(self._order(order_id))][start:end] or None

    def _refunds(self, query: Query) -> dict[str, Any]:
        rows = named(self._world.refunds, query, "id:in")
        if "order_id:in" in query:
            orders = {whole(one, "order_id:in") for one in query["order_id:in"].split(",") if one}
            rows = [refund for refund in rows if refund.order_id in orders]
        rows = between(rows, query, "created:min", "created:max", lambda one: one.created_at)
        return _listed(cut(by_id(rows), query), payloads.refund)

    def _refunds_of(self, _query: Query, order_id: int) -> dict[str, Any]:
        return {"data": list(map(payloads.refund, self._order(order_id).refunds)), "meta": {}}

    def _customers(self, query: Query) -> dict[str, Any]:
        rows = named(self._world.customers, query, "id:in")
        rows = between(rows, query, "date_modified:min", "date_modified:max", payloads.changed_at)
        if "after" in query:
            above = int(b64decode(query["after"]).decode().partition(":")[2])
            rows = [person for person in by_id(rows) if person.id > above]
        elif query.get("sort") == "date_modified:asc":
            rows = by_time(rows, payloads.changed_at, str(self._asked))
        else:
            rows = by_id(rows)
        page = cut(rows, query)
        answer = _listed(page, payloads.customer)
        if "after" in query:
            answer["meta"] = {}
        if page.page == 1:
            cursor = b64encode(f"id:{page.rows[-1].id if page.rows else 0}".encode()).decode()
            following = {"next": f"?after={cursor}"} if page.pages > 1 else {}
            answer["meta"]["cursor_pagination"] = {
                "per_page": page.limit,
                "end_cursor": cursor,
                "links": following,
            }
        return answer

    def _products(self, query: Query) -> dict[str, Any]:
        rows = named(self._world.products, query, "id:in")
        above = whole(query.get("id:greater", "0"), "id:greater")
        rows = [product for product in rows if product.id > above]
        rows = between(rows, query, "date_modified:min", "date_modified:max", _modified)
        is_by_time = query.get("sort") == "date_modified"
        rows = by_time(rows, _modified, str(self._asked)) if is_by_time else by_id(rows)
        categories = payloads.categories_of(self._world.products)
        with_variants = "variants" in query.get("include", "")
        return _listed(
            cut(rows, query),
            lambda one: payloads.product(one, categories, with_variants=with_variants),
        )

    def _variants(self, query: Query) -> dict[str, Any]:
        rows = named(self._world.variants, query, "id")
        if "product_id:in" in query:
            owners = {whole(one, "product_id:in") for one in query["product_id:in"].split(",")}
            rows = [variant for variant in rows if variant.product_id in owners]
        products = self._world.products.by_id
        return _listed(
            cut(by_id(rows), query),
            lambda one: payloads.variant(one, products[one.product_id]),
        )

    def _categories(self, query: Query) -> dict[str, Any]:
        names = payloads.categories_of(self._world.products)
        wanted = {int(one) for one in query.get("id:in", "").split(",") if one.isdigit()}
        rows = [
            {"id": number, "name": name}
            for number, name in enumerate(names, start=1)
            if not wanted or number in wanted
        ]
        return {"data": rows, "meta": {"pagination": {"total": len(rows), "total_pages": 1}}}

    def _order(self, order_id: int) -> Order:
        try:
            return self._world.orders.by_id[order_id]
        except KeyError:
            raise Refused(404, "The requested resource was not found.") from None


def _listed(page: Cut, printer: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": list(map(printer, page.rows)),
        "meta": {
            "pagination": {
                "total": page.total,
                "count": len(page.rows),
                "per_page": page.limit,
                "current_page": page.page,
                "total_pages": page.pages,
                "links": {"current": f"?page={page.page}"},
            }
        },
    }


def _modified(entity: Entity) -> int:
    return entity.modified_at


def _bounds(query: Query) -> tuple[int, int]:
    page, limit = whole(query.get("page", "1"), "page"), whole(query.get("limit", "50"), "limit")
    return (page - 1) * limit, page * limit
