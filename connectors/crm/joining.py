"""Clients that a rule says are one person: merged, unless a person or the tables forbid it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from connectors.crm.client_merge import Merge, hold, merge_clients
from connectors.crm.database import Connection
from connectors.crm.identity import Doubt
from connectors.crm.staging import json_text
from connectors.crm.statements import load

Key = tuple[str, str]


def join(connection: Connection, merge: Merge, *, store_id: str, person: Key) -> bool:
    """Merge two clients under `lock_clients`; return whether they are one now.

    Two that a person took apart stay apart, and two with a chat contact each are left for a person
    to review. `person`: whom such a review is about, as the record map of the store knows him.
    """
    one, other = merge.winner_id, merge.loser_id
    if are_pinned(connection, merge.organization_id, one, other):
        return False
    winner, loser = hold(connection, merge.organization_id, one, other)
    if winner["contact_id"] and loser["contact_id"]:
        put_review(
            connection,
            merge.organization_id,
            store_id,
            person=person,
            client_id=one,
            candidates=[other],
            doubt=Doubt.TWO_CONTACTS,
        )
        return False
    merge_clients(connection, merge)
    return True


def are_pinned(connection: Connection, organization_id: str, one: UUID, other: UUID) -> bool:
    """Return whether a person said that these two clients are two."""
    found = connection.execute(
        load("identity/pinned"),
        {"organization_id": organization_id, "ones": [one], "others": [other]},
    ).fetchone()
    return found is not None


def put_review(
    connection: Connection,
    organization_id: str,
    store_id: str,
    *,
    person: Key,
    client_id: UUID,
    candidates: Iterable[UUID],
    doubt: Doubt,
) -> None:
    """Leave a doubt for a person to decide, once."""
    connection.execute(
        load("clients/review"),
        {
            "organization_id": organization_id,
            "store_id": store_id,
            "entities": [person[0]],
            "external_ids": [person[1]],
            "client_ids": [client_id],
            "reasons": [doubt.value],
            "candidates": [json_text([str(one) for one in candidates])],
        },
    )
