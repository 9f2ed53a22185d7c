"""One store, from its API into the CRM: the whole way, and what is left when it breaks half-way.

A stream is read in a closed window that starts one lookback before the last watermark (stores cut
times to seconds, and rows committed late carry earlier times) and ends at the store's own clock.
Whatever stops a sync, the next one goes on from the last committed batch: nothing is lost, and what
is read twice is recognised by its hash and not written again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import psycopg

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.crm.database import describe, first_line
from connectors.crm.fetch import PagesAhead
from connectors.crm.lease import Lease
from connectors.crm.load import Batch, CursorMove, Loaded
from connectors.crm.loader import Loader
from connectors.errors import AuthFailed, DatabaseError, Permanent, StoreError, Transient
from connectors.records import Record, Rejected, Stream
from connectors.registry import open_connector

DEFAULT_LOOKBACK_SECONDS: Final = 300
BATCH_RECORDS: Final = 4_000


class StreamResult(msgspec.Struct, kw_only=True):
    """What one stream brought. The five outcomes add up to `fetched`."""

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    skipped: int = 0
    api_calls: int = 0
    watermark_before: datetime | None = None
    watermark_after: datetime | None = None
    seconds: float = 0.0

    def add(self, loaded: Loaded) -> None:
        """Count a batch in."""
        for name in Loaded.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(loaded, name))


class StoreResult(msgspec.Struct, kw_only=True):
    """What a sync of one store brought.

    `error`: why it stopped short, None when every stream was read to its end. `degraded`: it went
    through, but records are in quarantine. `warnings`: what the store's probe has to say.
    """

    store: str
    organization_id: str
    streams: dict[Stream, StreamResult]
    error: StoreError | None = None
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A step forward, once a batch. `expected`: records in a full reading, if the store tells."""

    store: str
    stream: Stream
    fetched: int
    expected: int | None


def sync_store(
    database_url: str,
    config: StoreConfig,
    *,
    run_id: str,
    full: bool = False,
    streams: Sequence[Stream] = tuple(Stream),
    on_progress: Callable[[Progress], None] | None = None,
    connector: Connector | None = None,
) -> StoreResult:
    """Bring one store's changes into the CRM and say what came.

    `full`: read everything again instead of what changed since the watermark. `connector`: read by
    this one (the caller closes it) instead of the platform's own. Faults of the store are returned
    in `.error`; raises DatabaseError, ConfigurationError and LeaseLost.
    """
    began = time.monotonic()
    result = StoreResult(store=config.key, organization_id=config.organization_id, streams={})
    reader = connector
    try:
        # Opening already checks address and credentials: a fault there is this store's.
        reader = reader or open_connector(config)
        with (
            Lease(database_url, config, run_id=run_id) as lease,
            Loader(database_url, config, lease, run_id=run_id) as loader,
        ):
            probe = reader.probe()
            result.warnings = probe.warnings
            loader.note(probe)
            for stream in sorted(streams, key=list(Stream).index):
                outcome = result.streams.setdefault(stream, StreamResult())
                try:
                    _sync_stream(loader, reader, config, probe, stream, outcome, full, on_progress)
                except (AuthFailed, Transient):
                    # The store is shut or away: its other streams would find the same door.
                    raise
                except StoreError as error:
                    result.error = result.error or error
            loader.fill_rates()
    except StoreError as error:
        result.error = result.error or error
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"the database at {describe(database_url)} failed while loading store "
            f'"{config.key}": {first_line(error)}; what was committed stays, sync again'
        ) from None
    finally:
        if connector is None and reader is not None:
            reader.close()
    result.degraded = any(one.quarantined for one in result.streams.values())
    result.seconds = time.monotonic() - began
    return result


def _sync_stream(
    loader: Loader,
    reader: Connector,
    config: StoreConfig,
    probe: StoreProbe,
    stream: Stream,
    outcome: StreamResult,
    full: bool,  # noqa: FBT001 - passed through
    on_progress: Callable[[Progress], None] | None,
) -> None:
    began, calls = time.monotonic(), reader.api_calls
    end = probe.server_time or datetime.now(UTC)
    position = loader.position(stream)
    outcome.watermark_before = outcome.watermark_after = position.watermark
    try:
        if position.resume is not None and position.window_end is not None:
            # Finish the reading that broke off; only then is there a watermark to start from.
            unfinished = Window(
                start=position.window_start, end=position.window_end, resume=position.resume
            )
            _read_window(loader, reader, config, stream, unfinished, outcome, on_progress)
            full = full and unfinished.start is not None
        start = None
        if not full and outcome.watermark_after is not None:
            seconds = config.settings.get("lookback_seconds", DEFAULT_LOOKBACK_SECONDS)
            start = outcome.watermark_after - timedelta(seconds=float(seconds))
        _read_window(
            loader, reader, config, stream, Window(start=start, end=end), outcome, on_progress
        )
    finally:
        outcome.api_calls = reader.api_calls - calls
        outcome.seconds = time.monotonic() - began


def _read_window(
    loader: Loader,
    reader: Connector,
    config: StoreConfig,
    stream: Stream,
    window: Window,
    outcome: StreamResult,
    on_progress: Callable[[Progress], None] | None,
) -> None:
    expected = reader.count(stream) if on_progress and window.start is None else None
    with PagesAhead(lambda: reader.read(stream, window)) as pages:
        for batch, complete_until, resume in _batches(config, stream, pages):
            watermark = _latest(outcome.watermark_after, complete_until)
            move = CursorMove(
                watermark=watermark,
                window_start=window.start if resume else None,
                window_end=window.end if resume else None,
                resume=resume,
            )
            outcome.add(loader.load(batch, move))
            outcome.watermark_after = watermark
            if on_progress:
                on_progress(
                    Progress(
                        store=config.key, stream=stream, fetched=outcome.fetched, expected=expected
                    )
                )
    outcome.watermark_after = _latest(outcome.watermark_after, window.end)
    loader.finish(stream, CursorMove(watermark=outcome.watermark_after))


def _batches(
    config: StoreConfig, stream: Stream, pages: Iterator[Page] | PagesAhead
) -> Iterator[tuple[Batch, datetime | None, str | None]]:
    """Group pages into batches, each with the last page's promises."""
    size = int(config.settings.get("batch_records", BATCH_RECORDS))
    records: list[Record] = []
    rejected: list[Rejected] = []
    skipped = fetched = 0
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
        told = len(page.records) + len(page.rejected) + page.skipped
        if page.stream is not stream or told != page.fetched:
            raise Permanent(
                f"a page of {page.stream} claims {page.fetched} records but holds {told}; nothing "
                "of it was loaded. This is a fault of the connector, please report it",
                store=config.key,
            )
        records += page.records
        rejected += page.rejected
        skipped += page.skipped
        fetched += page.fetched
        complete_until = _latest(complete_until, page.complete_until)
        resume = page.resume
        if fetched >= size:
            yield _batch(stream, records, rejected, skipped, fetched), complete_until, resume
            records, rejected, skipped, fetched = [], [], 0, 0
    if fetched:
        yield _batch(stream, records, rejected, skipped, fetched), complete_until, resume
    if failure is not None:
        raise failure


def _batch(
    stream: Stream, records: list[Record], rejected: list[Rejected], skipped: int, fetched: int
) -> Batch:
    return Batch(
        stream=stream, records=records, rejected=rejected, skipped=skipped, fetched=fetched
    )


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
