"""A loading transaction: under the store's lease, signed, and again when another's crossed it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
import psycopg

from connectors.crm.database import Connection
from connectors.crm.lease import Lease
from connectors.crm.statements import load
from connectors.crm.target import Target

# Somebody else's transaction crossed ours and the server chose us to step back: the same again.
_CROSSED: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_REPEATS: Final = 4

_T = TypeVar("_T")


def transact(
    connection: Connection, target: Target, lease: Lease, work: Callable[[Target], _T]
) -> _T:
    """Run `work` in one transaction, with the target as `begin` returns it.

    Raises LeaseLost, and what `work` raises, leaving everything as it was.
    """

    def once() -> _T:
        with connection.transaction():
            lease.check(connection)
            return work(begin(connection, target))

    for attempt in range(1, _REPEATS):
        try:
            return once()
        except _CROSSED:
            # The other one has committed or gone by now; a moment keeps us from crossing again.
            time.sleep(0.05 * attempt)
    return once()


def begin(connection: Connection, target: Target) -> Target:
    """Sign the transaction under way as Storeloom's, so that its edits are not taken for people's.

    Returns the target with the `load_id` that the transaction's line in sync.loads will have.
    """
    row = connection.execute(load("load/begin"), target.scope).fetchone()
    assert row is not None  # noqa: S101 - the statement always returns one row
    return msgspec.structs.replace(target, load_id=row[0])
