"""Records that the store has no more: marked, never removed.

A client's deletion would cascade over the whole order history, and an order that disappears takes
last year's figures along. So a product becomes inactive, an order cancelled, a client inactive,
and the record map keeps the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.crm.database import Connection
from connectors.crm.rereads import note_orders_of
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import CRM_WINS, Target
from connectors.records import Stream


def bury(
    connection: Connection, target: Target, stream: Stream, external_ids: Sequence[str]
) -> set[str]:
    """Mark records as deleted inside the caller's transaction; return those not marked before.

    One that was only in quarantine is marked by being settled there.
    """
    crm_wins = target.edits == CRM_WINS
    # What somebody has changed since the sync began is not marked as held yet, and stays as well.
    kept = "{open,held}" if crm_wins else "{held}"
    scope = {**target.scope, "external_ids": array(external_ids), "kept": kept}
    if stream is not Stream.PRODUCTS:
        connection.execute(load("clients/shared_lock"), {"organization_id": target.organization_id})
    if stream is Stream.ORDERS or (crm_wins and stream in _LOCKS):
        # Orders in any case, and before their clients, as `edits.watch` does.
        connection.execute(load(_LOCKS[stream]), scope)
    if stream is not Stream.PRODUCTS:
        # Totals move when an order is cancelled: lock the clients in id order, as every batch does.
        found = connection.execute(
            load("tombstones/clients_of"), {**scope, "entity": stream.value}
        ).fetchall()
        ids = array(str(crm_id) for (crm_id,) in found)
        are_orders = stream is Stream.ORDERS
        connection.execute(
            load("clients/lock"),
            {
                "organization_id": target.organization_id,
                "client_ids": "{}" if are_orders else ids,
                "order_ids": ids if are_orders else "{}",
            },
        )
    if stream is Stream.CUSTOMERS:
        note_orders_of(connection, target, external_ids)
    marked = connection.execute(load(f"tombstones/{stream.value}"), scope).fetchall()
    connection.execute(load("edits/gone"), {**scope, "stream": stream.value})
    settled = connection.execute(
        load("load/quarantine_resolve"),
        {**scope, "stream": stream.value, "resolution": "deleted"},
    ).fetchall()
    return {row[0] for row in (*marked, *settled)}


_LOCKS: Final = {
    Stream.PRODUCTS: "tombstones/lock_products",
    Stream.ORDERS: "tombstones/lock_orders",
}
