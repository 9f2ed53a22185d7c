"""The one load path: a batch of mapped records, its refusals and its cursor in one transaction.

Backfill, incremental sync and quarantine replay all come through here, so the cursor can never be
ahead of the rows, and a batch that is loaded twice is loaded once. The books must balance: a page
that lost a record on the way is refused, since a peer's sync once dropped a whole answer, moved its
cursor and reported success.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import psycopg

from connectors.crm.database import Connection, first_line
from connectors.crm.lease import Lease
from connectors.crm.merge import merge
from connectors.crm.refusals import Refusal, put_refusals, refusal_by_database, refusal_of
from connectors.crm.staging import array, moment
from connectors.crm.statements import load
from connectors.crm.target import Change, Target
from connectors.crm.tombstones import bury
from connectors.errors import StoreloomError
from connectors.records import Record, Rejected, Stream, content_hash

# Somebody else's transaction crossed ours and the server chose us to step back: the same again.
_CROSSED: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_REPEATS: Final = 4
# What one record's values can be blamed for.
_FAULTS_OF_A_RECORD: Final = (psycopg.errors.IntegrityError, psycopg.errors.DataError)


class CursorMove(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream stands after a batch. `resume` None ends the reading under way."""

    watermark: datetime | None
    window_start: datetime | None = None
    window_end: datetime | None = None
    resume: str | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What is loaded at once. `fetched` = len(records) + len(rejected) + skipped."""

    stream: Stream
    records: Sequence[Record]
    rejected: Sequence[Rejected] = ()
    skipped: int = 0
    fetched: int


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch; the six add up to `fetched`.

    `unchanged`: known and the same. `skipped`: no business of the CRM, older than what we have, or
    the older of two states of one record in the batch. `deleted`: asked for by name, and the store
    has it no more.
    """

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    quarantined: int = 0
    deleted: int = 0


def load_batch(
    connection: Connection,
    target: Target,
    batch: Batch,
    *,
    lease: Lease,
    move: CursorMove | None = None,
) -> Loaded:
    """Load one batch and move the cursor, or raise and leave everything as it was.

    Raises LeaseLost, and the driver's OperationalError when the connection broke (load again: the
    outcome is the same). A record that the database refuses is quarantined by itself.
    """
    return _transactions(
        connection, lease, lambda token: _load(connection, target, batch, token=token, move=move)
    )


def bury_records(
    connection: Connection,
    target: Target,
    stream: Stream,
    external_ids: Sequence[str],
    *,
    lease: Lease,
) -> Loaded:
    """Mark records that the store has no more, or raise and leave everything as it was."""

    def work(token: int) -> Loaded:
        marked = len(bury(connection, target, stream, external_ids))
        loaded = Loaded(fetched=marked, deleted=marked)
        if marked:
            _audit(connection, target, stream, loaded, token=token)
        return loaded

    return _transactions(connection, lease, work)


def _transactions(connection: Connection, lease: Lease, work: Callable[[int], Loaded]) -> Loaded:
    """Run `work` under the lease in one transaction, again when another's crossed it."""

    def once() -> Loaded:
        with connection.transaction():
            lease.check(connection)
            return work(lease.token)

    for attempt in range(1, _REPEATS):
        try:
            return once()
        except _CROSSED:
            # The other one has committed or gone by now; a moment keeps us from crossing again.
            time.sleep(0.05 * attempt)
    return once()


def _load(
    connection: Connection, target: Target, batch: Batch, *, token: int, move: CursorMove | None
) -> Loaded:
    check_books(batch)
    records = newest(batch.records)
    changes, known, touched, stale, unchanged = _compare(connection, target, batch.stream, records)
    refused = _merge_isolating(connection, target, batch.stream, changes)
    _touch(connection, target, batch.stream, touched)

    failed = {refusal.external_id for refusal in refused}
    written = [change for change in changes if change.record.external_id not in failed]
    updated = sum(1 for change in written if change.record.external_id in known)
    loaded = Loaded(
        fetched=batch.fetched,
        inserted=len(written) - updated,
        updated=updated,
        unchanged=unchanged + len(touched),
        skipped=batch.skipped + stale + len(batch.records) - len(records),
        quarantined=len(batch.rejected) + len(refused),
    )
    put_refusals(connection, target, [*map(refusal_of, batch.rejected), *refused])
    arrived = [one.external_id for one in records if one.external_id not in failed]
    if arrived:
        connection.execute(
            load("load/quarantine_resolve"),
            {**target.scope, "stream": batch.stream.value, "external_ids": array(arrived)},
        )
    if move is not None:
        put_cursor(connection, target, batch.stream, move)
    _audit(connection, target, batch.stream, loaded, token=token, move=move)
    return loaded


