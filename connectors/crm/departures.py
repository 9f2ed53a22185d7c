"""Customers that left a store: deleted, or merged into another one?

The store tells which by whose their orders are now, so this is asked after those have been read
again, in the same sync or, when it broke off, in the next.
"""

from __future__ import annotations

from connectors.crm.database import Connection
from connectors.crm.lease import Lease
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.crm.transactions import transact


def follow_departed(connection: Connection, target: Target, *, lease: Lease) -> None:
    """Join the clients of merged customers, and forget who left."""

    def work(begun: Target) -> None:
        gone = [row[0] for row in connection.execute(load("rereads/departed"), begun.scope)]
        connection.execute(
            load("rereads/departed_done"), {**begun.scope, "external_ids": array(gone)}
        )

    transact(connection, target, lease, work)
