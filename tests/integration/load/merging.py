"""Two clients merged as a person would, and taken apart again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from connectors.crm.client_merge import Merge, lock_clients, merge_clients
from connectors.crm.client_restore import undo_merge

Connection = psycopg.Connection[Any]


def merge(connection: Connection, organization: str, winner: UUID, loser: UUID) -> int:
    with connection.transaction():
        lock_clients(connection, organization)
        return merge_clients(
            connection,
            Merge(
                organization_id=organization,
                winner_id=winner,
                loser_id=loser,
                reason="review",
                evidence={},
                run_id="test",
            ),
        )


def undo(connection: Connection, organization: str, number: int) -> None:
    with connection.transaction():
        lock_clients(connection, organization)
        undo_merge(connection, organization, number, run_id="test")
