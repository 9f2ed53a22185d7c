"""The one load path: a batch of mapped records, its refusals and its cursor in one transaction.

Backfill, incremental sync and quarantine replay all come through here, so the cursor can never be
ahead of the rows, and a batch that is loaded twice is loaded once. The books must balance: a page
that lost a record on the way is refused, since a peer's sync once dropped a whole answer, moved its
cursor and reported success.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from connectors.crm.comparing import compare, newest, touch
from connectors.crm.database import Connection
from connectors.crm.isolating import merge_isolating
from connectors.crm.lease import Lease
from connectors.crm.privacy_guard import guarded, guarded_refusals
from connectors.crm.refusals import put_refusals, refusal_of
from connectors.crm.rereads import let_stay, note
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.crm.tombstones import bury
from connectors.crm.transactions import transact
from connectors.errors import StoreloomError
from connectors.records import Record, Rejected, Stream


class CursorMove(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream stands after a batch. `resume` None ends the reading under way."""

    watermark: datetime | None
    window_start: datetime | None = None
    window_end: datetime | None = None
    resume: str | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What is loaded at once. `fetched` = len(records) + len(rejected) + skipped.

    `asked_at`: when the store was asked for these records by name, by the database's clock; None
    for what a list brought. `is_forced`: write known records although they seem to be the same.
    """

    stream: Stream
    records: Sequence[Record]
    rejected: Sequence[Rejected] = ()
    skipped: int = 0
    fetched: int
    asked_at: datetime | None = None
    is_forced: bool = False


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch; the six add up to `fetched`.

    `unchanged`: known and the same. `skipped`: no business of the CRM, older than what we have, the
    older of two states of one record in the batch, or refused again after a person discarded it.
    `deleted`: asked for by name, and the store has it no more.
    """

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    quarantined: int = 0
    deleted: int = 0


class Attempt(msgspec.Struct, kw_only=True):
    """What is remembered of a transaction whose end was not heard, for whoever repeats it."""

    load_id: int | None = None


def load_batch(
    connection: Connection,
    target: Target,
    batch: Batch,
    *,
    lease: Lease,
    move: CursorMove | None = None,
    attempt: Attempt | None = None,
) -> Loaded:
    """Load one batch and move the cursor, or raise and leave everything as it was.

    `attempt`: the same object again when the same batch is loaded again, so that it stands in the
    books once.

    Raises LeaseLost, and the driver's OperationalError when the connection broke (load again: the
    outcome is the same). A record that the database refuses is quarantined by itself.
    """

    return _booked_once(
        connection,
        target,
        lease,
        attempt,
        lambda begun: _load(connection, begun, batch, token=lease.token, move=move),
    )


def bury_records(
    connection: Connection,
    target: Target,
    stream: Stream,
    external_ids: Sequence[str],
    *,
    lease: Lease,
    attempt: Attempt | None = None,
) -> Loaded:
    """Mark records that the store has no more, or raise and leave everything as it was."""

    def work(begun: Target) -> Loaded:
        marked = len(bury(connection, begun, stream, external_ids))
        loaded = Loaded(fetched=marked, deleted=marked)
        if marked:
            _audit(connection, begun, stream, loaded, token=lease.token)
        return loaded

    return _booked_once(connection, target, lease, attempt, work)


def _booked_once(
    connection: Connection,
    target: Target,
    lease: Lease,
    attempt: Attempt | None,
    work: Callable[[Target], Loaded],
) -> Loaded:
    """Run `work` in a transaction, unless an attempt at it stands in the books already."""
    made = attempt or Attempt()

    def once(begun: Target) -> Loaded:
        if made.load_id is not None:
            row = connection.execute(
                load("load/booked"), {**begun.scope, "load_id": made.load_id}
            ).fetchone()
            if row is not None:
                return Loaded(**dict(zip(Loaded.__struct_fields__, row, strict=True)))
        made.load_id = begun.load_id
        return work(begun)

    return transact(connection, target, lease, once)


def resolve_unnamed(
    connection: Connection,
    target: Target,
    stream: Stream,
    *,
    seen_before: datetime,
    lease: Lease,
) -> Loaded:
    """Settle refused records without an id that a look at all the store has did not meet again."""

    def work(begun: Target) -> Loaded:
        rows = connection.execute(
            load("load/quarantine_resolve_unnamed"),
            {**begun.scope, "stream": stream.value, "seen_before": seen_before},
        ).fetchall()
        loaded = Loaded(fetched=len(rows), deleted=len(rows))
        if rows:
            _audit(connection, begun, stream, loaded, token=lease.token)
        return loaded

    return transact(connection, target, lease, work)


def _load(
    connection: Connection, target: Target, batch: Batch, *, token: int, move: CursorMove | None
) -> Loaded:
    check_books(batch)
    records = guarded(connection, target, batch.stream, newest(batch.records))
    compared = compare(
        connection,
        target,
        batch.stream,
        records,
        asked_at=batch.asked_at,
        is_forced=batch.is_forced,
    )
    refused = merge_isolating(connection, target, batch.stream, compared.changes)
    touch(connection, target, batch.stream, compared.touched)

    failed = {refusal.external_id for refusal in refused}
    written = {change.record.external_id for change in compared.changes} - failed
    # The payload is the one we have; what had been changed in the row is told as a repair.
    same = {one.record.external_id for one in compared.changes if one.is_forced} - failed
    updated = len((written & compared.known) - same)
    refusals = [*map(refusal_of, batch.rejected), *refused]
    discarded = put_refusals(connection, target, guarded_refusals(connection, target, refusals))
    loaded = Loaded(
        fetched=batch.fetched,
        inserted=len(written) - len(same) - updated,
        updated=updated,
        unchanged=compared.unchanged + len(compared.touched) + len(same),
        skipped=(
            batch.skipped + len(compared.stale) + len(batch.records) - len(records) + discarded
        ),
        quarantined=len(refusals) - discarded,
    )
    # A record of which another state in this batch was refused is not whole yet.
    failed.update(one.external_id for one in batch.rejected)
    arrived = [one.external_id for one in records if one.external_id not in failed]
    if arrived:
        connection.execute(
            load("load/quarantine_resolve"),
            {
                **target.scope,
                "stream": batch.stream.value,
                "external_ids": array(arrived),
                "resolution": "arrived",
            },
        )
    if batch.asked_at is None and compared.stale:
        # A list may be late; the store itself is asked which of the two states is today's.
        note(connection, target, batch.stream, compared.stale, reason="stale")
    if batch.asked_at is not None and batch.stream is Stream.CUSTOMERS:
        let_stay(connection, target, (one.external_id for one in records if not one.is_deleted))
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
    told = sum(msgspec.structs.astuple(loaded)) - loaded.fetched
    if told != loaded.fetched:
        raise StoreloomError(
            f"{stream}: of {loaded.fetched} records that were fetched, {told} are accounted for; "
            "nothing of the batch was kept and the cursor stays. This is a fault of the load "
            "path, please report it"
        )
    connection.execute(
        load("load/audit"),
        {
            **target.scope,
            **msgspec.structs.asdict(loaded),
            "stream": stream.value,
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


def put_cursor(connection: Connection, target: Target, stream: Stream, move: CursorMove) -> None:
    """Move a stream's cursor inside the caller's transaction."""
    connection.execute(
        load("load/cursor_put"),
        {**target.scope, "stream": stream.value, **msgspec.structs.asdict(move)},
    )
