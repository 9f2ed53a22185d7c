"""Pages of changes in order, taken up again at a time and never at a page number.

A page number counts rows, and rows move: whatever changes while a list is read leaves its place
and pulls the next row into a page that has been read already. So there is only ever a first page:
the next question starts at the last time seen, one second earlier, since it is nowhere written
whether a bound includes its own second. A second with more rows than a page holds is read by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from connectors.bigcommerce.api import is_short
from connectors.bigcommerce.values import id_number
from connectors.errors import Permanent, Throttled, Transient

SECOND: Final = timedelta(seconds=1)
_PASSES: Final = 3
_SMALLER: Final = (50, 10)


class Span(NamedTuple):
    """A closed span of change times, `[start, end)`; None is unbounded."""

    start: datetime | None
    end: datetime | None

    def holds(self, row: Row) -> bool:
        """Say whether `row` belongs here; one without a time belongs everywhere."""
        moment = row.modified
        if moment is None:
            return True
        return (self.start is None or moment >= self.start) and (
            self.end is None or moment < self.end
        )


class Row(NamedTuple):
    """One element of a list. `id` "" and `modified` None where they cannot be read."""

    id: str
    modified: datetime | None
    payload: Any


class Rows(NamedTuple):
    """One page. `total`: rows in the whole list, None where the API does not tell."""

    rows: list[Row]
    total: int | None
    is_last: bool


class Part(NamedTuple):
    """Rows on their way out. `complete_until`: all changes before it are out, None if unknown."""

    rows: list[Row]
    complete_until: datetime | None


class Listing(Protocol):
    """One list of the store. Both bounds may or may not include their own second."""

    name: str
    # Whether `by_id` can start above an id.
    has_ids: bool

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        ...

    def by_id(self, span: Span, size: int, *, above: int, number: int) -> Rows:
        """Return a page by id: the first one above `above`, or page `number` without `has_ids`."""
        ...


class Pager:
    """Reads lists of one store in pages of at most `size` rows, fewer while it chokes on them."""

    def __init__(self, store: str, size: int) -> None:
        self._store = store
        self._sizes = [size, *(smaller for smaller in _SMALLER if smaller < size)]
        # Learnt from answers: does a lower bound let its own second through?
        self._is_inclusive = False

    def changes(self, listing: Listing, span: Span) -> Iterator[Part]:
        """Yield the rows of `span`, oldest change first, each part complete up to its mark."""
        since = span.start
        recent: set[tuple[str, datetime | None]] = set()
        while True:
            page = self._first_page(listing, Span(since, span.end))
            times = [row.modified for row in page.rows if row.modified is not None]
            if times != sorted(times) or (since and times and times[0] < since - SECOND):
                # Sorting or bounds are not obeyed: nothing can be told from where rows stand.
                yield from self.whole(listing, span)
                return
            self._is_inclusive = self._is_inclusive or (since is not None and since in times)
            fresh = _fresh(page.rows, span, recent)
            last = times[-1] if times else None
            if page.is_last or (last and span.end and last >= span.end):
                if fresh:
                    yield Part(fresh, min(last, span.end) if last and span.end else last)
                return
            if last is None:
                yield from self.whole(listing, span)
                return
            if since is not None and last - SECOND <= since:
                # One or two seconds fill the page, and ties have no order to trust.
                for part in self._each(listing, Span(since, last + SECOND)):
                    crowd = _fresh(part.rows, span, recent)
                    recent |= {(row.id, row.modified) for row in crowd}
                    if crowd:
                        yield Part(crowd, None)
                since = last + SECOND if self._is_inclusive else last
                continue
            if fresh:
                yield Part(fresh, last)
            since = last - SECOND
            recent = {(row.id, row.modified) for row in page.rows if _is_since(row, since)}

    def whole(self, listing: Listing, span: Span) -> Iterator[Part]:
        """Read a list by id and keep what belongs to `span`; complete only when it ends."""
        for part in self._each(listing, Span(None, None)):
            kept = [row for row in part.rows if span.holds(row)]
            if kept:
                yield Part(kept, None)

    def _each(self, listing: Listing, span: Span) -> Iterator[Part]:
        """Yield each row of `span` once, the bounds' own seconds perhaps among them."""
        yield from self._above(listing, span) if listing.has_ids else self._numbered(listing, span)

    def _above(self, listing: Listing, span: Span) -> Iterator[Part]:
        above = 0
        while True:
            page = self._sized(
                lambda size: listing.by_id(span, size, above=above, number=1)  # noqa: B023 - called at once
            )
            ids = [number for row in page.rows if (number := id_number(row.id))]
            yield Part(page.rows, None)
            if page.is_last:
                return
            if not ids or max(ids) <= above or ids != sorted(ids):
                raise Permanent(
                    f"{listing.name}: the list is not sorted by id as was asked, so its end cannot "
                    "be found. This needs a change in Storeloom: report it.",
                    store=self._store,
                )
            above = max(ids)

    def _numbered(self, listing: Listing, span: Span) -> Iterator[Part]:
        """Read by page numbers, again while rows may have slid from one page to another."""
        seen: set[tuple[str, datetime | None]] = set()
        for _ in range(_PASSES):
            totals: set[int | None] = set()
            number = 1
            while True:
                page = self._sized(
                    lambda size: listing.by_id(span, size, above=0, number=number)  # noqa: B023 - called at once
                )
                if page.rows:
                    totals.add(page.total)
                fresh = [row for row in page.rows if (row.id, row.modified) not in seen]
                seen |= {(row.id, row.modified) for row in fresh}
                if fresh:
                    yield Part(fresh, None)
                if page.is_last or not page.rows:
                    break
                number += 1
            if number == 1 or (len(totals) == 1 and None not in totals):
                return

    def _first_page(self, listing: Listing, span: Span) -> Rows:
        return self._sized(lambda size: listing.by_change(span, size))

    def _sized(self, ask: Callable[[int], Rows]) -> Rows:
        """Ask in the largest size the store can answer."""
        while True:
            try:
                found: Rows = ask(self._sizes[0])
            except Throttled:
                raise
            except Transient:
                if len(self._sizes) == 1:
                    raise
                # For good: what was too much once will be so for the next page as well.
                del self._sizes[0]
            else:
                return found


def page_of_rows(rows: list[Row], size: int, *, total: int | None, pages: int | None) -> Rows:
    """Make a page of an answer. `pages`: how many there are, None where the API does not tell."""
    return Rows(rows, total, pages <= 1 if pages is not None else is_short(len(rows), size))


def _fresh(rows: list[Row], span: Span, recent: set[tuple[str, datetime | None]]) -> list[Row]:
    return [row for row in rows if span.holds(row) and (row.id, row.modified) not in recent]


def _is_since(row: Row, moment: datetime) -> bool:
    return row.modified is None or row.modified >= moment
