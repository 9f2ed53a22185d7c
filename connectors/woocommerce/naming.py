"""Records asked for by their ids: as they are now, or gone.

A list leaves out a record in the trash, one whose status nobody named, and one the key may not
see, all without a word. So whatever a list leaves out is asked for by itself: only a 404 in
WooCommerce's own words means that it is gone, and a refusal stops the reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from connectors.base import Page
from connectors.errors import Transient
from connectors.records import Stream
from connectors.woocommerce.abilities import Abilities
from connectors.woocommerce.listings import (
    CUSTOMERS,
    PRODUCTS,
    TRASHED_PRODUCTS,
    VARIATIONS,
    Listing,
    page_of,
)
from connectors.woocommerce.paging import Pager, Part, Query
from connectors.woocommerce.reading import Reader
from connectors.woocommerce.rows import Row

_AT_ONCE: Final = 100


class ByName:
    """Reads records of one shop by id."""

    def __init__(
        self, reader: Reader, pager: Pager, abilities: Abilities, pool: ThreadPoolExecutor
    ) -> None:
        self._reader = reader
        self._pager = pager
        self._abilities = abilities
        self._pool = pool

    def read(
        self, stream: Stream, external_ids: Collection[str], variations: Collection[str]
    ) -> Iterator[Page]:
        """Yield these records, and in `gone` the ids the shop has no more.

        `variations`: ids that are known to be variations of products, to be looked for there first.
        """
        # The ids of a shop are numbers; anything else was never one of its records.
        strange = [one for one in external_ids if not one.isdecimal()]
        if strange:
            yield Page(stream=stream, records=(), fetched=0, gone=tuple(strange))
        numbers = [one for one in dict.fromkeys(external_ids) if one.isdecimal()]
        for group in (
            [one for one in numbers if one in variations],
            [one for one in numbers if one not in variations],
        ):
            for some in _portions(group, min(self._pager.pace.size, _AT_ONCE)):
                yield from self._read(stream, some, is_variation=some[0] in variations)

    def _read(self, stream: Stream, ids: list[str], *, is_variation: bool) -> Iterator[Page]:
        missing = ids
        for listing in self._lists(stream, is_variation=is_variation):
            if not missing:
                return
            query: Query = {"orderby": "id", "order": "asc", "per_page": len(missing), "page": 1}
            try:
                batch = self._reader.fetch(listing.including(missing))(query)
            except Transient as error:
                # Long addresses break some servers, large answers others: both get less of it.
                smaller = min(self._pager.pace.after(error), (len(missing) + 1) // 2)
                for some in _portions(missing, smaller):
                    yield from self._read(stream, some, is_variation=is_variation)
                return
            wanted = set(missing)
            # A shop that ignores `include` answers with other records.
            rows = [row for row in batch.rows if row.id in wanted]
            if rows:
                yield _answered(stream, {row.id: row for row in rows})
            found = {row.id for row in rows}
            missing = [one for one in missing if one not in found]
        yield from self._singly(stream, missing)

    def _lists(self, stream: Stream, *, is_variation: bool) -> list[Listing]:
        if stream is Stream.CUSTOMERS:
            return [CUSTOMERS]
        if stream is Stream.ORDERS:
            return list(self._abilities.orders.changes)
        products = [PRODUCTS, TRASHED_PRODUCTS]
        if not self._abilities.has_variations:
            return [] if is_variation else products
        return [VARIATIONS] if is_variation else [*products, VARIATIONS]

    def _singly(self, stream: Stream, ids: list[str]) -> Iterator[Page]:
        at_once = self._pager.pace.at_once
        for some in _portions(ids, max(at_once, 1) * 10):
            answers: Iterable[Row | None] = (
                (self._one(stream, one) for one in some)
                if at_once == 1
                else self._pool.map(lambda one: self._one(stream, one), some)
            )
            yield _answered(stream, dict(zip(some, answers, strict=True)))

    def _one(self, stream: Stream, external_id: str) -> Row | None:
        path = f"{stream.value}/{external_id}"
        if stream is not Stream.PRODUCTS:
            listing = CUSTOMERS if stream is Stream.CUSTOMERS else self._abilities.orders.all[0]
            return self._reader.one(listing, path)
        row = self._reader.one(PRODUCTS, path)
        if row is None or row.kind != "variation" or not row.owner:
            return row
        # The route of products calls a variation by another name than its own route does.
        own = f"products/{row.owner}/variations/{external_id}"
        return self._reader.one(Listing.of_parent(row.owner), own)


def _answered(stream: Stream, found: Mapping[str, Row | None]) -> Page:
    """Return a page of what was found; what is a draft now is gone, for it is no order any more."""
    rows = [row for row in found.values() if row is not None and row.outcome is not None]
    here = {row.id for row in rows}
    page = page_of(stream, Part(rows, None))
    return msgspec.structs.replace(page, gone=tuple(one for one in found if one not in here))


def _portions(ids: list[str], size: int) -> Iterator[list[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
