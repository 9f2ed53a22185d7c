"""Customers of the v3 API by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from connectors.bigcommerce.api import StoreApi
from connectors.bigcommerce.listings import WITH_ADDRESSES, rows_of
from connectors.bigcommerce.paging import Row
from connectors.bigcommerce.values import id_number

PATH: Final = "v3/customers"
# Ids in one question; more would make a URL longer than proxies let through.
AT_ONCE: Final = 100


def by_id(api: StoreApi, ids: Collection[str]) -> list[Row]:
    """Return the customers of at most `AT_ONCE` ids that the store still has."""
    numbers = [one for one in ids if id_number(one)]
    if not numbers:
        return []
    query = {**WITH_ADDRESSES, "id:in": ",".join(numbers)}
    found = rows_of(api.all_rows(PATH, query, size=AT_ONCE))
    return [row for row in found if row.id in set(ids)]
