"""The one protocol between a store's API and the load path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from connectors.records import Record, Rejected, Stream


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A store as the connectors see it. Credentials are kept out of every repr.

    `key`: unique slug people type ("eu-shop"). `settings`: platform-specific, documented in each
    connector's README; common ones: `allow_http` (bool), `ca_file` (path), `status_map`
    (platform status -> CRM status), `lookback_seconds`, `page_size`, `concurrency`.
    """

    id: str
    organization_id: str
    key: str
    platform: str
    base_url: str
    currency: str | None = None
    time_zone: str | None = None
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    credentials: Mapping[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return f"StoreConfig(key={self.key!r}, platform={self.platform!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("key", self.key), ("platform", self.platform)]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Closed reading window `[start, end)` in the store's own clock, both UTC.

    `start` None reads from the beginning. `resume`: the opaque mark of an unfinished reading, as
    the connector put it on a `Page`; None starts afresh.
    """

    end: datetime
    start: datetime | None = None
    resume: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of what the store answered, mapped.

    `fetched` = len(records) + len(rejected) + skipped, always: the loader refuses a page for which
    it does not hold. `skipped`: records that are by rule no business of the CRM (test orders,
    drafts). `complete_until`: every record changed before it has been yielded by now, None when
    the order of reading promises nothing yet. `resume`: where to go on after a crash, if the
    connector can.
    """

    stream: Stream
    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...] = ()
    skipped: int = 0
    fetched: int
    complete_until: datetime | None = None
    resume: str | None = None


class StoreProbe(msgspec.Struct, frozen=True, kw_only=True):
    """What a first, cheap call tells of a store.

    `server_time`: the store's clock (UTC): windows end by it, since ours may run ahead.
    `warnings`: sentences with what to do about each.
    """

    name: str
    currency: str
    time_zone: str | None = None
    api_version: str | None = None
    server_time: datetime | None = None
    warnings: tuple[str, ...] = ()


class Connector(Protocol):
    """Reads one store. Not shared between threads; closes its connections in `close`."""

    config: StoreConfig

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        ...

    def probe(self) -> StoreProbe:
        """Check address, credentials and permissions; raise a StoreError saying what to do."""
        ...

    def count(self, stream: Stream) -> int | None:
        """Return how many records a full read would yield (fetched - skipped), None if unknown."""
        ...

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window, oldest change first where possible."""
        ...

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the external id of every record the store still has, for delete detection."""
        ...

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        ...
