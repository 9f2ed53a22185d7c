"""Where a CRM row comes from: the run that wrote it, the payload, the store's time, the edits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.stores import find_store
from connectors.errors import ConfigurationError
from connectors.records import Stream


class CellEdit(msgspec.Struct, frozen=True):
    """What somebody changed in a row. Values are JSON, None once they were erased.

    `column`: None where the whole row had been removed. `edited_by`: the application's user, else
    the database's; None for a change that no trigger saw.
    """

    id: int
    column: str | None
    earlier_value: str | None
    new_value: str | None
    edited_at: datetime
    edited_by: str | None
    state: str
    settled_at: datetime | None
    run_id: str | None


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote the row of one record last, and from what.

    `load_id`, `run_id`, `loaded_at`: None for rows from before this was kept. `payload_hash`: of
    the record as it was mapped, hexadecimal; None for one that was only named or is deleted.
    `source_updated_at`: when the store changed it. `deleted_at`: when we learned that it is gone.
    """

    store: str
    stream: Stream
    external_id: str
    crm_id: UUID
    load_id: int | None
    run_id: str | None
    loaded_at: datetime | None
    payload_hash: str | None
    source_updated_at: datetime | None
    source_status: str | None
    deleted_at: datetime | None
    link_reason: str | None
    edits: tuple[CellEdit, ...] = ()


class ListedEdit(msgspec.Struct, frozen=True):
    """An edit in a list: whose, of what, when; no values. `column`: None for a removed row."""

    id: int
    table: str
    stream: str | None
    external_id: str
    column: str | None
    edited_at: datetime
    edited_by: str | None
    state: str
    settled_at: datetime | None
    run_id: str | None


def origin(connection: Connection, key: str, stream: Stream, external_id: str) -> Origin:
    """Return where a record's row comes from; raises ConfigurationError without such a row."""
    store = find_store(connection, key)
    row = connection.execute(
        load("audit/origin"),
        {
            "organization_id": store.organization_id,
            "store_id": store.id,
            "entity": stream.value,
            "external_id": external_id,
        },
    ).fetchone()
    if row is None:
        raise ConfigurationError(
            f'store "{key}" has no {stream.value} record "{external_id}" in the CRM; '
            f"see storeloom quarantine list {key}, or sync again"
        )
    fields = ("store", "stream", "external_id", "crm_id", "load_id", "run_id", "loaded_at",
              "payload_hash", "source_updated_at", "source_status", "deleted_at",
              "link_reason")  # fmt: skip
    edits = connection.execute(
        load("audit/edits"), {"organization_id": store.organization_id, "row_id": row[0]}
    )
    return Origin(
        **dict(zip(fields, (key, stream, external_id, *row), strict=True)),
        edits=tuple(CellEdit(*one) for one in edits),
    )


def list_edits(
    connection: Connection, key: str, *, include_settled: bool, limit: int
) -> list[ListedEdit]:
    """Return what people changed in the rows of a store, newest first."""
    store = find_store(connection, key)
    rows = connection.execute(
        load("edits/list"),
        {
            "organization_id": store.organization_id,
            "store_id": store.id,
            "is_settled": include_settled,
            "most": limit,
        },
    )
    return [ListedEdit(*row) for row in rows]


def release_edits(connection: Connection, key: str, ids: Sequence[int] | None) -> list[int]:
    """Let the store overwrite held columns at its next sync, these or all; return which."""
    store = find_store(connection, key)
    rows = connection.execute(
        load("edits/release"),
        {
            "organization_id": store.organization_id,
            "store_id": store.id,
            "ids": None if ids is None else array(map(str, ids)),
        },
    )
    return sorted(edit_id for (edit_id,) in rows)
