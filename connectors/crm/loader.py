"""The loading end of a sync: one connection, opened again when it breaks, and what it asks for.

A batch whose connection broke is loaded again in full. Whether the server had committed it cannot
be known, and need not be: what is there already is recognised and not written twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, TypeVar, cast

import msgspec
import psycopg

from connectors.base import StoreConfig, StoreProbe
from connectors.crm.database import Connection
from connectors.crm.departures import follow_departed
from connectors.crm.lease import Lease
from connectors.crm.load import (
    Attempt,
    Batch,
    CursorMove,
    Loaded,
    bury_records,
    load_batch,
    put_cursor,
    resolve_unnamed,
)
from connectors.crm.opening import target_of
from connectors.crm.revision import revision_of
from connectors.crm.sessions import Sessions
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.statistics import Growth
from connectors.crm.target import Target
from connectors.crm.transactions import transact
from connectors.errors import DatabaseError
from connectors.records import Stream

# A restart of the server or a failover is over in about half a minute.
_PAUSES_SECONDS: Final = (0.2, 1.0, 3.0, 8.0, 20.0)

_T = TypeVar("_T")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream stands: its watermark, and the reading that broke off, if one did.

    `settled_until`: the store's deletions have been followed up to here. `scanned_at`: when a
    stream without a filter by change was last read whole. `listed_at`: when all ids were last
    compared, and `listed_difference` the difference of the counts that this explained.
    """

    watermark: datetime | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    resume: str | None = None
    settled_until: datetime | None = None
    scanned_at: datetime | None = None
    listed_at: datetime | None = None
    listed_difference: int = 0


