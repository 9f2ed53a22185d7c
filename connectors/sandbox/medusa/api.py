"""Routes of the Medusa dialect: from a request to a status and bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from connectors.sandbox import world as states
from connectors.sandbox.answer import Answer
from connectors.sandbox.medusa import payloads
from connectors.sandbox.medusa.query import ListQuery, Refused, read
from connectors.sandbox.world import Order, Product, World

_encode: Final = msgspec.json.Encoder().encode
_TIMES: Final = ("id", "created_at", "updated_at")
_ALWAYS: Final = frozenset({"id", "status", "version", "items", "payment_status"}) | {
    "fulfillment_status"
}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A record of a list: what it is filtered and sorted by, and how it is printed."""

    id: str
    number: int
    created_at: int
    updated_at: int
    show: Callable[[], dict[str, Any]]

    @property
    def times(self) -> Mapping[str, int]:
        """The times that lists are filtered by."""
        return {"created_at": self.created_at, "updated_at": self.updated_at}


@dataclass(frozen=True, kw_only=True)
class _List:
    """A list of the API. `filters`: names of query parameters that it knows."""

    key: str
    rows: Callable[[], Iterable[_Row]]
    single: str | None = None
    limit: int = 50
    is_strict: bool = True
    sortable: tuple[str, ...] = _TIMES
    filters: tuple[str, ...] = ("id", "created_at", "updated_at")


