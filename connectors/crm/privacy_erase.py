"""One erasure inside the caller's transaction: every place of the list, then the ledger.

Whoever calls has signed the transaction (`transactions.begin`): unsigned, the trigger that keeps
what people's edits replaced would have kept what is erased here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from psycopg.types.json import Jsonb

from connectors.crm.database import Connection
from connectors.crm.privacy_places import places_of
from connectors.crm.privacy_quarantine import marks_of, quarantined, strip_quarantine
from connectors.crm.privacy_scope import Scope, records
from connectors.crm.staging import array
from connectors.crm.statements import load

Kind = Literal["client", "store", "redacted"]
BY_STORE: Final = "the store"


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure came to. `counts`: rows that held something, by place; no personal data."""

    id: int
    clients: int
    orders: int
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Rows that held something."""
        return sum(self.counts.values())


def lock_people(connection: Connection, organization_id: str) -> None:
    """Keep batches of the organization from meeting people while some of them are erased."""
    connection.execute(load("privacy/lock"), {"organization_id": organization_id})


def erase(
    connection: Connection,
    scope: Scope,
    *,
    kind: Kind,
    requested_by: str,
    run_id: str,
    is_everything: bool = False,
) -> Erased:
    """Erase what is in scope and write it into the ledger."""
    parameters: dict[str, Any] = {
        **scope.parameters(),
        "erased_store_id": scope.store_id,
        "scope": kind,
        "is_everything": is_everything,
        "requested_by": requested_by,
        "run_id": run_id,
    }
    connection.execute(
        load("clients/lock"),
        {
            "organization_id": scope.organization_id,
            "client_ids": parameters["client_ids"],
            "order_ids": parameters["order_ids"],
        },
    )
    row = connection.execute(load("privacy/begin"), parameters).fetchone()
    assert row is not None  # noqa: S101 - "insert … returning" always returns
    parameters["erasure_id"] = row[0]
    # What gives a person away has to be read before it is gone.
    marks = marks_of(connection, scope)
    parameters["emails"] = array(marks.emails)
    parameters["surnames"] = array(marks.surnames)
    stripped = strip_quarantine(connection, scope, marks, parameters)
    counts = {"sync.quarantine": len(stripped)}
    for place in places_of(is_everything=is_everything):
        done = connection.execute(load(f"privacy/{place.erase}"), parameters)
        counts[place.table] = max(done.rowcount, 0)
    known = [*scope.records, *quarantined(stripped)]
    connection.execute(load("privacy/erase_records"), {**parameters, **records(known)})
    counts = {place: number for place, number in sorted(counts.items()) if number}
    connection.execute(
        load("privacy/finish"),
        {
            "organization_id": scope.organization_id,
            "erasure_id": row[0],
            "counts": Jsonb(counts),
        },
    )
    return Erased(id=row[0], clients=len(scope.client_ids), orders=len(scope.orders), counts=counts)


def erased_ids(
    connection: Connection,
    *,
    organization_id: str,
    store_id: str,
    keys: list[tuple[str, str]],
) -> set[tuple[str, str]]:
    """Return those of these records (entity, id) of a store that are erased."""
    if not keys:
        return set()
    rows = connection.execute(
        load("privacy/erased"),
        {
            "organization_id": organization_id,
            "store_id": store_id,
            "entities": array(entity for entity, _ in keys),
            "external_ids": array(external_id for _, external_id in keys),
        },
    ).fetchall()
    return {(entity, external_id) for entity, external_id in rows}