class Loader:
    """Loads batches of one store under its lease, inside a `with` block.

    `sessions`: where its connection is taken from and given back to.
    """

    def __init__(
        self,
        database_url: str,
        config: StoreConfig,
        lease: Lease,
        *,
        run_id: str,
        sessions: Sessions | None = None,
    ) -> None:
        self._sessions = sessions or Sessions(database_url)
        self._config = config
        self._lease = lease
        self._run_id = run_id
        self._connection: Connection | None = None
        self._target: Target | None = None
        self._growth = Growth()

    def __enter__(self) -> Loader:
        self._connection = self._sessions.open("storeloom-load")
        self._target = self._once(lambda opened: target_of(opened, self._config, self._run_id))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._sessions.give_back(self._connection)

    @property
    def target(self) -> Target:
        """The store that is loaded."""
        assert self._target is not None, "used outside its block"  # noqa: S101 - our own misuse
        return self._target

    @property
    def lease(self) -> Lease:
        """The lease that is loaded under."""
        return self._lease

    @property
    def connection(self) -> Connection:
        """The open connection, autocommit."""
        assert self._connection is not None, "used outside its block"  # noqa: S101 - as above
        return self._connection

    def note(self, probe: StoreProbe) -> None:
        """Keep what the store says of itself where nobody has said otherwise."""
        told = {"currency": probe.currency, "time_zone": probe.time_zone}
        parameters = {**self.target.scope, **told}
        self._once(lambda opened: opened.execute(load("stores/note"), parameters))
        revision = revision_of(self._config, **told)
        self._target = msgspec.structs.replace(
            self.target, revision=revision, country=self.target.country or probe.country
        )

    def position(self, stream: Stream) -> Position:
        """Return where a stream stands; nothing known for a new one."""
        parameters = {**self.target.scope, "stream": stream.value}
        row = self._once(
            lambda opened: opened.execute(load("load/cursor_get"), parameters).fetchone()
        )
        if row is None:
            return Position()
        return Position(**dict(zip(Position.__struct_fields__, row, strict=True)))

    def load(self, batch: Batch, move: CursorMove | None) -> Loaded:
        """Load one batch with its cursor; None leaves the cursor alone."""
        attempt = Attempt()
        loaded = self._once(
            lambda opened: load_batch(
                opened, self.target, batch, lease=self._lease, move=move, attempt=attempt
            )
        )
        if self._growth.is_due(batch.stream, loaded.inserted):
            self._once(lambda opened: opened.execute(load(f"statistics/{batch.stream.value}")))
        return loaded

    def finish(self, stream: Stream, move: CursorMove) -> None:
        """Set the cursor at the end of a reading."""

        def put(opened: Connection) -> None:
            with opened.transaction():
                self._lease.check(opened)
                put_cursor(opened, self.target, stream, move)

        self._once(put)

    def bury(self, stream: Stream, external_ids: Sequence[str]) -> Loaded:
        """Mark records that the store has no more."""
        attempt = Attempt()
        return self._once(
            lambda opened: bury_records(
                opened, self.target, stream, external_ids, lease=self._lease, attempt=attempt
            )
        )

    def resolve_unnamed(self, stream: Stream, *, seen_before: datetime) -> Loaded:
        """Settle refused records without an id that nothing has met since `seen_before`."""
        if not self.ask("load/quarantine_unnamed", {"stream": stream.value}):
            return Loaded()
        return self._once(
            lambda opened: resolve_unnamed(
                opened, self.target, stream, seen_before=seen_before, lease=self._lease
            )
        )

    def clock(self) -> datetime:
        """Return the database's clock, by which rows are stamped."""
        return cast(datetime, self.ask("load/clock", {})[0][0])

    def waiting_streams(self) -> set[str]:
        """Return the streams of which records wait to be read by name."""
        return {str(stream) for (stream,) in self.ask("rereads/streams", {})}

    def waiting(self, stream: Stream) -> dict[str, bool]:
        """Return the ids that wait to be read by name, and whether they are to be forced."""
        rows = self.ask("rereads/waiting", {"stream": stream.value})
        come = [external_id for external_id, _, has_come in rows if has_come]
        if come:
            self.answered(stream, come, asked_at=self.clock())
        return {str(one): bool(is_forced) for one, is_forced, has_come in rows if not has_come}

    def answered(
        self, stream: Stream, external_ids: Collection[str], *, asked_at: datetime
    ) -> None:
        """Take off what waited to be read by name before `asked_at`."""
        parameters = {
            **self.target.scope,
            "stream": stream.value,
            "external_ids": array(external_ids),
            "asked_at": asked_at,
        }
        self._once(lambda opened: opened.execute(load("rereads/done"), parameters))

    def follow_departed(self) -> None:
        """See what became of customers who left, once their orders have been read again."""
        if self.ask("rereads/departed", {}):
            self.within(follow_departed)

    def settled(
        self,
        stream: Stream,
        *,
        until: datetime | None = None,
        scanned_at: datetime | None = None,
        listed_at: datetime | None = None,
        listed_difference: int | None = None,
    ) -> None:
        """Remember what the search for deletions came to; None leaves what is there."""
        parameters = {
            **self.target.scope,
            "stream": stream.value,
            "settled_until": until,
            "scanned_at": scanned_at,
            "listed_at": listed_at,
            "listed_difference": listed_difference,
        }

        def put(opened: Connection) -> None:
            with opened.transaction():
                self._lease.check(opened)
                opened.execute(load("settle/cursor"), parameters)

        self._once(put)

    def ask(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that reads this store's state."""
        scoped = {**self.target.scope, **parameters}
        return self._once(lambda opened: opened.execute(load(statement), scoped).fetchall())

    def within(self, work: Callable[[Connection, Target], _T]) -> _T:
        """Run `work` in one transaction under the lease, signed as Storeloom's."""
        return self._once(
            lambda opened: transact(
                opened, self.target, self._lease, lambda begun: work(opened, begun)
            )
        )

    def fill_rates(self) -> None:
        """Give waiting orders the exchange rates that are known by now."""
        self.within(lambda opened, begun: opened.execute(load("orders/fill_rates"), begun.scope))

    def _once(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work`, once more on a new connection when the old one broke."""
        for pause in _PAUSES_SECONDS:
            try:
                return self._run(work)
            except (psycopg.OperationalError, DatabaseError):
                if self._connection is not None and not self._connection.broken:
                    raise
                time.sleep(pause)
        return self._run(work)

    def _run(self, work: Callable[[Connection], _T]) -> _T:
        if self._connection is None or self._connection.closed:
            self._connection = None
            self._connection = self._sessions.open("storeloom-load")
        return work(self._connection)
