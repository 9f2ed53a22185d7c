"""A Shopify store, read through its Admin GraphQL API.

Orders and customers come in the order of their changes. Products come as their variants, and a
variant can change without its product and the other way round, so an increment reads both: first
the variants that changed by themselves, then the changed products with all their variants.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.errors import BadRecord, Permanent, Transient
from connectors.http import HttpClient
from connectors.records import Stream
from connectors.services import Services
from connectors.shopify import preflight
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import Batch, Seen, id_of
from connectors.shopify.failures import ScopeMissing
from connectors.shopify.mapping import map_payload
from connectors.shopify.nested import NestedLists
from connectors.shopify.paging import RawPage, pages
from connectors.shopify.status import StatusRules
from connectors.shopify.throttle import LARGEST_PAGE, PageSize, Throttle
from connectors.shopify.tokens import Tokens
from connectors.shopify.windows import Progress, changed_at, daily_filter, exact_filter, is_inside

DEFAULT_VERSION: Final = "2026-10"
# Without naming all four, only ACTIVE products come.
_EVERY_STATUS: Final = "status:active,draft,archived,unlisted"
_VERSION: Final = re.compile(r"20\d\d-(?:01|04|07|10)|unstable")
# Page sizes at which the published cost rules allow the query at worst.
SAFE_PAGES: Final = {"customers": 200, "products": 12, "changed_variants": 150, "orders": 10}

Filter = Callable[[Window], str | None]


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
        self.api_version: Final = str(config.settings.get("api_version") or DEFAULT_VERSION)
        if not _VERSION.fullmatch(self.api_version):
            raise Permanent(
                f"`api_version` {self.api_version[:20]!r} is no version of Shopify's API; they "
                f"look like {DEFAULT_VERSION}.",
                store=config.key,
            )
        # Read now: a mistake in it should not surface in the middle of the night's reading.
        StatusRules.from_settings(config.settings, store=config.key)
        self._largest = self._size_setting("page_size") or LARGEST_PAGE
        self._sizes: dict[str, PageSize] = {}
        self._http = HttpClient(config, base_url=config.base_url, sleep=sleep)
        self._throttle = Throttle(allowance=self._services.allowance, sleep=sleep, clock=clock)
        self._api = ShopifyApi(
            config,
            http=self._http,
            tokens=Tokens(config, self._http, vault=self._services.vault, clock=clock),
            throttle=self._throttle,
            api_version=self.api_version,
        )
        self._nested = NestedLists(self._api, self._size_setting("nested_page_size"))

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries and token requests included."""
        return self._http.calls

    def probe(self) -> StoreProbe:
        """Check address, token and scopes; raises a StoreError saying what to do."""
        return preflight.probe(self._api, self.config, version=self.api_version)

    def count(self, stream: Stream) -> int | None:
        """Return how many records a full read yields, None when Shopify only gives a bound."""
        names = {
            Stream.CUSTOMERS: ("count_customers", "customersCount"),
            Stream.PRODUCTS: ("count_variants", "productVariantsCount"),
            Stream.ORDERS: ("count_orders", "ordersCount"),
        }
        name, root = names[stream]
        wants_test = stream is not Stream.ORDERS or self.config.settings.get("include_test")
        variables = {} if wants_test else {"query": "test:false"}
        found = self._api.run(name, variables).data.get(root)
        if not isinstance(found, dict) or found.get("precision") != "EXACT":
            return None
        count = found.get("count")
        return count if isinstance(count, int) else None

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window."""
        if stream is Stream.PRODUCTS:
            yield from self._read_products(window)
        elif stream is Stream.CUSTOMERS:
            yield from self._read_ordered(stream, window, daily_filter)
        else:
            yield from self._read_ordered(stream, window, exact_filter)

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
        names = {
            Stream.CUSTOMERS: ("customer_ids", "customers"),
            Stream.PRODUCTS: ("variant_ids", "productVariants"),
            Stream.ORDERS: ("order_ids", "orders"),
        }
        name, root = names[stream]
        size = PageSize(LARGEST_PAGE, largest=self._largest)
        for raw in pages(self._api, name, root, size=size):
            if raw.is_stuck or raw.errors:
                raise Transient(f"{name}: Shopify does not list all ids.", store=self.config.key)
            for node in raw.nodes:
                external_id = id_of(node)
                if external_id is None:
                    raise Transient(f"{name}: an id cannot be read.", store=self.config.key)
                yield external_id

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        self._http.close()
        self._throttle.close()

    def _read_ordered(self, stream: Stream, window: Window, query: Filter) -> Iterator[Page]:
        """Read a stream whose elements are records and come in the order of their changes."""
        name = stream.value
        progress = Progress()
        batch = Batch(stream)
        more = self._nested.orders if stream is Stream.ORDERS else {}
        for raw in self._in_order(name, window, progress, query, more):
            batch = Batch(stream, batch.seen)
            for index, node in enumerate(raw.nodes):
                at = changed_at(node)
                if batch.is_repeated(node, at):
                    continue
                progress.see(at)
                if is_inside(at, window):
                    self._take(batch, raw, index, node)
            yield batch.page(complete_until=progress.complete_until(window.end))

    def _take(self, batch: Batch, raw: RawPage, index: int, node: Any) -> None:
        if index in raw.errors:
            batch.reject(node, BadRecord(raw.errors[index].reason, code="partial_answer"))
            return
        if batch.stream is Stream.ORDERS:
            try:
                node = self._nested.complete_order(node)
            except BadRecord as reason:
                batch.reject(node, reason)
                return
        batch.add(node, lambda: map_payload(batch.stream, node, self.config))

    def _read_products(self, window: Window) -> Iterator[Page]:
        # Variants of the first pass, kept whole: their products may come on any page.
        taken: set[Seen] = set()
        if window.start is not None:
            for page, seen in self._changed_variants(window):
                taken |= seen
                yield page
        progress = Progress()
        batch = Batch(Stream.PRODUCTS)
        more = self._nested.variants
        for raw in self._in_order("products", window, progress, _any_product, more):
            batch = Batch(Stream.PRODUCTS, batch.seen, taken)
            for index, product in enumerate(raw.nodes):
                at = changed_at(product)
                if batch.is_repeated(product, at):
                    continue
                progress.see(at)
                if is_inside(at, window):
                    self._take_variants(batch, raw, index, product)
            yield batch.page(complete_until=progress.complete_until(window.end))

    def _changed_variants(self, window: Window) -> Iterator[tuple[Page, set[Seen]]]:
        """Yield the variants that changed, in the order of ids: Shopify knows no other for them."""
        batch = Batch(Stream.PRODUCTS)
        for raw in self._pages("changed_variants", "productVariants", exact_filter(window)):
            batch = Batch(Stream.PRODUCTS, batch.seen)
            for index, variant in enumerate(raw.nodes):
                if is_inside(changed_at(variant), window):
                    self._take_variant(batch, raw, index, variant)
            yield batch.page(complete_until=None), batch.seen

    def _take_variants(self, batch: Batch, raw: RawPage, index: int, product: Any) -> None:
        if index in raw.errors:
            batch.reject(product, BadRecord(raw.errors[index].reason, code="partial_answer"))
            return
        try:
            variants, parent = self._nested.variants_of(product)
        except BadRecord as reason:
            batch.reject(product, reason)
            return
        for variant in variants:
            self._take_variant(batch, raw, None, {**variant, "product": parent})

    def _take_variant(self, batch: Batch, raw: RawPage, index: int | None, variant: Any) -> None:
        if batch.is_repeated(variant, changed_at(variant, "product")):
            return
        if index is not None and index in raw.errors:
            batch.reject(variant, BadRecord(raw.errors[index].reason, code="partial_answer"))
            return
        shop = raw.answer.data.get("shop")
        currency = shop.get("currencyCode") if isinstance(shop, Mapping) else None
        payload = {**variant, "shopCurrency": currency} if isinstance(variant, Mapping) else variant
        batch.add(payload, lambda: map_payload(Stream.PRODUCTS, payload, self.config))

    def _in_order(
        self,
        name: str,
        window: Window,
        progress: Progress,
        query: Filter,
        more: Mapping[str, Any],
    ) -> Iterator[RawPage]:
        """Yield the pages of a stream in the order of changes, up to the window's end.

        Where the cursor stops moving, a new query starts at the last change seen.
        """
        start = window.start
        while True:
            is_stuck = False
            part = Window(start=start, end=window.end)
            for raw in self._pages(name, name, query(part), more):
                yield raw
                if progress.is_beyond(window.end):
                    return
                is_stuck = raw.is_stuck
            reached = progress.reached
            if not is_stuck or reached is None or (start is not None and reached <= start):
                return
            start = reached
            progress.start_anew()

    def _pages(
        self, name: str, root: str, query: str | None, more: Mapping[str, Any] | None = None
    ) -> Iterator[RawPage]:
        size = self._sizes.setdefault(name, PageSize(SAFE_PAGES[name], largest=self._largest))
        return pages(self._api, name, root, size=size, variables={**(more or {}), "query": query})

    def _size_setting(self, name: str) -> int | None:
        value: object = self.config.settings.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_PAGE:
            raise Permanent(
                f"`{name}` must be a number from 1 to {LARGEST_PAGE}.", store=self.config.key
            )
        return value


def _any_product(window: Window) -> str:
    return f"{_EVERY_STATUS} AND {exact_filter(window)}"
