"""What a reading of changes noticed in passing, to be looked after although no date moved.

WooCommerce's customers cannot be asked by date, a refund that is deleted moves nothing, and the
variations of a product that was renamed or restored keep their own dates. Each is found by
something that did change, or by a count that no longer fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from connectors.base import Known
from connectors.records import Stream
from connectors.woocommerce.abilities import REFUNDS, Abilities
from connectors.woocommerce.listings import CUSTOMERS
from connectors.woocommerce.paging import Pager, Query
from connectors.woocommerce.reading import Reader
from connectors.woocommerce.rows import Row
from connectors.woocommerce.spans import Span

_EVERYTHING: Final = Span(None, None)
_PAGE: Final = 100


class Noticed:
    """Filled while streams are read, asked once they are all loaded."""

    def __init__(self, reader: Reader, pager: Pager, abilities: Abilities) -> None:
        self._reader = reader
        self._pager = pager
        self._abilities = abilities
        self._buyers: dict[str, None] = {}
        self._changed_buyers: dict[str, None] = {}
        self._drafts: dict[str, None] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        self._read_variations: set[str] = set()
        self._has_scanned = False
        self.variations: set[str] = set()

    def customers_scanned(self) -> None:
        """Note that all customers were read in this sync."""
        self._has_scanned = True

    def orders(self, rows: Iterable[Row], *, is_change: bool) -> None:
        """Note who placed the orders of a page, and which are no orders any more.

        `is_change`: False in a reading of everything.
        """
        for row in rows:
            if row.outcome is None:
                self._drafts[row.id] = None
                continue
            for customer in row.links:
                (self._changed_buyers if is_change else self._buyers)[customer] = None

    def products(self, rows: Iterable[Row]) -> None:
        """Note the variable products that changed, and the variations that were read."""
        for row in rows:
            if row.kind.startswith("variable"):
                self._parents[row.id] = row.links
            elif row.kind == "variation":
                self._read_variations.add(row.id)

    def unannounced_customers(self, known: Known) -> Iterator[str]:
        """Yield the customers of changed orders, and who registered or left since the last scan."""
        ids = known.ids(Stream.CUSTOMERS)
        for customer in {**self._buyers, **self._changed_buyers}:
            if customer not in ids or (customer in self._changed_buyers and not self._has_scanned):
                yield customer
        if not self._has_scanned:
            yield from self._registered(ids)

    def _registered(self, known: frozenset[str]) -> Iterator[str]:
        fetch = self._reader.fetch_ids(CUSTOMERS)
        query: Query = {"orderby": "registered_date", "order": "desc", "per_page": _PAGE}
        found: set[str] = set()
        page = 1
        while True:
            batch = fetch({**query, "page": page})
            new = [row.id for row in batch.rows if row.id not in known]
            yield from new
            found.update(new)
            # An older one among the newest: from here on all are known, or wait for the scan.
            if len(new) < len(batch.rows) or not batch.rows:
                break
            page += 1
        if batch.total < len(known) + len(found):
            yield from self._unlisted(known)

    def _unlisted(self, known: frozenset[str]) -> Iterator[str]:
        """Yield customers that the shop's list lacks: there are fewer than were known."""
        listed: set[str] = set()
        for part in self._pager.by_id(
            self._reader.fetch_ids(CUSTOMERS), _EVERYTHING, is_exact=True
        ):
            listed.update(row.id for row in part.rows)
        yield from sorted(known - listed)

    def unannounced_orders(self, known: Known) -> Iterator[str]:
        """Yield orders that became drafts, and those whose refunds are not those the shop has.

        Asks for all refunds only where their number does not fit.
        """
        orders = known.ids(Stream.ORDERS)
        yield from orders.intersection(self._drafts)
        if not self._abilities.has_refunds:
            return
        ours = known.refunds()
        if self._reader.total(REFUNDS) == sum(len(ids) for ids in ours.values()):
            return
        theirs: dict[str, set[str]] = {}
        fetch = self._reader.fetch_refunds()
        for part in self._pager.by_id(fetch, _EVERYTHING, is_exact=True):
            for row in part.rows:
                for order in row.links:
                    theirs.setdefault(order, set()).add(row.id)
        for order in sorted(theirs.keys() | ours.keys()):
            if order not in ours and order not in orders:
                # Of a draft, or an order that is gone: nothing the CRM has.
                continue
            if theirs.get(order, set()) != ours.get(order, frozenset()):
                yield order

    def unannounced_products(self, known: Known) -> Iterator[str]:
        """Yield the variations of changed products that were not read themselves."""
        for parent, listed in self._parents.items():
            found = (known.children(parent) | set(listed)) - self._read_variations
            self.variations |= found
            yield from sorted(found)
