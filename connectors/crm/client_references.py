"""Everything that refers to a client, moved from one client to another.

Which tables those are is asked of the database itself: a table that a later version or the CRM's
own developers add would otherwise lose its rows to the cascade when the losing client goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from connectors.crm.database import Connection
from connectors.crm.statements import load


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A column that holds clients' ids.

    `key`: the table's primary key. `is_keyed`: the client is part of something unique, so that the
    row of another client cannot simply take its place.
    """

    schema: str
    table: str
    column: str
    key: tuple[str, ...]
    is_keyed: bool

    @property
    def name(self) -> str:
        """The table with its schema."""
        return f"{self.schema}.{self.table}"


def references(connection: Connection) -> list[Reference]:
    """Return every column with a foreign key to crm_clients, and those that do without one."""
    rows = connection.execute(load("identity/references")).fetchall()
    return [
        Reference(schema=schema, table=table, column=column, key=tuple(key), is_keyed=is_keyed)
        for schema, table, column, key, is_keyed in rows
    ]


def move(
    connection: Connection, reference: Reference, organization_id: str, *, source: UUID, to: UUID
) -> list[dict[str, Any]]:
    """Let the rows of `source` refer to `to`; return their primary keys."""
    statement = sql.SQL(
        "update {table} as t set {column} = %(to)s "
        "where t.organization_id = %(organization_id)s and t.{column} = %(source)s "
        "returning jsonb_build_object({key})"
    ).format(
        table=sql.Identifier(reference.schema, reference.table),
        column=sql.Identifier(reference.column),
        key=_pairs(reference.key),
    )
    scope = {"organization_id": organization_id, "source": source, "to": to}
    return [key for (key,) in connection.execute(statement, scope)]


def move_back(
    connection: Connection,
    reference: Reference,
    organization_id: str,
    *,
    source: UUID,
    to: UUID,
    keys: Sequence[Mapping[str, Any]],
) -> None:
    """Let those rows of `source` that have one of these primary keys refer to `to`."""
    statement = sql.SQL(
        "update {table} as t set {column} = %(to)s from jsonb_array_elements(%(keys)s) as k (key) "
        "where t.organization_id = %(organization_id)s and t.{column} = %(source)s "
        "and jsonb_build_object({key}) = k.key"
    ).format(
        table=sql.Identifier(reference.schema, reference.table),
        column=sql.Identifier(reference.column),
        key=_pairs(reference.key),
    )
    connection.execute(
        statement,
        {
            "organization_id": organization_id,
            "source": source,
            "to": to,
            "keys": Jsonb(list(keys)),
        },
    )


def take_out(
    connection: Connection, reference: Reference, organization_id: str, client_id: UUID
) -> list[dict[str, Any]]:
    """Remove the client's rows and return them whole."""
    statement = sql.SQL(
        "delete from {table} as t "
        "where t.organization_id = %(organization_id)s and t.{column} = %(client_id)s "
        "returning to_jsonb(t)"
    ).format(
        table=sql.Identifier(reference.schema, reference.table),
        column=sql.Identifier(reference.column),
    )
    scope = {"organization_id": organization_id, "client_id": client_id}
    return [row for (row,) in connection.execute(statement, scope)]


def put_back(
    connection: Connection, reference: Reference, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Insert rows that were taken out, as they were."""
    table = sql.Identifier(reference.schema, reference.table)
    connection.execute(
        sql.SQL(
            "insert into {table} overriding system value "
            "select r.* from jsonb_populate_recordset(null::{table}, %(rows)s) as r "
            "on conflict do nothing"
        ).format(table=table),
        {"rows": Jsonb(list(rows))},
    )


def count(
    connection: Connection, reference: Reference, organization_id: str, client_id: UUID
) -> int:
    """Return how many rows refer to the client."""
    statement = sql.SQL(
        "select count(*) from {table} as t "
        "where t.organization_id = %(organization_id)s and t.{column} = %(client_id)s"
    ).format(
        table=sql.Identifier(reference.schema, reference.table),
        column=sql.Identifier(reference.column),
    )
    row = connection.execute(
        statement, {"organization_id": organization_id, "client_id": client_id}
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always returns a row
    return int(row[0])


def _pairs(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}, t.{}").format(sql.Literal(column), sql.Identifier(column))
        for column in columns
    )
