"""Records that could not be loaded: what they are, why, and that nobody needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.errors import ConfigurationError
from connectors.records import Stream

DEFAULT_LIMIT: Final = 100


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sync.quarantine without its payload, which may hold personal data.

    `payload_kind`: "raw" as the store sent it, "record" mapped and then refused by the database.
    `version`: the Storeloom that refused it last. `state`: open, resolved or discarded.
    `resolution`: arrived, replayed, deleted in the store, or discarded; `resolved_by`: a run, or
    the person who discarded it for `resolved_reason`.
    """

    id: int
    organization_id: str
    store: str
    stream: Stream
    external_id: str | None
    code: str
    reason: str
    payload_kind: str
    run_id: str
    first_seen_at: datetime
    last_seen_at: datetime
    attempts: int
    version: str | None
    state: str
    resolution: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolved_reason: str | None


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay came to. `failures`: those that failed again, with today's reason."""

    attempted: int = 0
    loaded: int = 0
    failures: tuple[Quarantined, ...] = ()


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of a store and stream wait for one reason. `example`: the latest one's."""

    store: str
    stream: Stream
    code: str
    records: int
    example: str
    first_seen_at: datetime
    last_seen_at: datetime


def list_quarantine(
    connection: Connection,
    *,
    organization_id: str | None = None,
    store: str | None = None,
    stream: Stream | None = None,
    include_resolved: bool = False,
    limit: int = DEFAULT_LIMIT,
) -> list[Quarantined]:
    """Return what waits, oldest first; with `include_resolved` what left as well."""
    return _rows(
        connection,
        organization_id=organization_id,
        store=store,
        stream=stream,
        include_resolved=include_resolved,
        limit=limit,
    )


def list_reasons(
    connection: Connection,
    *,
    organization_id: str | None = None,
    store: str | None = None,
    stream: Stream | None = None,
) -> list[Reason]:
    """Return what waits by store, stream and code, the most frequent first."""
    rows = connection.execute(
        load("quarantine/by_reason"),
        {
            "organization_id": organization_id,
            "store_key": store,
            "stream": None if stream is None else stream.value,
        },
    )
    names = Reason.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), Reason) for row in rows.fetchall()]


def find(connection: Connection, number: int) -> Quarantined:
    """Return one row, whatever became of it. Raises ConfigurationError for no such row."""
    found = _rows(connection, number=number, include_resolved=True, limit=1)
    if not found:
        raise ConfigurationError(
            f"there is no quarantined record {number}; see storeloom quarantine list"
        )
    return found[0]


def show(connection: Connection, number: int) -> tuple[Quarantined, str]:
    """Return one row and its payload as JSON text. Raises ConfigurationError for no such row."""
    row = find(connection, number)
    return row, payload_of(connection, row.organization_id, row.id)


def discard(
    connection: Connection, numbers: Sequence[int], *, by: str, reason: str
) -> list[Quarantined]:
    """Put waiting records aside for good and return them; all of them or none.

    One stays aside while the store sends the same payload and it fails for the same reason; a
    changed one waits again. `by`: who decides. Raises ConfigurationError for a number that does not
    wait, and for no reason.
    """
    why = reason.strip()
    if not why:
        raise ConfigurationError("say why the record is not needed: --reason TEXT")
    rows = [find(connection, number) for number in dict.fromkeys(numbers)]
    with connection.transaction():
        for row in rows:
            done = connection.execute(
                load("quarantine/discard"),
                {
                    "organization_id": row.organization_id,
                    "ids": [row.id],
                    "discarded_by": by,
                    "discarded_reason": why,
                },
            ).fetchall()
            if not done:
                raise ConfigurationError(
                    f"record {row.id} does not wait: it is {row.state}; nothing was discarded"
                )
    return [find(connection, row.id) for row in rows]


def payload_of(connection: Connection, organization_id: str, number: int) -> str:
    """Return a row's payload as JSON text."""
    found = connection.execute(
        load("quarantine/payload"), {"organization_id": organization_id, "id": number}
    ).fetchone()
    return "" if found is None else str(found[0])


def _rows(
    connection: Connection,
    *,
    organization_id: str | None = None,
    store: str | None = None,
    stream: Stream | None = None,
    number: int | None = None,
    include_resolved: bool,
    limit: int,
) -> list[Quarantined]:
    rows = connection.execute(
        load("quarantine/list"),
        {
            "organization_id": organization_id,
            "store_key": store,
            "stream": None if stream is None else stream.value,
            "id": number,
            "with_resolved": include_resolved,
            "row_limit": limit,
        },
    )
    names = Quarantined.__struct_fields__
    return [
        msgspec.convert(dict(zip(names, row, strict=True)), Quarantined) for row in rows.fetchall()
    ]
