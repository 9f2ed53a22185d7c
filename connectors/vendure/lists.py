"""Vendure's lists: which document asks for which, and every element of them.

One list can be asked for whole or as nothing but ids, with the same options; the two agree on what
is in it, which counting, comparing and isolating broken records all rest on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeGuard

from connectors.errors import Permanent
from connectors.records import Stream
from connectors.vendure.api import AdminApi
from connectors.vendure.isolation import fetch_around
from connectors.vendure.paging import Mark, Node, RawPage, pages

# Root field of each list, and the documents that ask for its elements and for their ids.
ROOTS: Final = {
    Stream.CUSTOMERS: "customers",
    Stream.PRODUCTS: "productVariants",
    Stream.ORDERS: "orders",
}
_WHOLE: Final = {
    Stream.CUSTOMERS: "customers",
    Stream.PRODUCTS: "variants",
    Stream.ORDERS: "orders",
}
_IDS: Final = {
    Stream.CUSTOMERS: "customer_ids",
    Stream.PRODUCTS: "variant_ids",
    Stream.ORDERS: "order_ids",
}

Conditions = Mapping[str, Any]


class Lists:
    """The lists of one store. `conditions` everywhere: the list's filter as the API takes it."""

    def __init__(self, api: AdminApi, *, store: str) -> None:
        self._api = api
        self._store = store

    def count(self, stream: Stream, conditions: Conditions) -> int:
        """Return how many elements the list has."""
        # One is the least: `take` 0 brings the whole list.
        options = {"take": 1, "filter": conditions}
        return int(self._ask(_IDS[stream], stream, options)["totalItems"])

    def first(self, stream: Stream, conditions: Conditions, sort: Mapping[str, str]) -> Node | None:
        """Return the first element in that order, with its id and times, None without any."""
        options = {"take": 1, "filter": conditions, "sort": sort}
        items: list[Node] = self._ask(_IDS[stream], stream, options)["items"]
        return items[0] if items else None

    def pages(
        self, stream: Stream, conditions: Conditions, *, size: int, mark: Mark | None = None
    ) -> Iterator[RawPage]:
        """Yield every element; one the server cannot answer for comes as a stand-in."""
        fetch = partial(
            fetch_around, partial(self._items, _WHOLE, stream), partial(self._items, _IDS, stream)
        )
        yield from pages(fetch, size=size, conditions=conditions, store=self._store, mark=mark)

    def ids(self, stream: Stream, conditions: Conditions, *, size: int) -> Iterator[str]:
        """Yield the id of every element."""
        fetch = partial(self._items, _IDS, stream)
        for page in pages(fetch, size=size, conditions=conditions, store=self._store):
            yield from (str(node["id"]) for node in page.nodes)

    def named(self, stream: Stream, ids: list[str], conditions: Conditions) -> list[Node]:
        """Return those elements whose ids are among `ids`, at most a thousand."""
        return fetch_around(
            partial(self._items, _WHOLE, stream),
            partial(self._items, _IDS, stream),
            {
                "skip": 0,
                "take": len(ids),
                "sort": {"id": "ASC"},
                "filter": {**conditions, "id": {"in": ids}},
            },
        )

    def _items(
        self, documents: Mapping[Stream, str], stream: Stream, options: Mapping[str, Any]
    ) -> list[Node]:
        found: list[Node] = self._ask(documents[stream], stream, options)["items"]
        return found

    def _ask(self, document: str, stream: Stream, options: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._api.run(document, {"options": dict(options)}).data.get(ROOTS[stream])
        if not _is_list(found):
            raise Permanent(
                f"{document}: the answer holds no list. Vendure 3.0 or newer is needed.",
                store=self._store,
            )
        return found


def _is_list(found: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell a list in which every element has an id: one left out would end the reading early."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("totalItems"), int)
        and isinstance(found.get("items"), list)
        and all(isinstance(item, dict) and item.get("id") for item in found["items"])
    )
