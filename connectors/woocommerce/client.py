"""WooCommerce REST v3 as a connector: which lists make up a stream, and what is in them.

`status=any` leaves out the trash, so trash is a list of its own, read first: the main list then
tells how far the stream is complete. Customers have no change time to ask by and are read whole;
the content hash decides what is new. Variations have a list of their own since WooCommerce 10.3
and are asked for product by product before that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.errors import Permanent
from connectors.records import Stream
from connectors.services import Services
from connectors.woocommerce.api import RouteMissing, ShopApi
from connectors.woocommerce.listings import CUSTOMERS, TRASHED, VARIATIONS, Listing, page_of
from connectors.woocommerce.listings import MAIN as MAIN_LISTS
from connectors.woocommerce.mapping import rules_of
from connectors.woocommerce.paging import Pager, Part
from connectors.woocommerce.probing import probe, store_currency
from connectors.woocommerce.reading import Reader
from connectors.woocommerce.rows import Row
from connectors.woocommerce.spans import Span, bounds, whole_second

_CONCURRENCY: Final = 4
_PAGE_SIZE: Final = 100
_LARGEST_PAGE: Final = 100
_ATTEMPTS: Final = 3
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
        page_size = min(_LARGEST_PAGE, max(1, int(settings.get("page_size") or _PAGE_SIZE)))
        self._pool: Final = ThreadPoolExecutor(
            max_workers=concurrency, thread_name_prefix=f"woocommerce-{config.key}"
        )
        self._pager: Final = Pager(self._pool, concurrency=concurrency, page_size=page_size)
        self._reader: Final = Reader(self._api, rules)
        self._has_variations_list: bool | None = None

    def __repr__(self) -> str:
        return f"WooCommerceConnector({self.config.key!r})"

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        return self._api.http.calls

    def probe(self) -> StoreProbe:
        """Check address, key and permissions; raise a StoreError saying what to do."""
        return probe(self._api, self.config)

    def count(self, stream: Stream) -> int:
        """Return how many records a full read yields, by the shop's own totals."""
        return sum(self._pool.map(self._reader.total, self._all_lists(stream)))

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the id of every record the shop still has, trash included."""
        for listing in self._all_lists(stream):
            for part in self._pager.by_id(self._reader.fetch_ids(listing), _EVERYTHING):
                yield from (row.id for row in part.rows)

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window; customers always whole."""
        if stream is Stream.CUSTOMERS:
            yield from self._unfinished(CUSTOMERS, _EVERYTHING)
            return
        if stream is Stream.PRODUCTS:
            self._require_currency()
        has_variations = stream is Stream.PRODUCTS and self._knows_variations()
        span = Span(whole_second(window.start), whole_second(window.end))
        yield from self._unfinished(TRASHED[stream], span)
        if has_variations:
            yield from self._unfinished(VARIATIONS, span)
        # Only this last list may be taken up where it was left.
        main = MAIN_LISTS[stream]
        for part in self._changes(main, _resumed(span, window.resume)):
            if stream is Stream.PRODUCTS and not has_variations:
                yield from self._variations_of(part.rows)
            yield page_of(stream, part)

    def close(self) -> None:
        """Close connections and threads. Safe to call twice."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._api.http.close()

    def _unfinished(self, listing: Listing, span: Span) -> Iterator[Page]:
        """Read a list that is not the last of its stream, so nothing is complete after it."""
        parts = (
            self._pager.by_id(self._reader.fetch(listing), span)
            if span == _EVERYTHING
            else self._changes(listing, span)
        )
        for part in parts:
            yield page_of(listing.stream, Part(part.rows, None))

    def _changes(self, listing: Listing, span: Span) -> Iterator[Part]:
        fetch = self._reader.fetch(listing)
        if not self._compares_utc(listing, span):
            return self._pager.in_any_order(fetch, span)
        return self._pager.by_change(fetch, span)

    def _compares_utc(self, listing: Listing, span: Span) -> bool:
        """Check that the shop obeys `dates_are_gmt`, which some are reported not to.

        Told by a second question with the zone written out: read as local time, a bound west of
        Greenwich would leave out the latest orders without a trace. Two equal totals of different
        orders are told apart later, by orders that do not belong to the span.
        """
        bare = bounds(span)
        zoned = {name: f"{value}Z" for name, value in bare.items() if name.startswith("modified")}
        # An order changed between the two questions makes a difference once, not every time.
        return any(
            self._reader.total(listing, bare) == self._reader.total(listing, zoned)
            for _ in range(_ATTEMPTS)
        )

    def _variations_of(self, rows: Iterable[Row]) -> Iterator[Page]:
        """Read all variations of the variable products among `rows`.

        A variation's change moves its product's date, so no other products need asking.
        """
        parents = [row.id for row in rows if row.kind.startswith("variable") and row.id]
        for listing in map(Listing.of_parent, parents):
            yield from self._unfinished(listing, _EVERYTHING)

    def _all_lists(self, stream: Stream) -> list[Listing]:
        if stream is Stream.CUSTOMERS:
            return [CUSTOMERS]
        lists = [TRASHED[stream], MAIN_LISTS[stream]]
        if stream is Stream.ORDERS:
            return lists
        if self._knows_variations():
            return [*lists, VARIATIONS]
        fetch = self._reader.fetch_ids(MAIN_LISTS[stream])
        return lists + [
            Listing.of_parent(row.id)
            for part in self._pager.by_id(fetch, _EVERYTHING)
            for row in part.rows
            if row.kind.startswith("variable")
        ]

    def _knows_variations(self) -> bool:
        if self._has_variations_list is None:
            try:
                self._reader.total(VARIATIONS)
                self._has_variations_list = True
            except RouteMissing:
                self._has_variations_list = False
        return self._has_variations_list

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