def _audit(
    connection: Connection,
    target: Target,
    stream: Stream,
    loaded: Loaded,
    *,
    token: int,
    move: CursorMove | None = None,
) -> None:
    connection.execute(
        load("load/audit"),
        {
            **target.scope,
            **msgspec.structs.asdict(loaded),
            "stream": stream.value,
            "run_id": target.run_id,
            "token": token,
            "watermark": move.watermark if move else None,
        },
    )


def check_books(batch: Batch) -> None:
    """Refuse a batch in which a record got lost between the store and here."""
    told = len(batch.records) + len(batch.rejected) + batch.skipped
    if told != batch.fetched:
        raise StoreloomError(
            f"{batch.stream}: {batch.fetched} records were fetched but {told} arrived at the "
            "loader; nothing was written. This is a fault of the connector, please report it"
        )


def newest(records: Sequence[Record]) -> list[Record]:
    """Return one state per record: the newest, and of equally new ones the last that came."""
    found: dict[str, Record] = {}
    for record in records:
        other = found.get(record.external_id)
        if other is None or _is_as_new(record, other):
            found[record.external_id] = record
    return list(found.values())


def _is_as_new(record: Record, other: Record) -> bool:
    mine, theirs = record.source_updated_at, other.source_updated_at
    return mine is None or theirs is None or mine >= theirs


def _compare(
    connection: Connection, target: Target, stream: Stream, records: Sequence[Record]
) -> tuple[list[Change], set[str], list[Record], int, int]:
    """Sort records into changed, known among them, touched, stale (count), unchanged (count)."""
    if not records:
        return [], set(), [], 0, 0
    digests = [content_hash(record) for record in records]
    verdicts = {
        place: (crm_id, verdict)
        for place, crm_id, verdict in connection.execute(
            load("load/seen"),
            {
                **target.scope,
                "entity": stream.value,
                "external_ids": array(record.external_id for record in records),
                "digests": array(digest.hex() for digest in digests),
                "times": array(moment(record.source_updated_at) for record in records),
            },
        )
    }
    changes: list[Change] = []
    known: set[str] = set()
    touched: list[Record] = []
    counts = {"stale": 0, "unchanged": 0}
    for place, record in enumerate(records):
        crm_id, verdict = verdicts.get(place, (None, "changed"))
        if verdict == "changed":
            changes.append(Change(record, digests[place], crm_id))
            if crm_id is not None:
                known.add(record.external_id)
        elif verdict == "touched":
            touched.append(record)
        else:
            counts[verdict] += 1
    return changes, known, touched, counts["stale"], counts["unchanged"]


def _merge_isolating(
    connection: Connection, target: Target, stream: Stream, changes: Sequence[Change]
) -> list[Refusal]:
    """Merge what the database takes; return a refusal for each record that it does not.

    Halves a refused batch until the culprit is alone: one bad record costs about twice the work of
    a clean batch, and nobody else is held up by it.
    """
    if not changes:
        return []
    try:
        with connection.transaction():
            merge(connection, target, stream, changes)
    except _FAULTS_OF_A_RECORD as error:
        if len(changes) == 1:
            return [_refused(stream, changes[0].record, error)]
    else:
        return []
    middle = len(changes) // 2
    return [
        *_merge_isolating(connection, target, stream, changes[:middle]),
        *_merge_isolating(connection, target, stream, changes[middle:]),
    ]


def _refused(stream: Stream, record: Record, error: psycopg.Error) -> Refusal:
    constraint = error.diag.constraint_name
    return refusal_by_database(
        stream,
        record,
        code=f"database_{error.sqlstate or 'error'}",
        reason=f"the database refuses it: {first_line(error)}"
        + (f" (constraint {constraint})" if constraint else ""),
    )


def _touch(
    connection: Connection, target: Target, stream: Stream, touched: Sequence[Record]
) -> None:
    if touched:
        connection.execute(
            load("load/touch"),
            {
                **target.scope,
                "entity": stream.value,
                "external_ids": array(record.external_id for record in touched),
                "times": array(moment(record.source_updated_at) for record in touched),
            },
        )


def put_cursor(connection: Connection, target: Target, stream: Stream, move: CursorMove) -> None:
    """Move a stream's cursor inside the caller's transaction."""
    connection.execute(
        load("load/cursor_put"),
        {**target.scope, "stream": stream.value, **msgspec.structs.asdict(move)},
    )
