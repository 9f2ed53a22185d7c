"""A Shopify store, read through its Admin GraphQL API.

A large reading goes through bulk operations, a small one through pages in the order of changes.
What no reading by date shows (deletions, merged customers, variants that are gone) is looked up
afterwards, record by record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from connectors.base import Connector, Known, Page, StoreConfig, StoreProbe, Window
from connectors.errors import Permanent
from connectors.glances import OrderGlance
from connectors.http import HttpClient
from connectors.records import Stream
from connectors.services import Services
from connectors.shopify import placed, preflight
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import Seen
from connectors.shopify.bulk import BulkOperations
from connectors.shopify.bulk_reading import BulkReading, job_of
from connectors.shopify.by_name import ByName
from connectors.shopify.choice import Reading
from connectors.shopify.deletions import Deletions
from connectors.shopify.failures import ScopeMissing
from connectors.shopify.id_lists import IdLists
from connectors.shopify.nested import NestedLists
from connectors.shopify.orders_span import oldest
from connectors.shopify.paged import PagedReading
from connectors.shopify.settings import BulkMode, Settings
from connectors.shopify.sightings import Sightings
from connectors.shopify.sources import CUSTOMERS, NAMES, ORDERS, PRODUCTS, VARIANTS
from connectors.shopify.storage import Storage
from connectors.shopify.taking import Taker
from connectors.shopify.throttle import Throttle
from connectors.shopify.tokens import Tokens
from connectors.shopify.windows import up_to_second

_LISTS: Final = {Stream.CUSTOMERS: CUSTOMERS, Stream.PRODUCTS: PRODUCTS, Stream.ORDERS: ORDERS}

# Without read_all_orders the last 60 days are shown; a day less, since both clocks may differ.
_VISIBLE: Final = timedelta(days=59)


class ShopifyConnector(Connector):
    """Reads one Shopify store. Settings and credentials: README.md beside this file."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self._services = services or Services()
        self._settings = Settings.of(config)
        self.api_version: Final = self._settings.api_version
        self._http = HttpClient(config, base_url=config.base_url, sleep=sleep)
        self._storage = Storage(config, sleep=sleep)
        self._throttle = Throttle(allowance=self._services.allowance, sleep=sleep, clock=clock)
        self._api = ShopifyApi(
            config,
            http=self._http,
            tokens=Tokens(config, self._http, vault=self._services.vault, clock=clock),
            throttle=self._throttle,
            api_version=self.api_version,
        )
        self._nested = nested = NestedLists(self._api, self._settings.nested_page_size)
        self._sightings = Sightings()
        self._taker = taker = Taker(config, nested, self._sightings)
        self._paged = paged = PagedReading(
            self._api, taker, nested, largest=self._settings.page_size
        )
        bulk = BulkReading(
            config.key,
            BulkOperations(self._api, hide=self._http.hide),
            self._storage,
            wait_seconds=self._settings.bulk_wait_seconds,
            sleep=sleep,
            clock=clock,
        )
        self._reading = Reading(config, self._settings, self._api, taker, paged, bulk)
        self._by_name = ByName(self._api, taker, nested, paged)
        self._id_lists = IdLists(self._api, bulk, self._settings)
        self._deletions = Deletions(self._api)
        # Where the last reading of each stream began.
        self._since: dict[Stream, datetime | None] = {}
        self._counts: dict[Stream, int | None] = {}

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far: retries, token requests and downloads included."""
        return self._http.calls + self._storage.calls

    def probe(self) -> StoreProbe:
        """Check address, token and scopes; raises a StoreError saying what to do."""
        return preflight.probe(self._api, self.config, version=self.api_version)

    def count(self, stream: Stream) -> int | None:
        """Return how many records a full read yields, None when Shopify only gives a bound.

        None as well for orders of which the token sees no more than the last 60 days: those that
        grow older than that are not deleted.
        """
        is_order = stream is Stream.ORDERS
        if is_order and not preflight.sees_all_orders(self._api):
            return None
        query = "test:false" if is_order and not self._settings.include_test else None
        found, is_exact = self._reading.count(NAMES[stream].counted, query)
        self._counts[stream] = found
        return found if is_exact else None

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window, with the whole second of its end.

        What changed in that second just before the clock was asked would otherwise wait for the
        next sync.
        """
        for page in self._read(stream, up_to_second(window)):
            promised = page.complete_until
            if promised is not None and promised > window.end:
                page = msgspec.structs.replace(page, complete_until=window.end)  # noqa: PLW2901 - the same page
            yield page

    def _read(self, stream: Stream, window: Window) -> Iterator[Page]:
        self._since[stream] = window.start
        self._sightings.is_watching = window.start is not None
        taken: set[Seen] = set()
        job = job_of(window.resume)
        is_past_variants = job is not None and job.name == PRODUCTS.name
        if stream is Stream.PRODUCTS and window.start is not None and not is_past_variants:
            yield from self._reading.pages(VARIANTS, window, taken)
        yield from self._reading.pages(_LISTS[stream], window, taken)

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield the records of these ids as they are now, and those the store has no more."""
        for page in self._by_name.pages(stream, ids):
            if page.gone and stream is Stream.ORDERS and not preflight.sees_all_orders(self._api):
                self._refuse_to_tell(page.gone)
            yield page

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield every id the store still has; raises rather than end early.

        Orders need `read_all_orders`: without it everything older than 60 days looks deleted.
        """
        if stream is Stream.ORDERS and not preflight.sees_all_orders(self._api):
            raise ScopeMissing(
                "without the scope read_all_orders Shopify lists the last 60 days only, so "
                "deleted orders cannot be told from old ones. Ask Shopify to grant it to the app.",
                store=self.config.key,
            )
        if stream not in self._counts and self._settings.bulk == BulkMode.AUTO:
            self._counts[stream] = self._reading.count(NAMES[stream].counted, None)[0]
        yield from self._id_lists.ids(stream, self._counts.get(stream))

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:
        """Yield variants that their product has no more, and customers only an order tells of."""
        if stream is Stream.CUSTOMERS:
            yield from self._sightings.unknown_customers(known)
        elif stream is Stream.PRODUCTS:
            yield from self._sightings.lost_variants(known)
            since = self._since.get(stream)
            # The feed names products, the CRM holds variants.
            for product_id in self._deletions.of("Product", since) if since else ():
                yield from sorted(known.children(product_id))

    def deleted_ids(self, stream: Stream, window: Window) -> Iterator[str]:
        """Yield what Shopify's feed names as destroyed; products come through `unannounced`.

        The feed is kept for a year. Merged customers are not in it: the count tells of them.
        """
        if stream is not Stream.PRODUCTS and window.start is not None:
            yield from self._deletions.of(NAMES[stream].kind, window.start)

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance] | None:
        """Yield the live orders placed in `[start, end)`; None for a span that is partly hidden."""
        if not preflight.sees_all_orders(self._api) and start < datetime.now(UTC) - _VISIBLE:
            return None
        size = self._paged.size(placed.NAME)
        return placed.placed(self._api, self._taker, self._nested, size, (start, end))

    def oldest_order(self) -> datetime | None:
        """Return when the first order that the token can see was placed, None without any."""
        return oldest(self._api, "PROCESSED_AT")

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        self._http.close()
        self._throttle.close()

    def _refuse_to_tell(self, gone: Collection[str]) -> None:
        """Raise for an order that may just be old; the feed of deletions vouches for the others."""
        doubtful = set(gone) - self._deletions.seen("Order")
        if doubtful:
            raise Permanent(
                f"Shopify does not show order {min(doubtful)}, which may be deleted or older than "
                "60 days: without the scope read_all_orders nobody can tell. Ask Shopify to grant "
                "it to the app.",
                store=self.config.key,
            )
