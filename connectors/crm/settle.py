"""What a reading by date cannot see, after all streams have been read.

Records are deleted, merged, or changed without a date that moves. The store's own hints (a feed of
deletions, customers named by changed orders, refunds that vanished) are followed by asking for each
record by name. Then both sides are counted, one call a stream; only when the counts differ are all
ids compared. Whatever the comparison says is missing is asked for by name as well, because a list
that shifts while it is read leaves out records that are there: a store must say of each single
record that it is gone before it is marked, and never of too many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

import msgspec

from connectors.base import Connector, Page, StoreConfig, Window
from connectors.crm.batches import portions
from connectors.crm.known import KnownRecords
from connectors.crm.load import Loaded
from connectors.crm.loader import Loader, Position
from connectors.errors import Permanent
from connectors.records import Stream

# More deletions at once than this, and than this share of what is known, wait for a person: a key
# that lost a permission, a staging copy, or an emptied shop looks like everything being deleted.
GUARD_ROWS: Final = 100
GUARD_SHARE: Final = 0.02
# From this many rows on, nearly all of them at once wait for a person as well.
SMALL_STORE: Final = 20
NEARLY_ALL: Final = 0.9
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

    `position`: where the stream stood before. `catch_up`: reads what changed since `end`; None
    where that means reading everything. `is_full`: everything was asked for again.
    `is_comparable`: False where the stream was not read this time, so that counts cannot agree.
    `accept_deletes`: a person has seen the number and says it is right.
    """

    loader: Loader
    reader: Connector
    config: StoreConfig
    stream: Stream
    known: KnownRecords
    position: Position
    end: datetime
    catch_up: Callable[[Stream, datetime], None] | None
    outcome: Outcome
    is_full: bool = False
    is_comparable: bool = True
    accept_deletes: bool = False

    def run(self) -> None:
        """Bring the stream in line with the store; raises StoreError."""
        hints = self._hints()
        if hints:
            self._read_by_name(hints)
        listed_at, difference = self._compare() if self.is_comparable else (None, None)
        self.loader.settled(
            self.stream, until=self.end, listed_at=listed_at, listed_difference=difference
        )

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
        return self.end, self._difference(total)

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

    def _read_by_name(self, external_ids: Collection[str]) -> None:
        """Load these records as they are now, and mark those that the store says are gone."""
        gone: list[str] = []
        known = self.known.ids(self.stream)
        for some in _chunks(external_ids):
            pages: Iterator[Page] = self.reader.read_ids(self.stream, some)
            for portion in portions(self.config, self.stream, pages):
                gone += portion.gone
                if portion.batch.fetched:
                    self.outcome.add(self.loader.load(portion.batch, None))
            # At once: some platforms ask for each of these by itself, and an emptied shop of a
            # hundred thousand orders would be asked a hundred thousand times before we say so.
            self._guard([one for one in gone if one in known])
        # What was never loaded and never refused is nothing to mark.
        ours = [one for one in dict.fromkeys(gone) if one in known]
        trashed = [one for one in dict.fromkeys(gone) if one not in known]
        self.known.forget(self.stream)
        if ours or trashed:
            self.outcome.add(self.loader.bury(self.stream, [*ours, *trashed]))
            self.known.forget(self.stream)

    def _guard(self, gone: Collection[str]) -> None:
        loaded, _ = self.known.count(self.stream)
        most = self.config.settings.get("delete_guard")
        limit = _usual_limit(loaded) if most is None else int(most)
        if len(gone) <= limit or self.accept_deletes:
            return
        some = ", ".join(islice(gone, 5))
        raise Permanent(
            f"{len(gone):,} or more of {loaded:,} {self.stream.value} are gone from the store "
            f"({some}, …), more than the {limit:,} that are marked as deleted without asking. "
            "None was marked. "
            "Check that the credentials still see everything and that the address is the right "
            f"shop; if the deletions are meant: storeloom sync {self.config.key} --accept-deletes",
            store=self.config.key,
        )


def _usual_limit(loaded: int) -> int:
    limit = max(GUARD_ROWS, int(loaded * GUARD_SHARE))
    # A hundred rows are all that some shops have.
    return limit if loaded < SMALL_STORE else min(limit, int(loaded * NEARLY_ALL))


def lookback_seconds(config: StoreConfig) -> float:
    """Return how far before the last watermark a reading starts."""
    return float(config.settings.get("lookback_seconds", DEFAULT_LOOKBACK_SECONDS))


DEFAULT_LOOKBACK_SECONDS: Final = 300


def _chunks(external_ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(external_ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
