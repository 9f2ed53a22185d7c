"""The lists of WooCommerce's API that make up each stream."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
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

    def including(self, external_ids: Collection[str]) -> Listing:
        """Return this list cut down to the records with these ids."""
        return self._replace(query={**self.query, "include": ",".join(external_ids)})

    def created_in(self, start: datetime, end: datetime) -> Listing:
        """Return this list cut down to what was made in `[start, end)`, whole seconds.

        Both bounds are strict there, and read in the shop's zone unless told otherwise.
        """
        bounds = {"after": _bare(start - _SECOND), "before": _bare(end), "dates_are_gmt": "true"}
        return self._replace(query={**self.query, **bounds})

    def holds(self, row: Row) -> bool:
        """Say whether `row` belongs here: a shop that ignores `status` shows everything twice."""
        return self.is_trash is None or (row.status == TRASH) == self.is_trash


_SECOND: Final = timedelta(seconds=1)
CUSTOMERS: Final = Listing(Stream.CUSTOMERS, "customers", {"role": "all"})
VARIATIONS: Final = Listing(Stream.PRODUCTS, "variations", {}, parent="")
PRODUCTS: Final = Listing(Stream.PRODUCTS, "products", {"status": "any"}, is_trash=False)
TRASHED_PRODUCTS: Final = Listing(Stream.PRODUCTS, "products", {"status": TRASH}, is_trash=True)


class OrderLists(NamedTuple):
    """The lists that orders are read from. `live`: what is counted; `all`: with the trash.

    `changes`: with the drafts as well, since an order can be made one.
    """

    live: tuple[Listing, ...]
    all: tuple[Listing, ...]
    changes: tuple[Listing, ...]


def order_lists(
    statuses: Collection[str] | None, extra: Collection[str], skipped: Collection[str]
) -> OrderLists:
    """Return the lists of orders for the statuses a shop knows.

    `statuses`: None where it does not tell, then `any` has to do. `extra`: hidden ones that are
    wanted. `skipped`: those that are by rule no business of the CRM. "any" beside another status is
    "any" alone to WooCommerce, so that it takes a list for each; named one by one, trash included,
    they all fit into one.
    """
    if statuses is None:
        usual = _orders("any", is_trash=False)
        hidden = tuple(_orders(status) for status in sorted(extra))
        every = (_orders(TRASH, is_trash=True), *hidden, usual)
        return OrderLists((usual, *hidden), every, every)
    live = {*statuses, *extra} - {*skipped}
    return OrderLists(
        (_orders(_named(live), is_trash=False),),
        (_orders(_named({*live, TRASH})),),
        (_orders(_named({*live, TRASH, *statuses})),),
    )


def _named(statuses: Collection[str]) -> str:
    return ",".join(sorted(statuses))


def _orders(status: str, *, is_trash: bool | None = None) -> Listing:
    return Listing(Stream.ORDERS, "orders", {"status": status}, is_trash=is_trash)


def _bare(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


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
