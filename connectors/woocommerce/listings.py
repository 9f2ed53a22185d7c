"""The lists of WooCommerce's API that make up each stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from connectors.base import Page
from connectors.records import Record, Rejected, Stream
from connectors.woocommerce.mapping import TRASH
from connectors.woocommerce.paging import Part
from connectors.woocommerce.rows import Row


class Listing(NamedTuple):
    """One list. `is_trash`: True for the trash, False for all but the trash, None for any.

    `parent`: the product whose variations these are, where the path says it; "" to go by each
    variation's own `parent_id`; None for lists of other things.
    """

    stream: Stream
    path: str
    query: Mapping[str, str]
    is_trash: bool | None = None
    parent: str | None = None

    @classmethod
    def of_parent(cls, product_id: str) -> Listing:
        """Return the list of one product's variations."""
        return cls(Stream.PRODUCTS, f"products/{product_id}/variations", {}, parent=product_id)

    def holds(self, row: Row) -> bool:
        """Say whether `row` belongs here: a shop that ignores `status` shows everything twice."""
        return self.is_trash is None or (row.status == TRASH) == self.is_trash


CUSTOMERS: Final = Listing(Stream.CUSTOMERS, "customers", {"role": "all"})
VARIATIONS: Final = Listing(Stream.PRODUCTS, "variations", {}, parent="")
# "any" together with "trash" is "any" alone to WooCommerce, so they are two lists.
TRASHED: Final = {
    stream: Listing(stream, stream.value, {"status": TRASH}, is_trash=True)
    for stream in (Stream.PRODUCTS, Stream.ORDERS)
}
MAIN: Final = {
    stream: Listing(stream, stream.value, {"status": "any"}, is_trash=False)
    for stream in (Stream.PRODUCTS, Stream.ORDERS)
}


def page_of(stream: Stream, part: Part) -> Page:
    """Sort the outcomes of some rows into a page for the loader."""
    records: list[Record] = []
    rejected: list[Rejected] = []
    for row in part.rows:
        if isinstance(row.outcome, Rejected):
            rejected.append(row.outcome)
        elif row.outcome is not None:
            records.append(row.outcome)
    mark = part.complete_until
    return Page(
        stream=stream,
        records=tuple(records),
        rejected=tuple(rejected),
        skipped=len(part.rows) - len(records) - len(rejected),
        fetched=len(part.rows),
        complete_until=mark,
        resume=mark.isoformat() if mark else None,
    )
