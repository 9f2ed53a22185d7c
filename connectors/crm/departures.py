"""Customers that left a store: deleted, or merged into another one?

The store tells which by whose their orders are now, so this is asked after those have been read
again, in the same sync or, when it broke off, in the next.
"""

from __future__ import annotations

from connectors.crm.database import Connection
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.store_merges import join_merged_customers
from connectors.crm.target import Target


def follow_departed(connection: Connection, target: Target) -> int:
    """Join the clients of merged customers and forget who left; return how many became one.

    Inside a signed transaction, as its first work.
    """
    gone = [str(row[0]) for row in connection.execute(load("rereads/departed"), target.scope)]
    joined = join_merged_customers(connection, target, gone)
    connection.execute(load("rereads/departed_done"), {**target.scope, "external_ids": array(gone)})
    return joined
