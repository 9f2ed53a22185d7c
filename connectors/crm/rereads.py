"""Records to be read again by name, and customers that have left: noted by whoever learns of it.

Each line is written in the transaction of its cause and taken off when the store has answered, so a
run that dies in between leaves its questions to the next one. `Settling` asks them, with the guard
and the books of everything else that is read by name.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.crm.database import Connection
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.records import Stream


def note(
    connection: Connection,
    target: Target,
    stream: Stream,
    external_ids: Iterable[str],
    *,
    reason: str,
    is_forced: bool = False,
) -> None:
    """Have these records read by name, in this sync or the next.

    `reason`: one word, for people. `is_forced`: write them although they seem to be the same.
    """
    connection.execute(
        load("rereads/note"),
        {
            **target.scope,
            "stream": stream.value,
            "external_ids": array(external_ids),
            "reason": reason,
            "is_forced": is_forced,
        },
    )


def note_buyers(connection: Connection, target: Target) -> None:
    """Note customers whom the staged orders leave, and those they are the first to name."""
    connection.execute(load("rereads/note_moved"), target.scope)
    connection.execute(load("rereads/note_named"), target.scope)


def note_orders_of(connection: Connection, target: Target, customer_ids: Iterable[str]) -> None:
    """Note the orders of customers that are about to be marked as deleted."""
    connection.execute(
        load("rereads/note_orders"), {**target.scope, "external_ids": array(customer_ids)}
    )


def let_stay(connection: Connection, target: Target, customer_ids: Iterable[str]) -> None:
    """Forget that orders left these customers, whom the store has just shown by name."""
    connection.execute(
        load("rereads/stayed"), {**target.scope, "external_ids": array(customer_ids)}
    )
