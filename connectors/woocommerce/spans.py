"""Spans of change time, and what a page of rows tells about the order it came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from connectors.woocommerce.rows import Row

SECOND: Final = timedelta(seconds=1)
# The world's clocks lie between UTC-12 and UTC+14.
ANY_ZONE: Final = timedelta(hours=15)


class Span(NamedTuple):
    """Change times `[start, end)` in whole seconds, UTC; None is open."""

    start: datetime | None
    end: datetime | None

    def holds(self, row: Row) -> bool:
        """Say whether `row` belongs here; one without a time always does."""
        at = row.modified
        if at is None:
            return True
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


def whole_second(moment: datetime) -> datetime:
    """Cut to the second, as WooCommerce does with every bound it is given."""
    return moment.astimezone(UTC).replace(microsecond=0)


def bounds(span: Span) -> dict[str, str]:
    """Return the query for a span.

    Both bounds are strict there, so the lower one is a second early. Times go out bare together
    with `dates_are_gmt`: with a Z they would be turned into the shop's zone and then compared with
    UTC.
    """
    query: dict[str, str] = {}
    if span.start is not None:
        query["modified_after"] = _bare(span.start - SECOND)
    if span.end is not None:
        query["modified_before"] = _bare(span.end)
    if query:
        query["dates_are_gmt"] = "true"
    return query


def horizon_of(pages: Sequence[Sequence[Row]], span: Span) -> datetime | None:
    """Return the second of the last row, None when the rows are not in order of change.

    Rows below it are complete: any row not shown yet was changed then or later.
    """
    latest: datetime | None = None
    for page in pages:
        for row in page:
            at = row.modified
            if at is None or (latest is not None and at < latest) or not _fits(at, span):
                return None
            latest = at
    return latest


def is_plausible(pages: Sequence[Sequence[Row]], span: Span) -> bool:
    """Say whether the filter was obeyed."""
    return all(row.modified is None or _fits(row.modified, span) for page in pages for row in page)


def is_distinct(pages: Sequence[Sequence[Row]]) -> bool:
    """Say whether no row came twice: rows of one second without a fixed order do, others never."""
    ids = [row.id for page in pages for row in page if row.id]
    return len(set(ids)) == len(ids)


def is_ascending(rows: Iterable[Row]) -> bool:
    """Say whether ids rise; rows without a numeric id do not count."""
    last = -1
    for row in rows:
        if row.id.isdecimal():
            number = int(row.id)
            if number <= last:
                return False
            last = number
    return True


def _fits(at: datetime, span: Span) -> bool:
    # To the second: one row too many at the end can hide one too few at the start, and the total
    # that was to tell them apart is the same.
    return (span.start is None or at >= span.start) and (span.end is None or at < span.end)


def _bare(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
