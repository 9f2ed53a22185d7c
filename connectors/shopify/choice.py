"""Bulk operation or pages: by the count of what is to be read.

A bulk operation costs the same few calls for ten records as for a million, and a wait. Pages cost
a call for some ten orders, and none of them waits. An increment is not counted unless its first
page does not hold it: the one order that changed since the last sync is to cost one call.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from connectors.base import Page, StoreConfig, Window
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import Batch, Seen
from connectors.shopify.bulk import BulkUnusable
from connectors.shopify.bulk_reading import BulkReading, Job, Slice, job_of
from connectors.shopify.orders_span import oldest
from connectors.shopify.paged import PagedReading
from connectors.shopify.settings import BulkMode, Settings
from connectors.shopify.sources import ORDERS, PRODUCTS, VARIANTS, Source
from connectors.shopify.taking import Taker, shop_currency
from connectors.shopify.windows import changed_at, is_inside, stamp

_logger: Final = logging.getLogger(__name__)


class Reading:
    """Reads the lists of one store in whichever way is right."""

    def __init__(
        self,
        config: StoreConfig,
        settings: Settings,
        api: ShopifyApi,
        taker: Taker,
        paged: PagedReading,
        bulk: BulkReading,
    ) -> None:
        self._config = config
        self._settings = settings
        self._api = api
        self._taker = taker
        self._paged = paged
        self._bulk = bulk

    def count(self, source: Source, query: str | None) -> tuple[int | None, bool]:
        """Return how many elements match `query`, and whether that is exact and no lower bound."""
        variables = {} if query is None else {"query": query}
        found = self._api.run(source.count, variables).data.get(source.count_root)
        told = found if isinstance(found, dict) else {}
        count = told.get("count")
        is_exact = told.get("precision") == "EXACT"
        return (count if isinstance(count, int) else None), is_exact

    def pages(self, source: Source, window: Window, taken: set[Seen]) -> Iterator[Page]:
        """Yield what changed inside the window; `taken` as in `PagedReading.parts`."""
        job = job_of(window.resume)
        if job is not None and job.name == source.name and self._settings.bulk != BulkMode.NEVER:
            yield from self._through_bulk(source, window, job, taken)
            return
        if self._settings.bulk == BulkMode.ALWAYS:
            yield from self._through_bulk(source, window, self._job(source, window, None), taken)
            return
        if self._settings.bulk == BulkMode.AUTO and window.start is None:
            count = self._large(source, window)
            if count is not None:
                job = self._job(source, window, count)
                yield from self._through_bulk(source, window, job, taken)
                return
        yield from self._by_pages(source, window, taken, may_switch=window.start is not None)

    def _by_pages(
        self, source: Source, window: Window, taken: set[Seen], *, may_switch: bool
    ) -> Iterator[Page]:
        may_switch = may_switch and self._settings.bulk == BulkMode.AUTO
        for part in self._paged.parts(source, window, taken):
            yield part.page
            if may_switch and part.has_more:
                may_switch = False
                count = self._large(source, window)
                if count is not None:
                    job = self._job(source, window, count)
                    yield from self._through_bulk(source, window, job, taken)
                    return

    def _large(self, source: Source, window: Window) -> int | None:
        """Return how many elements a window has, None when too few for a bulk operation."""
        count, _ = self.count(source, source.filter(window))
        return count if count is not None and count >= self._settings.bulk_from else None

    def _through_bulk(
        self, source: Source, window: Window, job: Job, taken: set[Seen]
    ) -> Iterator[Page]:
        try:
            yield from self._bulk_pages(source, window, job, taken)
        except BulkUnusable as failure:
            if self._settings.bulk == BulkMode.ALWAYS:
                raise
            _logger.warning("%s Reading %s by pages instead.", failure, source.name)
            # From the window's beginning: what came already is recognised and not written again.
            yield from self._by_pages(source, window, taken, may_switch=False)

    def _bulk_pages(
        self, source: Source, window: Window, job: Job, taken: set[Seen]
    ) -> Iterator[Page]:
        currency = self._currency() if source in (PRODUCTS, VARIANTS) else None
        is_empty = job.at == 0 and job.done == 0
        for chunk in self._bulk.chunks(job):
            is_empty = is_empty and not chunk.nodes
            batch = Batch(source.stream, frozenset(), taken)
            for node in chunk.nodes:
                if is_inside(changed_at(node), window):
                    self._take(source, batch, node, currency)
            if source is VARIANTS:
                taken |= batch.seen
            # Rows come in no order of time, so nothing is promised before the end.
            yield batch.page(complete_until=None, resume=chunk.mark)
        if is_empty:
            self._check_emptiness(source, window)

    def _check_emptiness(self, source: Source, window: Window) -> None:
        """Raise BulkUnusable when nothing came and the store counts something all the same."""
        count, _ = self.count(source, source.filter(window))
        if count:
            raise BulkUnusable(
                f"a bulk operation for {source.name} brought nothing of the {count:,} that "
                "Shopify counts.",
                store=self._config.key,
            )

    def _take(self, source: Source, batch: Batch, node: Any, currency: str | None) -> None:
        if source is VARIANTS:
            self._taker.take_variant(batch, node, currency)
        elif source is PRODUCTS:
            self._taker.take_product(batch, node, currency)
        else:
            self._taker.take(batch, node, is_uncut=True)

    def _currency(self) -> str | None:
        return shop_currency(self._api.run("shop").data)

    def _job(self, source: Source, window: Window, count: int | None) -> Job:
        query = source.filter(window)
        slices = [Slice(query=query)]
        if source is ORDERS and window.start is None and count is not None:
            number = min(self._settings.bulk_concurrency, count // self._settings.bulk_slice)
            if number > 1:
                slices = self._sliced(query, window.end, number)
        return Job(name=source.name, document=source.bulk, children=source.children, slices=slices)

    def _sliced(self, query: str | None, end: datetime, number: int) -> list[Slice]:
        """Cut the orders into spans of their creation, which Shopify goes through side by side."""
        first = oldest(self._api, "CREATED_AT")
        if first is None or first >= end:
            return [Slice(query=query)]
        step = (end - first) / number
        edges = [(first + step * place).replace(microsecond=0) for place in range(1, number)]
        # Open at both ends: an order outside of what was asked first belongs to some slice too.
        terms = [f"created_at:<'{stamp(edges[0])}'"]
        terms += [
            f"created_at:>='{stamp(low)}' AND created_at:<'{stamp(high)}'"
            for low, high in pairwise(edges)
        ]
        terms.append(f"created_at:>='{stamp(edges[-1])}'")
        return [Slice(query=" AND ".join(filter(None, [query, term]))) for term in terms]