class Medusa:
    """One Medusa server; `keys` has `api_key`, `email` and `password`."""

    def __init__(self, world: World, keys: Mapping[str, str]) -> None:
        self._world = world
        self._keys = keys
        self._token = "jwt." + hashlib.sha256(keys["password"].encode()).hexdigest()[:32]
        self._lists = {
            "orders": _List(
                key="orders", single="order", rows=self._orders, limit=15, is_strict=False
            ),
            "draft-orders": _List(key="draft_orders", rows=self._drafts),
            "customers": _List(key="customers", single="customer", rows=self._customers),
            "products": _List(key="products", rows=self._products, is_strict=False),
            "product-variants": _List(key="variants", rows=self._variants),
            "payments": _List(
                key="payments",
                rows=self._payments,
                limit=20,
                sortable=(*_TIMES, "payment_collection.updated_at"),
            ),
        }

    def answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer a request for `path`, the part below the store's address."""
        try:
            with self._world.lock:
                return Answer(_encode(self._routed(method, path, query, headers, body)))
        except Refused as refusal:
            return Answer(_encode(refusal.body), refusal.status)

    def capture(self, order_id: int, *, at: int | None = None) -> None:
        """Take the money of an unpaid order: its payment collection moves, the order does not."""
        with self._world.lock:
            order = self._world.orders.by_id[order_id]
            order.paid_at = self._world.clock.now() if at is None else at
            self._world.orders.changed(order)

    def _routed(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        if method == "POST" and path == "/auth/user/emailpass":
            return self._logged_in(body)
        self._check(headers.get("authorization", ""))
        if method != "GET":
            raise Refused(404, "not_found", "The sandbox is read only")
        if path == "/admin/stores":
            return self._stores()
        found = re.fullmatch(r"/admin/([a-z-]+)(?:/([^/]+))?", path)
        listing = self._lists.get(found[1]) if found else None
        if found is None or listing is None or (found[2] and not listing.single):
            raise Refused(404, "no_route", f"Cannot GET {path}")
        if found[2]:
            return self._one(listing, found[2])
        return self._page(listing, query)

    def _logged_in(self, body: bytes) -> dict[str, Any]:
        try:
            told = msgspec.json.decode(body, type=dict[str, str])
        except msgspec.DecodeError:
            told = {}
        if any(told.get(name) != self._keys[name] for name in ("email", "password")):
            raise Refused(401, "unauthorized", "Invalid email or password")
        return {"token": self._token}

    def _check(self, authorization: str) -> None:
        scheme, _, value = authorization.partition(" ")
        if scheme == "Bearer" and hmac.compare_digest(value.encode(), self._token.encode()):
            return
        try:
            key = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            key = value
        if scheme == "Basic" and hmac.compare_digest(
            key.removesuffix(":").encode(), self._keys["api_key"].encode()
        ):
            return
        raise Refused(401, "unauthorized", "Unauthorized")

    def _stores(self) -> dict[str, Any]:
        currency = {"currency_code": self._world.currency.lower(), "is_default": True}
        store = {"id": "store_1", "name": self._world.name, "supported_currencies": [currency]}
        return {"stores": [store], "count": 1, "offset": 0, "limit": 50}

    def _one(self, listing: _List, identifier: str) -> dict[str, Any]:
        rows = [*listing.rows(), *(self._drafts() if listing.single == "order" else ())]
        for row in rows:
            if row.id == identifier:
                return {str(listing.single): row.show()}
        raise Refused(404, "not_found", f"{listing.single} with id: {identifier} was not found")

    def _page(self, listing: _List, raw: str) -> dict[str, Any]:
        query = read(
            raw,
            limit=listing.limit,
            sortable=listing.sortable,
            filters=listing.filters,
            is_strict=listing.is_strict,
        )
        rows = [row for row in listing.rows() if query.holds(row.id, row.times)]
        rows.sort(key=lambda row: _place(row, query), reverse=query.is_descending)
        page = rows[query.offset : query.offset + query.limit]
        return {
            listing.key: [_shown(row.show(), query.fields) for row in page],
            "count": len(rows),
            "offset": query.offset,
            "limit": query.limit,
        }

    def _orders(self) -> Iterable[_Row]:
        return (self._order(one) for one in self._world.orders if one.state not in states.DRAFTS)

    def _drafts(self) -> Iterable[_Row]:
        return (self._order(one) for one in self._world.orders if one.state in states.DRAFTS)

    def _order(self, one: Order) -> _Row:
        return _row(one.id, one.created_at, one.modified_at, payloads.order, one, self._world)

    def _payments(self) -> Iterable[_Row]:
        return (
            _row(one.id, one.created_at, payloads.payment_moved_at(one), payloads.payment, one)
            for one in self._world.orders
        )

    def _customers(self) -> Iterable[_Row]:
        return (
            _row(one.id, one.created_at, one.modified_at or one.created_at, payloads.customer, one)
            for one in self._world.customers
        )

    def _shown_products(self) -> Iterable[Product]:
        return (one for one in self._world.products if one.state != states.TRASH)

    def _products(self) -> Iterable[_Row]:
        currency = self._world.currency
        return (
            _row(one.id, one.created_at, one.modified_at, payloads.product, one, currency)
            for one in self._shown_products()
        )

    def _variants(self) -> Iterable[_Row]:
        currency = self._world.currency
        return (
            _row(each.id, each.created_at, each.modified_at, payloads.variant, each, one, currency)
            for one in self._shown_products()
            for each in one.variants
        )


def _row(
    number: int,
    created_at: int,
    updated_at: int,
    printer: Callable[..., dict[str, Any]],
    *arguments: Any,
) -> _Row:
    return _Row(
        id=str(number),
        number=number,
        created_at=created_at,
        updated_at=updated_at,
        show=lambda: printer(*arguments),
    )


def _place(row: _Row, query: ListQuery) -> tuple[int, bytes]:
    """Return where a record comes in a list: equal times in another order from query to query."""
    if query.order == "id":
        return row.number, b""
    at = row.created_at if query.order == "created_at" else row.updated_at
    return at, hashlib.blake2b(f"{query.shuffle}/{row.id}".encode(), digest_size=8).digest()


def _shown(told: dict[str, Any], fields: frozenset[str] | None) -> dict[str, Any]:
    if fields is None:
        return told
    return {name: value for name, value in told.items() if name in fields or name in _ALWAYS}
