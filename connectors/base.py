"""The one protocol between a store's API and the load path."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from connectors.glances import OrderGlance
from connectors.records import Record, Rejected, Stream


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A store as the connectors see it. Credentials are kept out of every repr.

    `key`: unique slug people type ("eu-shop"). `settings`: platform-specific, documented in each
    connector's README; common ones: `allow_http` (bool), `ca_file` (path), `status_map`
    (platform status -> CRM status), `lookback_seconds`, `page_size`, `concurrency`, `edits`
    (whose value stays where a person changed what the store fills: docs/ownership.md).
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
    connector can. `gone`: ids that were asked for by name and that the store has no more; they are
    no part of `fetched`, and only `read_ids` may tell them.
    """

    stream: Stream
    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...] = ()
    skipped: int = 0
    fetched: int
    complete_until: datetime | None = None
    resume: str | None = None
    gone: tuple[str, ...] = ()


class StoreProbe(msgspec.Struct, frozen=True, kw_only=True):
    """What a first, cheap call tells of a store.

    `country`: ISO code of where the store is, which national phone numbers are read in where an
    address names none. `server_time`: the store's clock (UTC): windows end by it, since ours may
    run ahead. `warnings`: sentences with what to do about each.
    """

    name: str
    currency: str
    time_zone: str | None = None
    country: str | None = None
    api_version: str | None = None
    server_time: datetime | None = None
    warnings: tuple[str, ...] = ()


class Known(Protocol):
    """What the CRM holds of a store, for platforms that move no date when a record changes.

    Asked lazily: each method is one query, whose answer is as of its first call.
    """

    def ids(self, stream: Stream) -> frozenset[str]:
        """Return the external ids of the records that the store is known to have."""
        ...

    def refunds(self) -> Mapping[str, frozenset[str]]:
        """Return the ids of the refunds of every order that has some, by the order's id."""
        ...

    def children(self, parent_external_id: str) -> frozenset[str]:
        """Return the ids of the sellable units (variants) known of a product."""
        ...


class Connector(Protocol):
    """Reads one store. Not shared between threads; closes its connections in `close`.

    A class that inherits from this one only writes what its platform can do: what has a body here
    is right for a platform without such a feature.
    """

    config: StoreConfig

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        ...

    @property
    def scanned_streams(self) -> frozenset[Stream]:
        """Streams without a filter by change, which `read` goes through whole each time.

        The load path spares a large store such a reading on every sync (`scan_hours`).
        """
        return frozenset()

    def probe(self) -> StoreProbe:
        """Check address, credentials and permissions; raise a StoreError saying what to do."""
        ...

    def count(self, stream: Stream) -> int | None:
        """Return how many records the store has now, None if unknown. Should cost one call.

        Those that a full read yields and that are not deleted: no skipped ones where the platform
        can tell, no trash. A difference from what the CRM holds has the ids compared; with None
        they never are, as is right where the credentials see a part of the records only.
        """
        ...

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window, oldest change first where possible."""
        ...

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield the records of these ids as they are now, and the ids the store has no more.

        Each id comes back as a record, as rejected, as skipped or in `Page.gone`. An id is gone
        only when the store says so for it: what cannot be answered raises.
        """
        ...

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the external id of every record that `count` counts, for delete detection.

        Raises rather than end early. Skipped ones may be among them.
        """
        ...

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:  # noqa: ARG002 - protocol
        """Yield ids to read again although no date moved, after all streams have been read.

        For instance the customers of changed orders, or an order whose refund was deleted.
        """
        return iter(())

    def deleted_ids(self, stream: Stream, window: Window) -> Iterator[str]:  # noqa: ARG002 - protocol
        """Yield ids that the store's own feed of deletions names for the window.

        Every one of them is asked for by name before anything is marked as deleted.
        """
        return iter(())

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance] | None:  # noqa: ARG002 - protocol
        """Yield every live order placed in `[start, end)`, at a glance; for the reconciliation.

        Status, currency, total and refunds as `read` would map them, for as few calls as the
        platform can do it. None where it cannot tell orders by when they were placed, or shows a
        part of the span only; raises rather than end early.
        """
        return None

    def oldest_order(self) -> datetime | None:
        """Return when the oldest order that can be reached was placed, None without any."""
        ...

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        ...
