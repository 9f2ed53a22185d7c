"""A list read page by page, in the order of changes where Shopify knows one.

Short increments of customers come newest first: their filter is grained by day, and a busy store
would otherwise be read from yesterday's midnight on each time. A row that changes meanwhile moves
to the front, where it belongs to the next window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from connectors.base import Page, Window
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import Batch, Seen
from connectors.shopify.nested import NestedLists
from connectors.shopify.paging import RawPage, pages
from connectors.shopify.sources import PRODUCTS, SAFE_PAGES, VARIANTS, Source
from connectors.shopify.taking import Taker, shop_currency
from connectors.shopify.throttle import PageSize
from connectors.shopify.windows import Progress, changed_at, is_inside

# Longer ones come oldest first: one day more to read is little then, and what was read is kept
# should the reading break off.
_SHORT: Final = timedelta(days=3)


class PagedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and whether more of the window is to come."""

    page: Page
    has_more: bool


class PagedReading:
    """Reads the lists of one store by pages. `largest`: most elements of a page."""

    def __init__(self, api: ShopifyApi, taker: Taker, nested: NestedLists, *, largest: int) -> None:
        self._api = api
        self._taker = taker
        self._nested = nested
        self._largest = largest
        self._sizes: dict[str, PageSize] = {}

    def size(self, name: str) -> PageSize:
        """Return the page size that the document `name` has come to."""
        return self._sizes.setdefault(name, PageSize(SAFE_PAGES[name], largest=self._largest))

    def parts(self, source: Source, window: Window, taken: set[Seen]) -> Iterator[PagedPart]:
        """Yield what changed inside the window.

        `taken`: states of variants that came before and need not come again; grows by those of
        `VARIANTS`, whose products may be met on any later page.
        """
        if source.newest_first and _is_short(window):
            yield from self._newest_first(source, window)
        elif source is VARIANTS:
            yield from self._unordered(source, window, taken)
        else:
            yield from self._oldest_first(source, window, taken)

    def _oldest_first(
        self, source: Source, window: Window, taken: set[Seen]
    ) -> Iterator[PagedPart]:
        progress = Progress()
        batch = Batch(source.stream)
        for raw in self._in_order(source, window, progress):
            batch = Batch(source.stream, batch.seen, taken)
            self._fill(batch, source, raw, window, progress)
            yield PagedPart(
                page=batch.page(complete_until=progress.complete_until(window.end)),
                has_more=raw.has_more,
            )

    def _newest_first(self, source: Source, window: Window) -> Iterator[PagedPart]:
        """Read from the newest change down to the window's start; see the module's text."""
        batch = Batch(source.stream)
        progress = Progress(is_descending=True)
        for raw in self._pages(source, source.filter(window), {"reverse": True}):
            if raw.is_stuck:
                # Its older part cannot be asked for by a filter that knows only days.
                yield from self._oldest_first(source, window, set())
                return
            batch = Batch(source.stream, batch.seen)
            self._fill(batch, source, raw, window, progress)
            is_over = progress.is_before(window.start)
            yield PagedPart(
                page=batch.page(complete_until=None), has_more=raw.has_more and not is_over
            )
            if is_over:
                return

    def _unordered(self, source: Source, window: Window, taken: set[Seen]) -> Iterator[PagedPart]:
        """Read the variants that changed, in the order of ids: Shopify knows no other for them."""
        batch = Batch(source.stream)
        for raw in self._pages(source, source.filter(window), {}):
            batch = Batch(source.stream, batch.seen)
            self._fill(batch, source, raw, window, Progress())
            taken |= batch.seen
            yield PagedPart(page=batch.page(complete_until=None), has_more=raw.has_more)

    def _fill(
        self, batch: Batch, source: Source, raw: RawPage, window: Window, progress: Progress
    ) -> None:
        currency = shop_currency(raw.answer.data)
        for index, node in enumerate(raw.nodes):
            at = changed_at(node)
            error = raw.errors.get(index)
            if source is VARIANTS:
                if is_inside(at, window):
                    self._taker.take_variant(batch, node, currency, error)
                continue
            if batch.is_repeated(node, at):
                continue
            progress.see(at)
            if not is_inside(at, window):
                continue
            if source is PRODUCTS:
                self._taker.take_product(batch, node, currency, error)
            else:
                self._taker.take(batch, node, error)

    def _in_order(self, source: Source, window: Window, progress: Progress) -> Iterator[RawPage]:
        """Yield the pages of a list in the order of changes, up to the window's end.

        Where the cursor stops moving, a new query starts at the last change seen.
        """
        start = window.start
        while True:
            is_stuck = False
            part = Window(start=start, end=window.end)
            for raw in self._pages(source, source.filter(part), {}):
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
        self, source: Source, query: str | None, more: Mapping[str, Any]
    ) -> Iterator[RawPage]:
        nested = self._nested.first_of(source.children)
        variables = {**nested, **more, "query": query}
        return pages(
            self._api, source.name, source.root, size=self.size(source.name), variables=variables
        )


def _is_short(window: Window) -> bool:
    return window.start is not None and window.end - window.start <= _SHORT
