"""The lists of BigCommerce's APIs that make up the streams, and how each is asked for.

Bounds are written to whole seconds, the finest that v2 keeps. v3 takes them as `:min` and `:max`;
its customers can be sorted by change but not by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.bigcommerce.api import StoreApi
from connectors.bigcommerce.paging import Row, Rows, Span, page_of_rows
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

    has_ids = True

    def __init__(self, api: StoreApi, query: Mapping[str, str | int] = {}) -> None:
        self.name = "v2/orders"
        self._api = api
        self._query = query

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        return self._page(span, size, {"sort": "date_modified:asc"})

    def by_id(self, span: Span, size: int, *, above: int, number: int) -> Rows:  # noqa: ARG002 - ids go further than numbers
        """Return the first page of ids above `above`."""
        return self._page(span, size, {"sort": "id:asc", "min_id": above + 1})

    def up_to(self, size: int, *, above: int, most: int) -> Rows:
        """Return the first page of ids above `above` up to `most`."""
        query: Query = {"sort": "id:asc", "min_id": above + 1, "max_id": most}
        return self._page(Span(None, None), size, query)

    def _page(self, span: Span, size: int, query: Query) -> Rows:
        for name, bound in (("min_date_modified", span.start), ("max_date_modified", span.end)):
            if bound is not None:
                query[name] = _second(bound).isoformat()
        rows = self._api.rows(self.name, {**self._query, **query, "limit": size})
        return page_of_rows(rows_of(rows), size, total=None, pages=None)


class V3List:
    """v3/customers or v3/catalog/products."""

    def __init__(
        self,
        api: StoreApi,
        name: str,
        *,
        query: Mapping[str, str | int],
        by_change: Mapping[str, str | int],
        by_id: Mapping[str, str | int] | None,
    ) -> None:
        self.name = name
        self.has_ids = by_id is not None
        self._api = api
        self._query = query
        self._by_change = by_change
        self._by_id = by_id

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        return self._page(span, size, dict(self._by_change))

    def by_id(self, span: Span, size: int, *, above: int, number: int) -> Rows:
        """Return the first page of ids above `above`, or a page by number where that cannot be."""
        if self._by_id is None:
            return self._page(span, size, {**self._by_change, "page": number}, number=number)
        return self._page(span, size, {**self._by_id, "id:greater": above})

    def _page(self, span: Span, size: int, query: Query, *, number: int = 1) -> Rows:
        for name, bound in (("date_modified:min", span.start), ("date_modified:max", span.end)):
            if bound is not None:
                query[name] = _second(bound).strftime("%Y-%m-%dT%H:%M:%SZ")
        listed = self._api.listed(self.name, {**self._query, **query, "limit": size})
        pages = None if listed.pages is None else listed.pages - number + 1
        return page_of_rows(rows_of(listed.rows), size, total=listed.total, pages=pages)


def products(api: StoreApi) -> V3List:
    """Return the list of products with their variants."""
    return V3List(
        api,
        "v3/catalog/products",
        query=WITH_VARIANTS,
        by_change={"sort": "date_modified", "direction": "asc"},
        by_id={"sort": "id", "direction": "asc"},
    )


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
