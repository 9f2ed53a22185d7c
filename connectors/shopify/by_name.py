"""Records asked for by their ids, as they are now, and the ids the store has no more.

Shopify answers null for what is gone, and null as well for what it could not load or does not
show. Only a null without an error beside it says that a record is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from connectors.base import Page
from connectors.errors import BadRecord, Throttled, Transient
from connectors.records import Stream
from connectors.shopify.api import Answer, ShopifyApi
from connectors.shopify.batch import Batch
from connectors.shopify.failures import CostExceeded, FieldError
from connectors.shopify.nested import NestedLists
from connectors.shopify.paged import PagedReading
from connectors.shopify.sources import NAMES
from connectors.shopify.taking import Taker, shop_currency
from connectors.shopify.throttle import PageSize

# (root, index) and then the way inside the record.
_INDEX: Final = 1


class ByName:
    """Reads records of one store by their ids."""

    def __init__(
        self, api: ShopifyApi, taker: Taker, nested: NestedLists, paged: PagedReading
    ) -> None:
        self._api = api
        self._taker = taker
        self._nested = nested
        self._paged = paged

    def pages(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield a page for as many ids as one query may cost.

        Raises Transient when Shopify does not answer for one of them.
        """
        left = list(dict.fromkeys(ids))
        while left:
            known = [one for one in left if one.isascii() and one.isdigit()]
            batch = Batch(stream)
            for one in left:
                if one not in known:
                    reason = BadRecord(f"{one!r} is no id of Shopify", code="bad_id", field="id")
                    batch.reject({"id": one}, reason)
            asked, answer = self._ask(stream, known) if known else ([], None)
            gone = self._take(batch, asked, answer) if answer is not None else []
            yield batch.page(complete_until=None, gone=gone)
            left = known[len(asked) :]

    def _ask(self, stream: Stream, ids: list[str]) -> tuple[list[str], Answer]:
        """Return the answer for the first of `ids`, as many as it could give."""
        names = NAMES[stream]
        size = self._paged.size(names.by_id)
        nested = self._nested.first_of(names.counted.children) if stream is Stream.ORDERS else {}
        while True:
            some = ids[: size.current]
            wanted = [f"gid://shopify/{names.kind}/{one}" for one in some]
            is_full = len(some) == size.current
            try:
                answer = self._api.run(
                    # A page that is not full says little of what a full one costs.
                    names.by_id,
                    {**nested, "ids": wanted},
                    size=size if is_full else None,
                )
            except CostExceeded:
                if not _halve(size, len(some)):
                    raise
            except Throttled:
                raise
            except Transient:
                # One record that Shopify cannot load takes down the whole answer.
                if not _halve(size, len(some)):
                    raise
            else:
                return some, answer

    def _take(self, batch: Batch, asked: list[str], answer: Answer) -> list[str]:
        nodes = answer.data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(asked):
            raise Transient("Shopify does not answer for every id.", store=self._api.store)
        errors = _by_place(answer.errors)
        currency = shop_currency(answer.data)
        gone: list[str] = []
        for index, (external_id, node) in enumerate(zip(asked, nodes, strict=True)):
            error = errors.get(index)
            if node is None and error is None:
                gone.append(external_id)
            elif not isinstance(node, Mapping) or node.get("id") is None:
                said = error.message if error else "it is no object"
                reason = f"the store could not answer it: {said}"
                batch.reject({"id": external_id}, BadRecord(reason, code="partial_answer"))
            elif batch.stream is Stream.PRODUCTS:
                self._taker.take_variant(batch, node, currency, error)
            else:
                self._taker.take(batch, node, error)
        return gone


def _halve(size: PageSize, asked: int) -> bool:
    """Ask for fewer than `asked` from now on; False when it was one already."""
    if asked <= 1:
        return False
    while size.current >= asked:
        if not size.halve():
            return False
    return True


def _by_place(errors: tuple[FieldError, ...]) -> dict[int, FieldError]:
    """Return the first error of each record, by its place among those asked for."""
    found: dict[int, Any] = {}
    for error in errors:
        place = error.path[_INDEX] if len(error.path) > _INDEX else None
        if isinstance(place, int):
            found.setdefault(place, error)
    return found
