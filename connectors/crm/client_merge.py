"""Two clients of one organization that are one person become one, so that it can be undone.

Everything that refers to the loser moves to the winner; what people wrote into the winner stays,
its gaps are filled. Only then the losing row goes, and only when nothing refers to it: a foreign
key that was overlooked would take orders along. Its image and the list of what moved are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from connectors.crm.client_columns import fill_added
from connectors.crm.client_references import Reference, count, move, references, take_out
from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.errors import ConfigurationError, StoreloomError

_MAP = ("sync", "record_map_clients")


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """Which client becomes which, why, and on whose behalf. `evidence`: the values that agreed."""

    organization_id: str
    winner_id: UUID
    loser_id: UUID
    reason: str
    evidence: Mapping[str, Any]
    run_id: str


def lock_clients(connection: Connection, organization_id: str) -> None:
    """Keep loads and other merges of the organization out until the transaction ends.

    To be taken before anything else is locked, by whoever merges clients or takes them apart.
    """
    scope = {"organization_id": organization_id}
    connection.execute(load("clients/merge_lock"), scope)
    connection.execute(load("clients/identity_lock"), scope)


def hold(connection: Connection, organization_id: str, *client_ids: UUID) -> list[dict[str, Any]]:
    """Lock clients and their orders; return the clients' whole rows in the order asked for.

    Raises ConfigurationError when one is not there, or is another organization's.
    """
    scope = {"organization_id": organization_id, "client_ids": list(client_ids)}
    connection.execute(load("identity/hold_orders"), scope)
    rows = connection.execute(load("identity/hold"), scope)
    images: dict[UUID, dict[str, Any]] = dict(rows.fetchall())
    for client_id in client_ids:
        if client_id not in images:
            raise ConfigurationError(f"there is no client {client_id} in this organization")
    return [images[client_id] for client_id in client_ids]


def merge_clients(connection: Connection, merge: Merge) -> int:
    """Make two clients one inside the caller's signed transaction, under `lock_clients`.

    Returns the number of the merge. Raises ConfigurationError when they cannot be one: both have a
    chat contact, and the CRM's tables know one contact a client.
    """
    organization_id, winner_id, loser_id = merge.organization_id, merge.winner_id, merge.loser_id
    if winner_id == loser_id:
        raise ConfigurationError(f"client {winner_id} cannot be merged with itself")
    before, loser = hold(connection, organization_id, winner_id, loser_id)
    if before["contact_id"] and loser["contact_id"]:
        raise ConfigurationError(
            f"clients {winner_id} and {loser_id} each have a chat contact; a client can have one, "
            "so they stay apart"
        )
    scope = {
        "organization_id": organization_id,
        "winner_id": winner_id,
        "loser_id": loser_id,
        "client_id": loser_id,
        "run_id": merge.run_id,
        "reason": merge.reason,
        "evidence": Jsonb(dict(merge.evidence)),
    }
    connection.execute(load("identity/move_pins"), scope)
    places = references(connection)
    moved = {
        place: move(connection, place, organization_id, source=loser_id, to=winner_id)
        for place in places
        if not place.is_keyed
    }
    aside = {
        place: take_out(connection, place, organization_id, loser_id)
        for place in places
        if place.is_keyed
    }
    connection.execute(load("identity/replace_candidate"), scope)
    connection.execute(load("identity/release_keys"), scope)
    filled = connection.execute(
        load("identity/fill"),
        {**scope, "loser": Jsonb(loser), "tags": _united(before["tags"], loser["tags"])},
    ).fetchone()
    assert filled is not None  # noqa: S101 - the row is locked
    _check_left(connection, places, organization_id, loser_id)
    connection.execute(load("identity/remove"), scope)
    after = fill_added(connection, organization_id, winner_id, loser) or filled[0]
    row = connection.execute(
        load("identity/put_merge"),
        {
            **scope,
            "loser": Jsonb(loser),
            "winner_before": Jsonb(before),
            "winner_after": Jsonb(after),
            "moved": Jsonb(_listed(moved)),
            "set_aside": Jsonb(_listed(aside)),
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - "insert … returning" always returns
    persons = [
        key for place, keys in moved.items() if (place.schema, place.table) == _MAP for key in keys
    ]
    connection.execute(
        load("identity/relink"), {**scope, "client_id": winner_id, "keys": Jsonb(persons)}
    )
    return int(row[0])


def _check_left(
    connection: Connection, places: list[Reference], organization_id: str, loser_id: UUID
) -> None:
    for place in places:
        left = count(connection, place, organization_id, loser_id)
        if left:
            raise StoreloomError(
                f"merging client {loser_id}: {left} rows of {place.name} still refer to it and "
                "would be lost; nothing was changed. This is a fault of ours, please report it"
            )


def _united(tags: list[str] | None, others: list[str] | None) -> list[str] | None:
    if tags is None or others is None:
        return others if tags is None else tags
    return [*tags, *(tag for tag in others if tag not in tags)]


def _listed(found: Mapping[Reference, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"table": place.name, "column": place.column, "rows": rows}
        for place, rows in found.items()
        if rows
    ]
