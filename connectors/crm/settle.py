"""What a reading by date cannot see, after all streams have been read.

Records are deleted, merged, or changed without a date that moves. The store's own hints (a feed of
deletions, customers named by changed orders, refunds that vanished) are followed by asking for each
record by name. Then both sides are counted, one call a stream; only when the counts differ are all
ids compared. Whatever the comparison says is missing is asked for by name as well, because a list
that shifts while it is read leaves out records that are there: a store must say of each single
record that it is gone before it is marked, and never of too many at once (`DeletionGuard`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

import msgspec

from connectors.base import Connector, StoreConfig, Window
from connectors.crm.answers import answered
from connectors.crm.batches import portions
from connectors.crm.guard import DeletionGuard
from connectors.crm.known import KnownRecords
from connectors.crm.load import Loaded
from connectors.crm.loader import Loader, Position
from connectors.records import Stream

# Counts can agree by chance (one lost, one deleted), so ids are compared now and then all the same.
DEFAULT_LIST_HOURS: Final = 168
# Before ids have ever been compared: how long rows may be known before that is done. The nightly
# sync after the first one is long enough.
_LONG_ENOUGH: Final = timedelta(hours=12)
_AT_ONCE: Final = 500


class Outcome(Protocol):
    """Where the numbers are added up."""

    def add(self, loaded: Loaded) -> None:
        """Count a batch in."""
        ...


class Settling(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of one store, just read up to `end`.

    `position`: where the stream stood before. `began`: when reading began, by the database's clock.
    `catch_up`: reads what changed since `end`; None
    where that means reading everything. `is_full`: everything was asked for again.
    `is_comparable`: False where the stream was not read this time, so that counts cannot agree.
    """

    loader: Loader
    reader: Connector
    config: StoreConfig
    stream: Stream
    known: KnownRecords
    position: Position
    began: datetime
    end: datetime
    catch_up: Callable[[Stream, datetime], None] | None
    outcome: Outcome
    guard: DeletionGuard
    is_full: bool = False
    is_comparable: bool = True

    def run(self) -> None:
        """Bring the stream in line with the store; raises StoreError."""
        self.look_again(self._hints())
        listed_at, difference = self._compare() if self.is_comparable else (None, None)
        self.loader.settled(
            self.stream, until=self.end, listed_at=listed_at, listed_difference=difference
        )

    def look_again(self, hints: Iterable[str] = ()) -> None:
        """Read by name what waits for it, and `hints`."""
        waiting = self.loader.waiting(self.stream)
        forced = [one for one, is_forced in waiting.items() if is_forced]
        wanted = list(dict.fromkeys([*hints, *waiting]))
        usual = [one for one in wanted if not waiting.get(one)]
        if usual:
            self._read_by_name(usual)
        if forced:
            self._read_by_name(forced, is_forced=True)

    def _hints(self) -> list[str]:
        found = dict.fromkeys(self.reader.unannounced(self.stream, self.known))
        since = self._known_since()
        if since is not None:
            start = since - timedelta(seconds=lookback_seconds(self.config))
            window = Window(start=start, end=self.end)
            deleted = list(self.reader.deleted_ids(self.stream, window))
            if deleted:
                found |= dict.fromkeys(self.known.ids(self.stream).intersection(deleted))
        return list(found)

    def _known_since(self) -> datetime | None:
        """Return since when deletions may have gone unnoticed, None when nothing was read before.

        A first reading that broke off and went on days later has rows that were deleted meanwhile.
        """
        position = self.position
        if position.settled_until is not None:
            return position.settled_until
        moments = [one for one in (position.watermark, position.window_end) if one is not None]
        return min(moments, default=None)

    def _compare(self) -> tuple[datetime | None, int | None]:
        """Compare counts, and ids where they differ.

        Returns when all ids were last known to agree, and the difference of the counts that is
        left then: records skipped by rule, for instance.
        """
        total = self.reader.count(self.stream)
        if total is not None and self._differs(total) and self.catch_up is not None:
            # Most often somebody bought something while we were reading.
            self.catch_up(self.stream, self.end)
            self.known.forget(self.stream)
            total = self.reader.count(self.stream)
        if total is None:
            # A store that shows a part of its records only would have the rest taken for deleted.
            return None, None
        if not (self.is_full or self._differs(total) or self._is_due()):
            # After a first reading in one go, equal counts are the comparison.
            return (self.end if self._known_since() is None else None), None
        listed = set(self.reader.list_ids(self.stream))
        known = self.known.ids(self.stream)
        doubtful = sorted(known - listed) + sorted(listed - known)
        if doubtful:
            self._read_by_name(doubtful)
        self._account_for_unnamed(total)
        return self.end, self._difference(total)

    def _account_for_unnamed(self, total: int) -> None:
        """Settle refused records without an id when those with one are all that the store has.

        Only where the store's number has just changed: some never count what has no id.
        """
        named = len(self.known.ids(self.stream))
        if total == named < sum(self.known.count(self.stream)) and self._differs(total):
            self.outcome.add(self.loader.resolve_unnamed(self.stream, seen_before=self.began))

    def _differs(self, total: int) -> bool:
        return self._difference(total) != self.position.listed_difference

    def _difference(self, total: int) -> int:
        return total - sum(self.known.count(self.stream))

    def _is_due(self) -> bool:
        last = self.position.listed_at
        if last is None:
            # A first reading that was taken up again at once has hardly missed a deletion.
            since = self._known_since()
            return since is not None and self.end - since >= _LONG_ENOUGH
        hours = float(self.config.settings.get("list_hours", DEFAULT_LIST_HOURS))
        return self.end - last >= timedelta(hours=hours)

    def _read_by_name(self, external_ids: Collection[str], *, is_forced: bool = False) -> None:
        """Load these records as they are now, and mark those that the store says are gone."""
        gone: dict[str, None] = {}
        known = self.known.ids(self.stream)
        began = self.loader.clock()
        for some in _chunks(external_ids):
            asked_at = self.loader.clock()
            answers = answered(
                self.config, self.stream, some, self.reader.read_ids(self.stream, some)
            )
            for portion in portions(
                self.config, self.stream, answers, asked_at=asked_at, is_forced=is_forced
            ):
                gone |= dict.fromkeys(portion.gone)
                if portion.batch.fetched:
                    self.outcome.add(self.loader.load(portion.batch, None))
            # At once: some platforms ask for each of these by itself, and an emptied shop of a
            # hundred thousand orders would be asked a hundred thousand times before we say so.
            self.guard.check([one for one in gone if one in known], known=self._loaded)
            there = [one for one in some if one not in gone]
            self.loader.answered(self.stream, there, asked_at=asked_at)
        if gone:
            self.outcome.add(self.loader.bury(self.stream, list(gone)))
            self.guard.mark(one for one in gone if one in known)
            self.loader.answered(self.stream, list(gone), asked_at=began)
        self.known.forget(self.stream)

    def _loaded(self) -> int:
        return self.known.count(self.stream)[0]


def lookback_seconds(config: StoreConfig) -> float:
    """Return how far before the last watermark a reading starts."""
    return float(config.settings.get("lookback_seconds", DEFAULT_LOOKBACK_SECONDS))


DEFAULT_LOOKBACK_SECONDS: Final = 300


def _chunks(external_ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(external_ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
