"""What a sync tells while it runs and when it is over."""

from __future__ import annotations

from datetime import datetime

import msgspec

from connectors.crm.load import Loaded
from connectors.crm.quarantine import Replayed
from connectors.errors import StoreError
from connectors.records import Stream


class StreamResult(msgspec.Struct, kw_only=True):
    """What one stream brought. The six outcomes add up to `fetched`, and to the run's lines in
    sync.loads; records tried again from quarantine have lines too, and stand in `replayed` here.

    `is_scan_due`: False for a stream that can only be read whole and was left for a later sync.
    """

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    skipped: int = 0
    deleted: int = 0
    api_calls: int = 0
    watermark_before: datetime | None = None
    watermark_after: datetime | None = None
    is_scan_due: bool = True
    seconds: float = 0.0

    def add(self, loaded: Loaded) -> None:
        """Count a batch in."""
        for name in Loaded.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(loaded, name))


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """A row that people had changed and that is as the store has it again.

    `columns`: those put back, none for a row that had been removed. No values, which may be
    personal.
    """

    stream: Stream
    external_id: str
    columns: tuple[str, ...]


class StoreResult(msgspec.Struct, kw_only=True):
    """What a sync of one store brought.

    `error`: why it stopped short, None when every stream was read to its end. `degraded`: it went
    through, but records are in quarantine. `warnings`: what the store's probe has to say.
    `repairs`: rows that had been changed in the CRM behind the store's back, put back by this run.
    `replayed`: records refused by an earlier version or other settings, tried again by this one.
    """

    store: str
    organization_id: str
    streams: dict[Stream, StreamResult]
    error: StoreError | None = None
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    replayed: Replayed = Replayed()
    seconds: float = 0.0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A step forward, once a batch. `expected`: records in a full reading, if the store tells."""

    store: str
    stream: Stream
    fetched: int
    expected: int | None
