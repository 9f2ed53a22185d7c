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

from connectors.bigcommerce.values import id_number
from connectors.errors import Permanent, Throttled, Transient

SECOND: Final = timedelta(seconds=1)
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
    """One page. `cursor`: where the next one begins, of a page read by id."""

    rows: list[Row]
    is_last: bool
    cursor: str | None = None


class Part(NamedTuple):
    """Rows on their way out. `complete_until`: all changes before it are out, None if unknown."""

    rows: list[Row]
    complete_until: datetime | None


class Listing(Protocol):
    """One list of the store. Both bounds may or may not include their own second."""

    name: str

    def by_change(self, span: Span, size: int) -> Rows:
        """Return the first page, oldest change first."""
        ...

    def by_id(self, span: Span, size: int, cursor: str | None) -> Rows:
        """Return a page by id: the first one, or the one where `cursor` stands."""
        ...


class Pager:
    """Reads lists of one store in pages of at most `size` rows, fewer while it chokes on them."""

    def __init__(self, store: str, size: int) -> None:
        self._store = store
        self._sizes = [size, *(smaller for smaller in _SMALLER if smaller < size)]
        # Learnt from answers: lists whose lower bound lets its own second through.
        self._inclusive: set[str] = set()

    def changes(self, listing: Listing, span: Span) -> Iterator[Part]:
        """Yield the rows of `span`, oldest change first, each part complete up to its mark."""
        since = None if span.start is None else span.start - SECOND
        recent: set[tuple[str, datetime | None]] = set()
        while True:
            page = self._first_page(listing, Span(since, span.end))
            times = [row.modified for row in page.rows if row.modified is not None]
            if times != sorted(times) or (since and times and times[0] < since - SECOND):
                # Sorting or bounds are not obeyed: nothing can be told from where rows stand.
                yield from self.whole(listing, span)
                return
            if since in times:
                self._inclusive.add(listing.name)
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
                since = last + SECOND if listing.name in self._inclusive else last
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
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            page = self._sized(lambda size: listing.by_id(span, size, cursor))  # noqa: B023 - called at once
            yield Part(page.rows, None)
            if page.is_last:
                return
            cursor = page.cursor
            if cursor is None or cursor in seen:
                raise Permanent(
                    f"{listing.name}: a page leads nowhere, so the end of the list cannot be "
                    "found. Sync again later; report it if it persists.",
                    store=self._store,
                )
            seen.add(cursor)

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


def above(rows: list[Row], cursor: str | None) -> str | None:
    """Return the cursor of a list that is asked for above an id, None where it does not go up."""
    ids = [number for row in rows if (number := id_number(row.id))]
    is_rising = ids == sorted(ids) and bool(ids) and ids[-1] > int(cursor or 0)
    return str(ids[-1]) if is_rising else None


def _fresh(rows: list[Row], span: Span, recent: set[tuple[str, datetime | None]]) -> list[Row]:
    return [row for row in rows if span.holds(row) and (row.id, row.modified) not in recent]


def _is_since(row: Row, moment: datetime) -> bool:
    return row.modified is None or row.modified >= moment
