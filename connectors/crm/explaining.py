"""Who a client is and why: every person, the rule that joined him, and what was merged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.errors import ConfigurationError


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a store knows, who is the client.

    `reason`: the rule. `evidence`: the values that agreed; personal data. `orders`: all of his, and
    `total` what they are worth in the organization's reporting currency. `is_gone`: the store has
    him no more. `run_id`: None for links older than the ledger.
    """

    store: str
    entity: str
    external_id: str
    reason: str | None
    evidence: Mapping[str, Any]
    linked_at: datetime
    run_id: str | None
    is_gone: bool
    orders: int
    total: Decimal


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """A client that became this one; `number`: of the merge."""

    number: int
    client_id: str
    reason: str
    evidence: Mapping[str, Any]
    merged_at: datetime
    run_id: str


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A doubt that waits for a person: is the client one of the candidates?"""

    number: int
    organization_id: str
    store: str
    store_id: str
    entity: str
    external_id: str
    client_id: str
    candidate_ids: tuple[str, ...]
    reason: str
    created_at: datetime


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A client, and why it is who it is.

    `asked_for`: the id that was asked for, another one when that client was merged into this one.
    `not_the_same`: clients that a person took apart from it.
    """

    client_id: str
    asked_for: str
    organization_id: str
    organization: str
    full_name: str | None
    company_name: str | None
    email: str | None
    phone: str | None
    ecommerce_customer_id: str | None
    source: str | None
    has_contact: bool
    total_orders: int | None
    total_revenue: Decimal | None
    created_at: datetime
    persons: tuple[Person, ...]
    merged: tuple[Merged, ...]
    not_the_same: tuple[str, ...]
    reviews: tuple[Review, ...]


def explain(connection: Connection, client_id: str) -> Explanation:
    """Return who a client is and why. Raises ConfigurationError when there is none of this id."""
    found = connection.execute(
        load("identity/find_client"), {"client_id": uuid_of(client_id)}
    ).fetchone()
    if found is None:
        raise ConfigurationError(f"there is no client {client_id}")
    organization_id, organization, now_id = found
    scope = {"organization_id": organization_id, "client_id": now_id}
    row = connection.execute(load("identity/client"), scope).fetchone()
    if row is None:
        raise ConfigurationError(f"client {client_id} has just been merged; ask again")
    fields = Explanation.__struct_fields__
    first = fields.index("full_name")
    return Explanation(
        client_id=str(now_id),
        asked_for=client_id,
        organization_id=str(organization_id),
        organization=organization,
        **dict(zip(fields[first : first + len(row)], row, strict=True)),
        persons=tuple(
            Person(**dict(zip(Person.__struct_fields__, one[1:], strict=True)))
            for one in connection.execute(load("identity/persons_of"), scope)
        ),
        merged=tuple(
            Merged(
                number=number,
                client_id=str(loser_id),
                reason=reason,
                evidence=evidence,
                merged_at=merged_at,
                run_id=run_id,
            )
            for number, loser_id, reason, evidence, merged_at, run_id, _ in connection.execute(
                load("identity/merges_into"), scope
            )
        ),
        not_the_same=tuple(
            str(other_id) for (other_id,) in connection.execute(load("identity/pins_of"), scope)
        ),
        reviews=tuple(
            one
            for one in list_reviews(connection, organization_id=str(organization_id))
            if str(now_id) in (one.client_id, *one.candidate_ids)
        ),
    )


def list_reviews(
    connection: Connection, *, organization_id: str | None = None, number: int | None = None
) -> list[Review]:
    """Return the doubts that wait for a person, oldest first."""
    rows = connection.execute(
        load("identity/reviews"), {"organization_id": organization_id, "number": number}
    )
    return [
        Review(
            number=row[0],
            organization_id=str(row[1]),
            store=row[2],
            store_id=str(row[3]),
            entity=row[4],
            external_id=row[5],
            client_id=str(row[6]),
            candidate_ids=tuple(str(one) for one in row[7]),
            reason=row[8],
            created_at=row[9],
        )
        for row in rows
    ]


def uuid_of(client_id: str) -> UUID:
    """Return a client's id as the database has it. Raises ConfigurationError for other text."""
    try:
        return UUID(client_id)
    except ValueError:
        raise ConfigurationError(
            f'"{client_id}" is no client id; it is the id of crm_clients, a UUID'
        ) from None
