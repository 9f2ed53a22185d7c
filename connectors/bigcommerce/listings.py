"""The lists of BigCommerce's APIs that make up the streams, and how each is asked for.

Bounds are written to whole seconds, the finest that v2 keeps. v3 takes them as `:min` and `:max`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.bigcommerce.api import Listed, StoreApi, is_short
from connectors.bigcommerce.paging import Row, Rows, Span, above
from connectors.bigcommerce.values import identifier, instant
from connectors.errors import BadRecord

Query = dict[str, str | int]
# One call then brings lines and addresses along, instead of two more for every order.
WITH_LINES: Final[Mapping[str, str | int]] = {
    "include": "consignments.line_items",
    "consignment_structure": "object",
}
ARCHIVED: Final[Mapping[str, str | int]] = {"is_deleted": "true"}
WITH_ADDRESSES: Final[Mapping[str, str | int]] = {"include": "addresses"}
WITH_VARIANTS: Final[Mapping[str, str | int]] = {"include": "variants"}


class Orders:
    """v2/orders; archived orders are left out unless `query` asks for them."""

    name = "v2/orders"

    def __init__(self, api: StoreApi, query: Mapping[str, str | int] = {}) -> None:
        self._api = api
        self._query = query

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        return self._page(span, size, {"sort": "date_modified:asc"})

    def by_id(self, span: Span, size: int, cursor: str | None) -> Rows:
        """Return a page by id; a cursor is the last id before it."""
        return self.up_to(span, size, cursor, most=None)

    def up_to(self, span: Span, size: int, cursor: str | None, *, most: int | None) -> Rows:
        """Return a page by id of the orders up to `most`."""
        query: Query = {"sort": "id:asc"}
        if cursor is not None:
            query["min_id"] = int(cursor) + 1
        if most is not None:
            query["max_id"] = most
        page = self._page(span, size, query)
        return page._replace(cursor=above(page.rows, cursor))

    def _page(self, span: Span, size: int, query: Query) -> Rows:
        for name, bound in (("min_date_modified", span.start), ("max_date_modified", span.end)):
            if bound is not None:
                query[name] = _second(bound).isoformat()
        rows = self._api.rows(self.name, {**self._query, **query, "limit": size})
        return Rows(rows_of(rows), is_short(len(rows), size))


class Products:
    """v3/catalog/products with their variants."""

    name = "v3/catalog/products"

    def __init__(self, api: StoreApi) -> None:
        self._api = api

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        return self._page(span, size, {"sort": "date_modified", "direction": "asc"})

    def by_id(self, span: Span, size: int, cursor: str | None) -> Rows:
        """Return a page by id; a cursor is the last id before it."""
        query: Query = {"sort": "id", "direction": "asc"}
        if cursor is not None:
            query["id:greater"] = cursor
        page = self._page(span, size, query)
        return page._replace(cursor=above(page.rows, cursor))

    def _page(self, span: Span, size: int, query: Query) -> Rows:
        listed = self._api.listed(
            self.name, {**WITH_VARIANTS, **query, **v3_bounds(span), "limit": size}
        )
        return Rows(rows_of(listed.rows), is_last(listed, size))


class Customers:
    """v3/customers with their addresses; no id sorts them, but their cursors stand at ids."""

    name = "v3/customers"

    def __init__(self, api: StoreApi) -> None:
        self._api = api

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        listed = self._page(span, size, {"sort": "date_modified:asc"})
        return Rows(rows_of(listed.rows), is_last(listed, size))

    def by_id(self, span: Span, size: int, cursor: str | None) -> Rows:
        """Return the page at a cursor of the store's own."""
        listed = self._page(span, size, {} if cursor is None else {"after": cursor})
        has_more = not listed.is_end or (listed.pages or 1) > 1
        return Rows(rows_of(listed.rows), not (has_more and listed.rows), listed.cursor)

    def _page(self, span: Span, size: int, query: Query) -> Listed:
        params = {**WITH_ADDRESSES, **query, **v3_bounds(span), "limit": size}
        return self._api.listed(self.name, params)


def created_in(start: datetime, end: datetime) -> Query:
    """Return the bounds of v2 for what was made in a span; both may include their own second."""
    bounds = (("min_date_created", start), ("max_date_created", end))
    return {name: _second(bound).isoformat() for name, bound in bounds}


def is_last(listed: Listed, size: int) -> bool:
    """Say whether a first page is the only one."""
    if listed.pages is not None:
        return listed.pages <= 1
    return is_short(len(listed.rows), size)


def v3_bounds(span: Span) -> Query:
    """Return the bounds as v3 takes them, both of which include their own second."""
    bounds = (("date_modified:min", span.start), ("date_modified:max", span.end))
    return {
        name: _second(bound).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, bound in bounds
        if bound is not None
    }


def rows_of(payloads: list[Any]) -> list[Row]:
    """Say who each element of a list is and when it changed, as far as that can be read."""
    return [_row(payload) for payload in payloads]


def _row(payload: Any) -> Row:
    if not isinstance(payload, Mapping):
        return Row("", None, payload)
    try:
        modified = instant(payload.get("date_modified"), "date_modified")
    except BadRecord:
        modified = None
    return Row(identifier(payload.get("id")) or "", modified, payload)


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
