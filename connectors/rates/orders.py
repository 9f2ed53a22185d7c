"""Orders follow the rates: filled when one becomes known, corrected when it was late or revised.

One pass finds the organizations with anything to change, so a night without news writes nothing and
asks each currency and day once. The rest goes portion by portion, each its own short transaction: a
first load of the history touches every foreign order, and clients' totals are locked meanwhile.
A rate that was put on a store's order past every trigger is entered among the edits on the way.

An amount may be more than its column holds once it is converted, an order's or its client's total.
Such an order is left alone by itself: one tenant's billions must not stop the others' rates.
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
    """`orders` whose rate changed, in so many `organizations`.

    `refused`: left as they were, since the converted amount is more than its column holds.
    """

    organizations: int
    orders: int
    refused: int = 0


def fill_orders(connection: Connection, *, run_id: str, portion: int = _PORTION) -> Filled:
    """Give every order the rate of its day that is known by now; net revenue and totals follow.

    `connection`: outside of a transaction, or its first portion would wait for yours. `run_id`:
    signs the change, so that it is not taken for an edit of people. `portion`: orders looked at in
    one transaction.
    """
    with connection.transaction():
        found = connection.execute(load("rates/wrong")).fetchall()
    changed = [_fill_one(connection, row[0], run_id, portion) for row in found]
    return Filled(
        organizations=sum(1 for written, _ in changed if written),
        orders=sum(written for written, _ in changed),
        refused=sum(refused for _, refused in changed),
    )


def _fill_one(
    connection: Connection, organization_id: str, run_id: str, portion: int
) -> tuple[int, int]:
    """Return how many of an organization's orders were written, and how many refused."""
    after: str | None = _BEFORE_ALL
    size, orders, refused = portion, 0, 0
    while after is not None:
        scope = {
            "organization_id": organization_id,
            "after": after,
            "size": size,
            "run_id": run_id,
        }
        try:
            written, after = _next_portion(connection, scope)
        except psycopg.errors.NumericValueOutOfRange:
            if size > 1:
                # One of them is too much: halved until it is alone.
                size //= 2
                continue
            refused += 1
            after = _next_order(connection, scope)
        else:
            orders += written
        size = min(portion, size * 2)
    return orders, refused


def _next_order(connection: Connection, scope: dict[str, Any]) -> str | None:
    with connection.transaction():
        row = connection.execute(load("rates/next"), scope).fetchone()
    return None if row is None else row[0]


def _next_portion(connection: Connection, scope: dict[str, Any]) -> tuple[int, str | None]:
    for attempt in range(1, _REPEATS + 1):
        try:
            with connection.transaction():
                connection.execute(load("rates/sign"), scope)
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
