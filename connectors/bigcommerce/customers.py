"""Customers of the v3 API: by change, by name, and their ids alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from connectors.bigcommerce.api import StoreApi
from connectors.bigcommerce.listings import WITH_ADDRESSES, V3List, rows_of
from connectors.bigcommerce.paging import Row
from connectors.bigcommerce.values import id_number
from connectors.errors import Permanent

PATH: Final = "v3/customers"
# Ids in one question; more would make a URL longer than proxies let through.
AT_ONCE: Final = 100
_LARGEST_PAGE: Final = 250


def changes(api: StoreApi) -> V3List:
    """Return the list of customers with their addresses, which cannot be sorted by id."""
    return V3List(
        api, PATH, query=WITH_ADDRESSES, by_change={"sort": "date_modified:asc"}, by_id=None
    )


def by_id(api: StoreApi, ids: Collection[str]) -> list[Row]:
    """Return the customers of at most `AT_ONCE` ids that the store still has."""
    numbers = [one for one in ids if id_number(one)]
    if not numbers:
        return []
    query = {**WITH_ADDRESSES, "id:in": ",".join(numbers)}
    found = rows_of(api.all_rows(PATH, query, size=AT_ONCE))
    return [row for row in found if row.id in set(ids)]


def ids(api: StoreApi, store: str) -> Iterator[str]:
    """Yield every id, by cursor: a cursor stands at an id, a page number at a place that moves."""
    query: dict[str, str | int] = {"limit": _LARGEST_PAGE}
    seen: set[str] = set()
    while True:
        page = api.listed(PATH, query)
        yield from (row.id for row in rows_of(page.rows) if row.id)
        if not page.rows or page.is_end:
            return
        if page.cursor is None or page.cursor in seen:
            raise Permanent(
                "v3/customers gives no way on from its page, so the end of the list cannot be "
                "found. Try again later, and report it if it persists.",
                store=store,
            )
        seen.add(page.cursor)
        query = {"limit": _LARGEST_PAGE, "after": page.cursor}
