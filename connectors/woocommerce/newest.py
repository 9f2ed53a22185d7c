"""The few rows that changed since the last time, and how many there are in all, in one call.

A list asked for newest change first shows both on its first page, without trusting the shop to
filter by date: the page that reaches back beyond the window has everything. It is believed only
when it is sorted as asked and not just as shops sort that ignore the question, by creation; a
large change is left to the reading in slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from connectors.woocommerce.api import ParameterRefused
from connectors.woocommerce.paging import Fetch, Pager
from connectors.woocommerce.rows import Row
from connectors.woocommerce.spans import Span

_ROWS: Final = 50
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Newest(NamedTuple):
    """`rows`: those changed inside the span; `total`: all rows of the list at that moment."""

    rows: list[Row]
    total: int


def newest(pager: Pager, fetch: Fetch, span: Span) -> Newest | None:
    """Return what changed inside `span`, which has a start; None when one page cannot tell."""
    start = span.start or _LONG_AGO
    query = {"orderby": "modified", "order": "desc"}
    try:
        batch = pager.first(fetch, query, at_most=_ROWS)
    except ParameterRefused:
        return None
    rows = batch.rows
    times = [row.modified or _LONG_AGO for row in rows]
    if batch.pages <= 1 or (_falls(times) and times[-1] < start and not _is_by_creation(rows)):
        changed = [
            row for row, at in zip(rows, times, strict=True) if at >= start and span.holds(row)
        ]
        return Newest(changed, batch.total)
    return None


def _is_by_creation(rows: Sequence[Row]) -> bool:
    return _falls([row.created or _LONG_AGO for row in rows])


def _falls(times: Sequence[datetime]) -> bool:
    return bool(times) and all(one >= other for one, other in pairwise(times))
