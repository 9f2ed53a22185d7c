"""Reading windows in Shopify's search language, and the check that the answer keeps to them.

Times go in as quoted UTC texts: unquoted or offset ones were read wrongly without a word. The
customers filter is grained by day, others ignored theirs at times, so a filter only narrows what
is sent; what counts is each record's own `updatedAt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from connectors.base import Window
from connectors.errors import BadRecord
from connectors.values import utc_time

_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)


def up_to_second(window: Window) -> Window:
    """Return the window with the second that its end falls into; stores cut times to seconds."""
    end = window.end.astimezone(UTC).replace(microsecond=0) + _SECOND
    return Window(start=window.start, end=end, resume=window.resume)


def exact_filter(window: Window) -> str:
    """Filter for streams that compare times: whole seconds, never narrower than the window."""
    terms = []
    if window.start is not None:
        terms.append(f"updated_at:>='{stamp(window.start)}'")
    end = window.end.astimezone(UTC)
    terms.append(f"updated_at:<'{stamp(end if end.microsecond == 0 else end + _SECOND)}'")
    return " AND ".join(terms)


def daily_filter(window: Window) -> str | None:
    """Filter for customers: from the day before the window's first, in whichever zone; no end.

    An upper bound that is rounded to its day would leave out today, which is what a nightly sync
    is there for. The reading stops by itself at the window's end.
    """
    if window.start is None:
        return None
    day = (window.start.astimezone(UTC) - _DAY).date()
    return f"updated_at:>='{stamp(datetime.combine(day, time(), UTC))}'"


def changed_at(node: Any, *parents: str) -> datetime | None:
    """Return the later `updatedAt` of a payload and its `parents`, None where it tells none."""
    if not isinstance(node, Mapping):
        return None
    holders = [node, *(node.get(name) for name in parents)]
    try:
        times = [
            utc_time(found, "updatedAt")
            for holder in holders
            if isinstance(holder, Mapping) and isinstance(found := holder.get("updatedAt"), str)
        ]
    except BadRecord:
        # Mapping it will say so, where the record can be put aside with the reason.
        return None
    return max((at for at in times if at), default=None)


def is_inside(at: datetime | None, window: Window) -> bool:
    """Tell whether a change belongs to the window; a record without a time always does."""
    if at is None:
        return True
    return at < window.end and (window.start is None or at >= window.start)


class Progress:
    """What may be promised while records come in the order of their changes.

    Shopify sorts by UPDATED_AT, and a row that changes meanwhile moves to the end. Should rows ever
    come out of order, nothing is promised any more, and no end is taken for granted.
    `is_descending`: the newest change comes first.
    """

    def __init__(self, *, is_descending: bool = False) -> None:
        self._is_descending = is_descending
        self._last: datetime | None = None
        self._is_ordered = True

    def see(self, at: datetime | None) -> None:
        """Take in the next record's time of change."""
        if at is None:
            return
        if self._last is not None and at != self._last and (at > self._last) is self._is_descending:
            self._is_ordered = False
        self._last = at

    @property
    def reached(self) -> datetime | None:
        """Return the last change seen, None when the order did not hold."""
        return self._last if self._is_ordered else None

    def start_anew(self) -> None:
        """Expect older changes once more: another query begins."""
        self._last = None

    def is_beyond(self, end: datetime) -> bool:
        """Tell whether all that is still to come lies at or after `end`."""
        return self._is_ordered and self._last is not None and self._last >= end

    def is_before(self, start: datetime | None) -> bool:
        """Tell whether all that is still to come, newest first, changed before `start`."""
        return (
            self._is_descending
            and self._is_ordered
            and start is not None
            and self._last is not None
            and self._last < start
        )

    def complete_until(self, end: datetime) -> datetime | None:
        """Return the time before which every change has been seen."""
        if not self._is_ordered or self._last is None:
            return None
        return min(self._last, end)


def stamp(at: datetime) -> str:
    """Return a time as filters want it, without its fraction of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
