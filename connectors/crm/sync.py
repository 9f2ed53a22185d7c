"""One store, from its API into the CRM: the whole way, and what is left when it breaks half-way.

A stream is read in a closed window that starts one lookback before the last watermark (stores cut
times to seconds, and rows committed late carry earlier times) and ends at the store's own clock.
Whatever stops a sync, the next one goes on from the last committed batch: nothing is lost, and what
is read twice is recognised by its hash and not written again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import psycopg

from connectors.base import Connector, StoreConfig, StoreProbe, Window
from connectors.crm.batches import Tally, latest, portions
from connectors.crm.database import describe, first_line
from connectors.crm.fetch import PagesAhead
from connectors.crm.guard import DeletionGuard
from connectors.crm.known import KnownRecords
from connectors.crm.lease import Lease
from connectors.crm.load import CursorMove
from connectors.crm.loader import Loader, Position
from connectors.crm.repairs import queue_edits, repairs
from connectors.crm.replay import replay_outdated, told
from connectors.crm.results import Progress, StoreResult, StreamResult
from connectors.crm.sessions import Sessions
from connectors.crm.settle import Settling, lookback_seconds
from connectors.crm.sweep import sweep
from connectors.errors import AuthFailed, DatabaseError, StoreError, Transient
from connectors.records import Stream
from connectors.registry import open_connector
from connectors.services import Services

__all__ = ["Progress", "StoreResult", "StreamResult", "sync_store"]

# A stream that can only be read whole is spared that on every sync once it is larger than this.
SCAN_ALWAYS_BELOW: Final = 2_000
# A merged customer's orders take two: theirs, and whoever is named there for the first time.
_ROUNDS: Final = 4
# Less than a day, so that a nightly sync that starts a little earlier still finds it due.
SCAN_HOURS: Final = 20


def sync_store(
    database_url: str,
    config: StoreConfig,
    *,
    run_id: str,
    full: bool = False,
    accept_deletes: bool = False,
    streams: Sequence[Stream] = tuple(Stream),
    on_progress: Callable[[Progress], None] | None = None,
    connector: Connector | None = None,
    services: Services | None = None,
    sessions: Sessions | None = None,
) -> StoreResult:
    """Bring one store's changes into the CRM and say what came.

    `full`: read everything again instead of what changed since the watermark. `accept_deletes`:
    mark records that are gone from the store however many they are. `connector`: read by this one
    (the caller closes it) instead of the platform's own, which gets `services`. `sessions`: those
    of a run over many stores. Faults of the store are returned in `.error`; raises DatabaseError,
    ConfigurationError and LeaseLost.
    """
    began = time.monotonic()
    result = StoreResult(store=config.key, organization_id=config.organization_id, streams={})
    reader = connector
    try:
        # Opening already checks address and credentials: a fault there is this store's.
        reader = reader or open_connector(config, services)
        with (
            Lease(database_url, config, run_id=run_id, sessions=sessions) as lease,
            Loader(database_url, config, lease, run_id=run_id, sessions=sessions) as loader,
        ):
            _Sync(
                loader=loader,
                reader=reader,
                config=config,
                result=result,
                full=full,
                accept_deletes=accept_deletes,
                on_progress=on_progress,
            ).run(sorted(streams, key=list(Stream).index))
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


class _Sync(msgspec.Struct, kw_only=True):
    """One sync under way."""

    loader: Loader
    reader: Connector
    config: StoreConfig
    result: StoreResult
    full: bool
    accept_deletes: bool
    on_progress: Callable[[Progress], None] | None

    def run(self, streams: Sequence[Stream]) -> None:
        probe = self.reader.probe()
        self.result.warnings = probe.warnings
        self.loader.note(probe)
        self.result.replayed = replay_outdated(self.loader, told(self.config, probe))
        began, end = self.loader.clock(), _clock(probe)
        positions: dict[Stream, Position] = {}
        for stream in streams:
            position = self.loader.position(stream)
            if self._guarded(stream, lambda: self._read(stream, position, end)):  # noqa: B023 - called at once
                positions[stream] = position
        queue_edits(self.loader)
        # Only now: which customers want a second look is told by the orders.
        known = KnownRecords(self.loader)
        settlings = {
            stream: self._settling(stream, position, began, end, known)
            for stream, position in positions.items()
        }
        settled = {
            stream: settling
            for stream, settling in settlings.items()
            if self._guarded(stream, settling.run)
        }
        self._look_again(settled)
        self.loader.follow_departed()
        while self.loader.within(lambda opened, begun: sweep(opened, begun, everybody=self.full)):
            pass
        self.result.repairs = tuple(repairs(self.loader))

    def _look_again(self, settled: Mapping[Stream, Settling]) -> None:
        """Read by name what settling itself has brought up, until it brings up nothing more.

        A customer who is gone has its orders read again, and an order may name somebody new. What
        is left when the rounds are over waits for the next sync.
        """
        for _ in range(_ROUNDS):
            waiting = self.loader.waiting_streams()
            asked = [
                self._guarded(stream, settling.look_again)
                for stream, settling in settled.items()
                if stream in waiting
            ]
            if not any(asked):
                return

    def _guarded(self, stream: Stream, work: Callable[[], object]) -> bool:
        """Do one stream's part; a fault of that stream alone lets the others go on."""
        outcome = self.result.streams.setdefault(stream, StreamResult())
        began, calls = time.monotonic(), self.reader.api_calls
        try:
            work()
        except (AuthFailed, Transient):
            # The store is shut or away: its other streams would find the same door.
            raise
        except StoreError as error:
            self.result.error = self.result.error or error
            return False
        finally:
            outcome.api_calls += self.reader.api_calls - calls
            outcome.seconds += time.monotonic() - began
        return True

    def _read(self, stream: Stream, position: Position, end: datetime) -> None:
        outcome = self.result.streams[stream]
        outcome.watermark_before = outcome.watermark_after = position.watermark
        is_full = self.full
        if position.resume is not None and position.window_end is not None:
            # Finish the reading that broke off; only then is there a watermark to start from.
            unfinished = Window(
                start=position.window_start, end=position.window_end, resume=position.resume
            )
            self._read_window(stream, unfinished)
            is_full = is_full and unfinished.start is not None
        start = None
        if not is_full and outcome.watermark_after is not None:
            # A run that died between reading and settling took its hints with it: who is named by
            # an order is told again when that order is read again.
            since = min(outcome.watermark_after, position.settled_until or outcome.watermark_after)
            start = since - timedelta(seconds=lookback_seconds(self.config))
        if stream in self.reader.scanned_streams:
            outcome.is_scan_due = start is None or self._is_scan_due(stream, position, end)
            if not outcome.is_scan_due:
                return
        self._read_window(stream, Window(start=start, end=end))
        if stream in self.reader.scanned_streams:
            self.loader.settled(stream, scanned_at=end)

    def _is_scan_due(self, stream: Stream, position: Position, end: datetime) -> bool:
        settings = self.config.settings
        hours = timedelta(hours=float(settings.get("scan_hours", SCAN_HOURS)))
        if position.scanned_at is None or end - position.scanned_at >= hours:
            return True
        total = self.reader.count(stream)
        return total is not None and total <= int(
            settings.get("scan_always_below", SCAN_ALWAYS_BELOW)
        )

    def _read_window(self, stream: Stream, window: Window) -> None:
        outcome = self.result.streams[stream]
        expected = self.reader.count(stream) if self.on_progress and window.start is None else None
        is_whole = window.start is None or stream in self.reader.scanned_streams
        began = self.loader.clock() if is_whole and window.resume is None else None
        tally = Tally(loaded=-outcome.fetched)
        with PagesAhead(lambda: self.reader.read(stream, window)) as pages:
            for portion in portions(self.config, stream, tally.counted(pages)):
                watermark = latest(outcome.watermark_after, portion.complete_until)
                move = CursorMove(
                    watermark=watermark,
                    window_start=window.start if portion.resume else None,
                    window_end=window.end if portion.resume else None,
                    resume=portion.resume,
                )
                outcome.add(self.loader.load(portion.batch, move))
                outcome.watermark_after = watermark
                if self.on_progress:
                    self.on_progress(
                        Progress(
                            store=self.config.key,
                            stream=stream,
                            fetched=outcome.fetched,
                            expected=expected,
                        )
                    )
        tally.loaded += outcome.fetched
        tally.check(stream)
        if began is not None:
            outcome.add(self.loader.resolve_unnamed(stream, seen_before=began))
        outcome.watermark_after = latest(outcome.watermark_after, window.end)
        self.loader.finish(stream, CursorMove(watermark=outcome.watermark_after))

    def _settling(
        self,
        stream: Stream,
        position: Position,
        began: datetime,
        end: datetime,
        known: KnownRecords,
    ) -> Settling:
        outcome = self.result.streams[stream]
        return Settling(
            loader=self.loader,
            reader=self.reader,
            config=self.config,
            stream=stream,
            known=known,
            position=position,
            began=began,
            end=end,
            catch_up=None if stream in self.reader.scanned_streams else self._catch_up,
            outcome=outcome,
            guard=DeletionGuard(self.config, stream, is_accepted=self.accept_deletes),
            is_full=self.full,
            is_comparable=outcome.is_scan_due,
        )

    def _catch_up(self, stream: Stream, end: datetime) -> None:
        start = end - timedelta(seconds=lookback_seconds(self.config))
        self._read_window(stream, Window(start=start, end=_clock(self.reader.probe())))


def _clock(probe: StoreProbe) -> datetime:
    return probe.server_time or datetime.now(UTC)
