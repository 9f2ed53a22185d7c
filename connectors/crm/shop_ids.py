"""Shop ids that somebody changed by hand, put back before anything is written.

The merge finds a row by its shop id. An order whose id was emptied in the CRM would be loaded a
second time, and its client would have paid twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.crm.database import Connection
from connectors.crm.edits import Watch
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Change, Target
from connectors.records import Stream


def restore(
    connection: Connection,
    target: Target,
    stream: Stream,
    changes: Sequence[Change],
    watched: Watch,
) -> None:
    """Give the known rows behind `changes` the shop ids that the record map has for them."""
    known = [change for change in changes if change.crm_id is not None]
    if not known:
        return
    if stream is Stream.CUSTOMERS:
        _free_clients(connection, target, known, watched)
        return
    kind = "order" if stream is Stream.ORDERS else "product"
    found = connection.execute(
        load(f"edits/{kind}_keys"),
        {
            **target.scope,
            "id_prefix": target.id_prefix,
            "external_ids": array(change.record.external_id for change in known),
        },
    ).fetchall()
    if found:
        put = {
            "organization_id": target.organization_id,
            "row_ids": array(str(row_id) for row_id, _ in found),
            "shop_ids": array(shop_id for _, shop_id in found),
        }
        connection.execute(load(f"edits/{kind}_keys_free"), put)
        connection.execute(load(f"edits/{kind}_keys_put"), put)


def _free_clients(
    connection: Connection, target: Target, known: Sequence[Change], watched: Watch
) -> None:
    """Take wrong shop ids off clients; which of its customers a client follows is settled anew."""
    doubtful = [
        change
        for change in known
        if change.crm_id in watched.forced
        or (change.crm_id, "ecommerce_customer_id") in watched.edits
    ]
    if doubtful:
        connection.execute(
            load("edits/client_keys_free"),
            {
                "organization_id": target.organization_id,
                "row_ids": array(str(change.crm_id) for change in doubtful),
                "shop_ids": array(
                    target.id_prefix + change.record.external_id for change in doubtful
                ),
            },
        )
