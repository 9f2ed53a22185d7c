"""Pages grouped into what is loaded at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from connectors.base import Page, StoreConfig
from connectors.crm.load import Batch
from connectors.crm.shortening import shortened
from connectors.errors import Permanent, StoreError, StoreloomError
from connectors.records import Record, Rejected, Stream

BATCH_RECORDS: Final = 4_000


class Portion(msgspec.Struct, frozen=True, kw_only=True):
    """A batch, and what the last of its pages promises. `gone`: ids the store has no more."""

    batch: Batch
    complete_until: datetime | None
    resume: str | None
    gone: tuple[str, ...] = ()


class _Growing(msgspec.Struct, kw_only=True):
    stream: Stream
    records: list[Record] = msgspec.field(default_factory=list)
    rejected: list[Rejected] = msgspec.field(default_factory=list)
    gone: list[str] = msgspec.field(default_factory=list)
    skipped: int = 0
    fetched: int = 0

    def add(self, page: Page) -> None:
        if self.rejected:
            # The older of two states of one record: the store mended it while we were reading.
            mended = {one.external_id for one in page.records}
            still = [one for one in self.rejected if one.external_id not in mended]
            self.skipped += len(self.rejected) - len(still)
            self.rejected = still
        self.records += page.records
        self.rejected += shortened(page.rejected)
        self.gone += page.gone
        self.skipped += page.skipped
        self.fetched += page.fetched

    def portion(
        self,
        complete_until: datetime | None,
        resume: str | None,
        *,
        asked_at: datetime | None,
        is_forced: bool,
    ) -> Portion:
        return Portion(
            batch=Batch(
                stream=self.stream,
                records=self.records,
                rejected=self.rejected,
                skipped=self.skipped,
                fetched=self.fetched,
                asked_at=asked_at,
                is_forced=is_forced,
            ),
            complete_until=complete_until,
            resume=resume,
            gone=tuple(self.gone),
        )


def portions(
    config: StoreConfig,
    stream: Stream,
    pages: Iterable[Page],
    *,
    asked_at: datetime | None = None,
    is_forced: bool = False,
) -> Iterator[Portion]:
    """Group pages into batches of about `batch_records`.

    `asked_at`, `is_forced`: as in `Batch`, for records asked for by name.

    Raises Permanent for a page whose books do not balance, and what the reading raises, after the
    batch of what came before it.
    """
    size = int(config.settings.get("batch_records", BATCH_RECORDS))
    growing = _Growing(stream=stream)
    complete_until: datetime | None = None
    resume: str | None = None
    failure: StoreError | None = None
    reading = iter(pages)
    while True:
        try:
            page = next(reading, None)
        except StoreError as error:
            # What came before the fault is good, and need not be read again.
            failure = error
            break
        if page is None:
            break
        _check(config, stream, page)
        growing.add(page)
        complete_until = latest(complete_until, page.complete_until)
        # A connector that waits for its store says so with pages of nothing: their mark is all
        # that is left of the waiting when the process is killed.
        is_waiting = not growing.fetched and page.resume is not None and page.resume != resume
        resume = page.resume
        if growing.fetched >= size or is_waiting:
            yield growing.portion(complete_until, resume, asked_at=asked_at, is_forced=is_forced)
            growing = _Growing(stream=stream)
    if growing.fetched or growing.gone:
        yield growing.portion(complete_until, resume, asked_at=asked_at, is_forced=is_forced)
    if failure is not None:
        raise failure


class Tally(msgspec.Struct, kw_only=True):
    """What a reading yielded against what was loaded of it."""

    loaded: int
    yielded: int = 0

    def counted(self, pages: Iterable[Page]) -> Iterator[Page]:
        """Yield the pages, counting what they hold."""
        for page in pages:
            self.yielded += page.fetched
            yield page

    def check(self, stream: Stream) -> None:
        """Raise when a page got lost on the way: the cursor then stays before it."""
        if self.loaded != self.yielded:
            raise StoreloomError(
                f"{stream}: {self.yielded} records were read but {self.loaded} arrived at the "
                "loader; the cursor stays. This is a fault of the load path, please report it"
            )


def _check(config: StoreConfig, stream: Stream, page: Page) -> None:
    told = len(page.records) + len(page.rejected) + page.skipped
    if page.stream is not stream or told != page.fetched:
        raise Permanent(
            f"a page of {page.stream} claims {page.fetched} records but holds {told}; nothing "
            "of it was loaded. This is a fault of the connector, please report it",
            store=config.key,
        )


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two times, of which None is none."""
    if one is None or other is None:
        return one or other
    return max(one, other)
