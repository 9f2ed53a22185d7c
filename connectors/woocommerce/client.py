"""WooCommerce REST v3 as a connector: which lists make up a stream, and what is in them.

An increment of one changed order must not cost a hundred calls, so the lists are asked for no more
than they have to be: orders of every status with the trash in one query, products newest change
first with their number on the same page. Customers have no change time to ask by and are read
whole; the content hash decides what is new. Variations have a list of their own since WooCommerce
10.3 and are asked for product by product before that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from connectors.base import Connector, Known, Page, StoreConfig, StoreProbe, Window
from connectors.errors import Permanent
from connectors.glances import OrderGlance
from connectors.records import Stream
from connectors.services import Services
from connectors.woocommerce.abilities import Abilities
from connectors.woocommerce.api import ShopApi
from connectors.woocommerce.listings import (
    CUSTOMERS,
    PRODUCTS,
    TRASHED_PRODUCTS,
    VARIATIONS,
    Listing,
    page_of,
)
from connectors.woocommerce.mapping import extra_statuses, rules_of
from connectors.woocommerce.missing import lost_from
from connectors.woocommerce.naming import ByName
from connectors.woocommerce.newest import newest
from connectors.woocommerce.noticed import Noticed
from connectors.woocommerce.pace import Pace
from connectors.woocommerce.paging import Pager, Part
from connectors.woocommerce.placed import placed
from connectors.woocommerce.probing import probe, store_currency
from connectors.woocommerce.reading import Reader
from connectors.woocommerce.rows import Row
from connectors.woocommerce.spans import SECOND, Span, whole_second

# Shared hosts run two or three PHP workers, and the shop's visitors need one of them.
_CONCURRENCY: Final = 2
_LARGEST_PAGE: Final = 100
_EVERYTHING: Final = Span(None, None)


class WooCommerceConnector(Connector):
    """Reads one WooCommerce store. Settings and what is synced: see the README beside this."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,  # noqa: ARG002 - keys do not change, nor is there an allowance
        **client_options: Any,
    ) -> None:
        self.config = config
        rules = rules_of(config)
        self._api: Final = ShopApi(config, **client_options)
        settings = config.settings
        concurrency = max(1, int(settings.get("concurrency") or _CONCURRENCY))
        page_size = min(_LARGEST_PAGE, max(1, int(settings.get("page_size") or _LARGEST_PAGE)))
        self._pool: Final = ThreadPoolExecutor(
            max_workers=concurrency, thread_name_prefix=f"woocommerce-{config.key}"
        )
        pace = Pace(largest=page_size, most_at_once=concurrency)
        self._pager: Final = Pager(self._pool, pace, store=config.key)
        self._reader: Final = Reader(self._api, rules)
        self._abilities: Final = Abilities(
            self._api, self._reader, extra_statuses=extra_statuses(config)
        )
        self._by_name: Final = ByName(self._reader, self._pager, self._abilities, self._pool)
        self._noticed: Final = Noticed(self._reader, self._pager, self._abilities)
        # What the lists of products said of their length while they were read.
        self._totals: dict[str, int] = {}
        self._are_totals_fresh = False
        self._orders_total: int | None = None

    def __repr__(self) -> str:
        return f"WooCommerceConnector({self.config.key!r})"

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        return self._api.http.calls

    @property
    def scanned_streams(self) -> frozenset[Stream]:
        """Customers: their list has no filter by change."""
        return frozenset({Stream.CUSTOMERS})

    def probe(self) -> StoreProbe:
        """Check address, key and permissions; raise a StoreError saying what to do."""
        found = probe(self._api, self.config, self._abilities)
        if self._reader.rules.currency is None:
            self._reader.rules = rules_of(self.config, currency=found.currency)
        return found

    def count(self, stream: Stream) -> int:
        """Return how many live records the shop has, by its own totals."""
        if stream is Stream.PRODUCTS:
            return self._count_products()
        if self._orders_total is not None and stream is Stream.ORDERS:
            # Counted a moment ago, and as many as are known. Whoever asks again, wants it new.
            total, self._orders_total = self._orders_total, None
            return total
        return sum(self._pool.map(self._reader.total, self._live_lists(stream)))

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the id of every record that is counted; raises rather than end in doubt."""
        if stream is Stream.PRODUCTS and not self._abilities.has_variations:
            for row in self._products_with_variations():
                yield row.id
                yield from row.links
            return
        for listing in self._live_lists(stream):
            fetch = self._reader.fetch_ids(listing)
            for part in self._pager.by_id(fetch, _EVERYTHING, is_exact=True):
                yield from (row.id for row in part.rows)

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window; customers always whole."""
        # With the whole second of the end: what changed in it just before the clock was asked would
        # otherwise wait for the next sync, and looks like nothing when as much was deleted.
        start = None if window.start is None else whole_second(window.start)
        span = Span(start, whole_second(window.end) + SECOND)
        self._orders_total = None
        if stream is Stream.CUSTOMERS:
            yield from self._whole(CUSTOMERS)
            self._noticed.customers_scanned()
        elif stream is Stream.ORDERS:
            yield from self._orders(span, window.resume)
        else:
            self._require_currency()
            yield from self._products(span, window.resume)

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield these records as they are now, and the ids the shop has no more."""
        if stream is Stream.PRODUCTS:
            self._require_currency()
        yield from self._by_name.read(stream, ids, self._noticed.variations)

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:
        """Yield what to read again although no date moved, as noticed while reading the streams."""
        if stream is Stream.CUSTOMERS:
            return self._noticed.unannounced_customers(known)
        if stream is Stream.ORDERS:
            return chain(self._noticed.unannounced_orders(known), self._lost_orders(known))
        # All of the stream has been read by now, so its lists' totals may stand for a count.
        self._are_totals_fresh = True
        return self._noticed.unannounced_products(known)

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance] | None:
        """Yield the live orders placed in `[start, end)`, a hundred a call."""
        return placed(self._reader, self._pager, self._abilities, start, end)

    def oldest_order(self) -> datetime | None:
        """Return when the oldest order was placed, None without any."""
        return min(
            filter(None, map(self._reader.oldest, self._abilities.orders.live)), default=None
        )

    def close(self) -> None:
        """Close connections and threads. Safe to call twice."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._api.http.close()

    def _orders(self, span: Span, resume: str | None) -> Iterator[Page]:
        is_change = span.start is not None
        lists = self._abilities.orders
        *others, main = lists.changes if is_change else lists.all
        for listing in others:
            for part in self._changes(listing, span):
                self._noticed.orders(part.rows, is_change=is_change)
                # Nothing is complete before the last list of the stream has been read.
                yield page_of(Stream.ORDERS, Part(part.rows, None))
        for part in self._changes(main, _resumed(span, resume)):
            self._noticed.orders(part.rows, is_change=is_change)
            yield page_of(Stream.ORDERS, part)

    def _products(self, span: Span, resume: str | None) -> Iterator[Page]:
        if span.start is not None and resume is None:
            yield from self._changed_products(span)
            return
        yield from self._unfinished(TRASHED_PRODUCTS, span)
        if self._abilities.has_variations:
            yield from self._unfinished(VARIATIONS, span)
        # Only this last list may be taken up where it was left.
        for part in self._changes(PRODUCTS, _resumed(span, resume)):
            if not self._abilities.has_variations:
                yield from self._variations_of(part.rows)
            yield page_of(Stream.PRODUCTS, part)

    def _changed_products(self, span: Span) -> Iterator[Page]:
        self._totals, self._are_totals_fresh = {}, False
        lists = [PRODUCTS, TRASHED_PRODUCTS]
        if self._abilities.has_variations:
            # After their products, whose names they carry and which move along with them.
            lists.append(VARIATIONS)
        for listing in lists:
            fetch = self._reader.fetch_changed(listing, span)
            found = newest(self._pager, fetch, span)
            if found is None:
                parts: Iterable[Part] = self._changes(listing, span)
            else:
                if listing is not TRASHED_PRODUCTS:
                    self._totals[listing.path] = found.total
                parts = [Part(found.rows, None)] if found.rows else []
            for part in parts:
                self._noticed.products(part.rows)
                yield page_of(Stream.PRODUCTS, Part(part.rows, None))
                if listing is PRODUCTS and not self._abilities.has_variations:
                    yield from self._variations_of(part.rows)

    def _lost_orders(self, known: Known) -> Iterator[str]:
        live = self._abilities.orders.live
        if len(live) != 1:
            return
        ids = known.ids(Stream.ORDERS)
        total = self._reader.total(live[0])
        if total == len(ids):
            self._orders_total = total
            return
        yield from lost_from(self._reader.fetch_ids(live[0]), ids, total)

    def _whole(self, listing: Listing) -> Iterator[Page]:
        for part in self._pager.by_id(self._reader.fetch(listing), _EVERYTHING):
            yield page_of(listing.stream, Part(part.rows, None))

    def _unfinished(self, listing: Listing, span: Span) -> Iterator[Page]:
        for part in self._changes(listing, span):
            yield page_of(listing.stream, Part(part.rows, None))

    def _changes(self, listing: Listing, span: Span) -> Iterator[Part]:
        fetch = self._reader.fetch(listing)
        if not self._abilities.compares_utc(listing):
            return self._pager.in_any_order(fetch, span)
        return self._pager.by_change(fetch, span)

    def _variations_of(self, rows: Iterable[Row]) -> Iterator[Page]:
        """Read all variations of the variable products among `rows`.

        A variation's change moves its product's date, so no other products need asking.
        """
        parents = [row.id for row in rows if row.kind.startswith("variable") and row.id]
        for listing in map(Listing.of_parent, parents):
            for part in self._pager.by_id(self._reader.fetch(listing), _EVERYTHING):
                self._noticed.products(part.rows)
                yield page_of(Stream.PRODUCTS, Part(part.rows, None))

    def _live_lists(self, stream: Stream) -> tuple[Listing, ...]:
        if stream is Stream.CUSTOMERS:
            return (CUSTOMERS,)
        return self._abilities.orders.live if stream is Stream.ORDERS else (PRODUCTS, VARIATIONS)

    def _count_products(self) -> int:
        if not self._abilities.has_variations:
            return sum(1 + len(row.links) for row in self._products_with_variations())
        known = self._totals if self._are_totals_fresh else {}
        # Once only: whoever asks again wants to know how it is now.
        self._are_totals_fresh = False
        return sum(
            known[listing.path] if listing.path in known else self._reader.total(listing)
            for listing in self._live_lists(Stream.PRODUCTS)
        )

    def _products_with_variations(self) -> Iterator[Row]:
        """Yield each product with the ids of its variations, for shops that do not list these."""
        fetch = self._reader.fetch_ids(PRODUCTS, with_variations=True)
        for part in self._pager.by_id(fetch, _EVERYTHING, is_exact=True):
            yield from part.rows

    def _require_currency(self) -> None:
        if self._reader.rules.currency is None:
            currency = self.config.settings.get("currency") or store_currency(self._api)
            if not currency:
                raise Permanent(
                    "the currency of its prices is unknown, since the key may not read the shop's "
                    "settings: set `currency` in the store's settings.",
                    store=self.config.key,
                )
            self._reader.rules = rules_of(self.config, currency=str(currency))


def _resumed(span: Span, resume: str | None) -> Span:
    if resume is None:
        return span
    mark = datetime.fromisoformat(resume).astimezone(UTC)
    return Span(mark if span.start is None else max(mark, span.start), span.end)
