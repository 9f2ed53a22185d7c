"""All rows of a WooCommerce list, though the list moves while it is read.

Pages are cut by position, so a row that leaves the list shifts all later ones: read page by page,
the first row of each later page is never seen. Two ways around it, both reading several pages at
once:

- *By change time*: a slice of some pages above the last seen second, taken only when all of its
  pages report the same total. Rows of its last second are left to the next slice, because more of
  them may follow: WooCommerce keeps whole seconds, and one import can put thousands into one.
- *Backwards by id*, for lists without a usable time, and wherever the first way does not hold
  (sorting ignored, local instead of UTC order, one second larger than a slice): rows only ever
  shift towards the pages still to be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

from connectors.errors import Transient
from connectors.woocommerce.api import ParameterRefused
from connectors.woocommerce.pace import Pace
from connectors.woocommerce.rows import Row
from connectors.woocommerce.spans import (
    ANY_ZONE,
    SECOND,
    Span,
    bounds,
    horizon_of,
    is_ascending,
    is_distinct,
    is_plausible,
)

_ATTEMPTS: Final = 3
_ROUNDS_PER_SLICE: Final = 4

Query = Mapping[str, str | int]


class Batch(NamedTuple):
    """One page, mapped, and the totals of its list at that moment."""

    rows: list[Row]
    total: int
    pages: int


class Part(NamedTuple):
    """Rows on their way out. `complete_until`: all changes before it are out, None if unknown."""

    rows: list[Row]
    complete_until: datetime | None


class Slice(NamedTuple):
    """Consecutive pages of one moment: no row moved while they were read."""

    pages: list[list[Row]]
    total: int
    is_last: bool


Fetch = Callable[[Query], Batch]


class Pager:
    """Reads lists of one shop, at the pace it can keep."""

    def __init__(self, pool: ThreadPoolExecutor, pace: Pace, *, store: str) -> None:
        self._pool = pool
        self._store = store
        self.pace: Final = pace

    def by_change(self, fetch: Fetch, span: Span) -> Iterator[Part]:
        """Yield the rows of `span`, oldest change first, each part complete up to its mark."""
        rest = span
        try:
            piece = self._slice(fetch, rest)
        except ParameterRefused:
            # Shops of years ago know no orderby=modified.
            yield from self.by_id(fetch, span)
            return
        while True:
            if not is_plausible(piece.pages, rest):
                # Bounds are ignored or shifted, so rows may enter the list while it is read.
                yield from self.in_any_order(fetch, rest)
                return
            is_settled = is_distinct(piece.pages)
            if is_settled and piece.is_last:
                break
            horizon = horizon_of(piece.pages, rest)
            if horizon is None or not is_settled:
                yield from self.by_id(fetch, rest)
                return
            if horizon in (rest.start, _first_change(piece.pages)):
                # One second fills the slice: read that second by itself.
                yield from self.by_id(fetch, Span(horizon, horizon + SECOND))
                rest = Span(horizon + SECOND, span.end)
                piece = self._slice(fetch, rest)
                continue
            below, rest = Span(rest.start, horizon), Span(horizon, span.end)
            following = self._slice(fetch, rest)
            yield from self._checked(fetch, piece, below, following.total)
            piece = following
        is_ordered = horizon_of(piece.pages, rest) is not None
        yield from _parts(piece.pages, rest, is_ordered=is_ordered)

    def by_id(self, fetch: Fetch, span: Span, *, is_exact: bool = False) -> Iterator[Part]:
        """Yield the rows of `span`, last page first; complete only when it ends.

        `is_exact`: raise Transient rather than end in doubt.
        """
        query = _by_id_query(span)
        size, first = self._first_page(fetch, query)
        if first.pages <= 1:
            yield from _parts([first.rows], span, is_ordered=False)
            return
        upper = first.pages
        known: set[str] = set()
        while upper >= 1:
            try:
                batches = self._steady(fetch, query, size, upper, is_open=span.end is None)
            except Transient as error:
                smaller = self.pace.after(error)
                upper, size = math.ceil(upper * size / smaller), smaller
                continue
            pages = [batch.rows for batch in batches]
            if not (is_ascending(chain.from_iterable(pages)) and is_plausible(pages, span)):
                # Rows may then also move towards the pages that were read already.
                yield from self.in_any_order(fetch, span, is_exact=is_exact)
                return
            upper -= len(batches)
            for page in pages:
                # Rows that shifted down show up once more, in the pages right below.
                fresh = [row for row in page if span.holds(row) and row.id not in known]
                if fresh:
                    yield Part(fresh, None)
            known = {row.id for page in pages for row in page if row.id}

    def in_any_order(self, fetch: Fetch, span: Span, *, is_exact: bool = False) -> Iterator[Part]:
        """Read a list whose sorting or bounds do not hold, again while its total changes.

        After the last pass rows that moved at every pass may still be missing; the next full
        reading or the comparison of counts finds them, `is_exact` raises Transient instead.
        """
        # Bounds may be read in the shop's own zone: ask for more, keep what belongs.
        early = None if span.start is None else span.start - ANY_ZONE
        query = _by_id_query(Span(early, None))
        seen: set[tuple[str, datetime | None]] = set()
        for _ in range(_ATTEMPTS):
            totals: set[int] = set()
            for batches in self._every_page(fetch, query):
                totals |= {batch.total for batch in batches if batch.rows}
                fresh = [
                    row
                    for batch in batches
                    for row in batch.rows
                    if span.holds(row) and (row.id, row.modified) not in seen
                ]
                seen |= {(row.id, row.modified) for row in fresh}
                if fresh:
                    yield Part(fresh, None)
            if len(totals) <= 1:
                return
        if is_exact:
            raise Transient(
                "a list changed each time it was read, so what is on it cannot be told. Sync again "
                "at a quieter hour.",
                store=self._store,
            )

    def _every_page(self, fetch: Fetch, query: Query) -> Iterator[list[Batch]]:
        """Yield all pages from the first on, from there again in a smaller size on trouble."""
        size, first = self._first_page(fetch, query)
        yield [first]
        lower = 2
        while lower <= first.pages:
            numbers = range(lower, min(lower + self.pace.at_once, first.pages + 1))
            try:
                batches = self._pages(fetch, query, size, numbers)
            except Transient as error:
                if self.pace.after(error) != size:
                    size, first = self._first_page(fetch, query)
                    lower = 2
                    yield [first]
                continue
            yield batches
            lower += len(numbers)

    def first(self, fetch: Fetch, query: Query, *, at_most: int) -> Batch:
        """Read just the first page of a list, in the largest size the shop can answer."""
        while True:
            size = min(self.pace.size, at_most)
            try:
                return fetch({**query, "per_page": size, "page": 1})
            except Transient as error:
                self.pace.after(error)

    def total(self, fetch: Fetch, query: Query) -> int:
        """Return how many rows a list has."""
        return fetch({**query, "per_page": 1}).total

    def _checked(
        self, fetch: Fetch, piece: Slice, below: Span, following_total: int
    ) -> Iterator[Part]:
        """Yield what `piece` has below the horizon, after making sure that it has it all."""
        shown = sum(below.holds(row) for page in piece.pages for row in page)
        if following_total != piece.total - shown and self.total(fetch, bounds(below)) > shown:
            # Sorted by local time, say: rows below the horizon stand behind the slice.
            yield from self.by_id(fetch, below)
        else:
            yield from _parts(piece.pages, below, is_ordered=True)

    def _slice(self, fetch: Fetch, span: Span) -> Slice:
        """Read some rounds of pages that agree on the total, else just the first page."""
        query = {**bounds(span), "orderby": "modified", "order": "asc"}
        most = 1 + self.pace.at_once * _ROUNDS_PER_SLICE
        attempt = 0
        while attempt < _ATTEMPTS:
            size, first = self._first_page(fetch, query)
            last = min(most, first.pages)
            try:
                others = self._pages(fetch, query, size, range(2, last + 1))
            except Transient as error:
                self.pace.after(error)
                continue
            if all(batch.total == first.total for batch in others):
                self.pace.succeeded()
                pages = [first.rows, *(batch.rows for batch in others)]
                return Slice(pages, first.total, last >= first.pages)
            attempt += 1
        # Too busy for a slice; a single page cannot be torn.
        return Slice([first.rows], first.total, first.pages <= 1)

    def _steady(
        self, fetch: Fetch, query: Query, size: int, upper: int, *, is_open: bool
    ) -> list[Batch]:
        """Read the pages up to `upper`, as many as the list holds still for, at least that one.

        A closed span only loses rows, so a total that stays means that none moved. An open one may
        lose one and win one: then the newest id tells.
        """
        for most in (self.pace.at_once * _ROUNDS_PER_SLICE, self.pace.at_once):
            numbers = range(max(1, upper - most + 1), upper + 1)
            if len(numbers) == 1:
                break
            before = self._newest(fetch, query) if is_open else None
            batches = self._pages(fetch, query, size, numbers)
            # A page that slid past the end is empty and may have forgotten the total.
            totals = {batch.total for batch in batches if batch.rows}
            if len(totals) <= 1 and (before is None or before == self._newest(fetch, query)):
                self.pace.succeeded()
                return batches
        return self._pages(fetch, query, size, range(upper, upper + 1))

    def _newest(self, fetch: Fetch, query: Query) -> tuple[int, str]:
        """Return the total and the highest id of a list."""
        batch = fetch({**query, "order": "desc", "per_page": 1, "page": 1})
        return batch.total, batch.rows[0].id if batch.rows else ""

    def _first_page(self, fetch: Fetch, query: Query) -> tuple[int, Batch]:
        """Read page 1 in the largest size the shop can answer."""
        batch = self.first(fetch, query, at_most=self.pace.size)
        return self.pace.size, batch

    def _pages(self, fetch: Fetch, query: Query, size: int, numbers: range) -> list[Batch]:
        queries = [{**query, "per_page": size, "page": number} for number in numbers]
        if self.pace.at_once == 1:
            return [fetch(one) for one in queries]
        return list(self._pool.map(fetch, queries))


def _by_id_query(span: Span) -> Query:
    return {**bounds(span), "orderby": "id", "order": "asc"}


def _first_change(pages: Iterable[list[Row]]) -> datetime | None:
    return next((row.modified for page in pages for row in page), None)


def _parts(pages: Iterable[list[Row]], span: Span, *, is_ordered: bool) -> Iterator[Part]:
    """Yield the rows that belong to `span`; in order, all before a page's last second is out."""
    for page in pages:
        rows = [row for row in page if span.holds(row)]
        if rows:
            yield Part(rows, rows[-1].modified if is_ordered else None)
