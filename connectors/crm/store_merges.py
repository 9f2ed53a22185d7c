"""Customers that the store itself has merged (Shopify's customerMerge) become one client here.

No platform's order says "this customer was merged into that one". What it leaves behind does: the
customer is gone, and every order he had is now another customer's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from connectors.crm.client_merge import Merge, lock_clients
from connectors.crm.database import Connection
from connectors.crm.joining import join
from connectors.crm.people import CUSTOMERS
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target

STORE_MERGE = "store_merge"


def join_merged_customers(connection: Connection, target: Target, gone_ids: Collection[str]) -> int:
    """Merge the clients of customers who are gone into those of who has their orders now.

    `gone_ids`: customers of the store that are marked as deleted, their orders read again since.
    Inside a signed transaction, of which this is the first work. Returns how many became one.
    """
    if not gone_ids:
        return 0
    lock_clients(connection, target.organization_id)
    rows = connection.execute(
        load("identity/merged_customers"), {**target.scope, "external_ids": array(gone_ids)}
    ).fetchall()
    became: dict[UUID, UUID] = {}
    for external_id, client_id, other_id, other_client_id in rows:
        winner, loser = _now(became, other_client_id), _now(became, client_id)
        is_joined = winner != loser and join(
            connection,
            Merge(
                organization_id=target.organization_id,
                winner_id=winner,
                loser_id=loser,
                reason=STORE_MERGE,
                evidence={"merged": external_id, "into": other_id},
                run_id=target.run_id,
            ),
            store_id=target.store_id,
            person=(CUSTOMERS, other_id),
        )
        if is_joined:
            became[loser] = winner
    return len(became)


def _now(became: Mapping[UUID, UUID], client_id: UUID) -> UUID:
    while client_id in became:
        client_id = became[client_id]
    return client_id
