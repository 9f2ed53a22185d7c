"""Orders follow the rates: filled when one becomes known, corrected when it was late or revised.

One pass finds the organizations with anything to change, so a night without news writes nothing and
asks each currency and day once. The rest goes portion by portion, each its own short transaction: a
first load of the history touches every foreign order, and clients' totals are locked meanwhile.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, Final

import msgspec
import psycopg

from connectors.crm.statements import load

Connection = psycopg.Connection[Any]
_PORTION: Final = 20_000
_BEFORE_ALL: Final = str(uuid.UUID(int=0))
# A load that crossed ours made us step back: the same again.
_CROSSED: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_REPEATS: Final = 5


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` whose rate changed, in so many `organizations`."""

    organizations: int
    orders: int


def fill_orders(connection: Connection, *, run_id: str, portion: int = _PORTION) -> Filled:
    """Give every order the rate of its day that is known by now; net revenue and totals follow.

    `connection`: outside of a transaction, or its first portion would wait for yours. `run_id`:
    signs the change, so that it is not taken for an edit of people. `portion`: orders looked at in
    one transaction.
    """
    with connection.transaction():
        found = connection.execute(load("rates/wrong")).fetchall()
    changed = [_fill_one(connection, row[0], run_id, portion) for row in found]
    return Filled(organizations=sum(1 for orders in changed if orders), orders=sum(changed))


def _fill_one(connection: Connection, organization_id: str, run_id: str, portion: int) -> int:
    after: str | None = _BEFORE_ALL
    orders = 0
    while after is not None:
        scope = {"organization_id": organization_id, "after": after, "size": portion}
        written, after = _next_portion(connection, scope, run_id)
        orders += written
    return orders


def _next_portion(
    connection: Connection, scope: dict[str, Any], run_id: str
) -> tuple[int, str | None]:
    for attempt in range(1, _REPEATS + 1):
        try:
            with connection.transaction():
                connection.execute(load("rates/sign"), {"run_id": run_id})
                row = connection.execute(load("rates/fill"), scope).fetchone()
        except _CROSSED:
            if attempt == _REPEATS:
                raise
            # The other one has committed or gone by now; a moment keeps us from crossing again.
            time.sleep(0.05 * attempt)
        else:
            break
    assert row is not None  # noqa: S101 - the statement always returns one row
    return row[0], row[1]
