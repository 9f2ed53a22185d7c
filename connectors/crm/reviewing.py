"""What a person decides about two clients that may be one."""

from __future__ import annotations

from uuid import UUID

from connectors.crm.client_merge import Merge, lock_clients, merge_clients
from connectors.crm.database import Connection
from connectors.crm.explaining import Review, list_reviews, uuid_of
from connectors.crm.statements import load
from connectors.crm.stores import find_store
from connectors.crm.target import Target
from connectors.crm.transactions import begin
from connectors.crm.unlinking import Unlinked, unlink
from connectors.errors import ConfigurationError

ENTITIES = ("customers", "guests")


def accept(connection: Connection, number: int, *, into: str, run_id: str) -> str:
    """Merge the client of a review with its candidate; `into` is the one that stays.

    Returns the id of the client that is gone. Raises ConfigurationError when the review does not
    wait, or `into` does not belong to it, or would leave open who is meant.
    """
    with connection.transaction():
        review = _locked(connection, number, run_id)
        winner = str(uuid_of(into))
        if winner in review.candidate_ids:
            loser = review.client_id
        elif winner == review.client_id and len(review.candidate_ids) == 1:
            (loser,) = review.candidate_ids
        elif winner == review.client_id:
            raise ConfigurationError(
                f"review {number} has {len(review.candidate_ids)} candidates; name the one that "
                f"client {winner} is, and it stays: {', '.join(review.candidate_ids) or 'none'}"
            )
        else:
            raise ConfigurationError(
                f"client {into} is not part of review {number}; choose one of "
                f"{', '.join((*review.candidate_ids, review.client_id))}"
            )
        connection.execute(
            load("identity/unpin"),
            {
                "organization_id": review.organization_id,
                "one_id": UUID(winner),
                "other_id": UUID(loser),
            },
        )
        merge_clients(
            connection,
            Merge(
                organization_id=review.organization_id,
                winner_id=UUID(winner),
                loser_id=UUID(loser),
                reason="review",
                evidence={"review": number},
                run_id=run_id,
            ),
        )
        _end(connection, review, "merged")
        return loser


def keep_apart(connection: Connection, number: int, *, run_id: str) -> None:
    """Decide that the client of a review is none of its candidates, now and later."""
    with connection.transaction():
        review = _locked(connection, number, run_id)
        connection.execute(
            load("identity/pin"),
            {
                "organization_id": review.organization_id,
                "client_id": UUID(review.client_id),
                "other_ids": [UUID(one) for one in review.candidate_ids],
            },
        )
        _end(connection, review, "kept")


def take_off(
    connection: Connection, store: str, entity: str, external_id: str, *, run_id: str
) -> Unlinked:
    """Take a person of a store off his client. Raises ConfigurationError with what is wrong."""
    if entity not in ENTITIES:
        raise ConfigurationError(f'"{entity}" is neither of {", ".join(ENTITIES)}')
    with connection.transaction():
        return unlink(
            connection, begin(connection, _target(connection, store, run_id)), (entity, external_id)
        )


def _locked(connection: Connection, number: int, run_id: str) -> Review:
    found = list_reviews(connection, number=number)
    if not found:
        raise ConfigurationError(
            f"review {number} does not wait for a decision; storeloom identity review lists those "
            "that do"
        )
    begin(connection, _target(connection, found[0].store, run_id))
    lock_clients(connection, found[0].organization_id)
    # Asked anew: a sync may have settled it while we waited for the lock.
    again = list_reviews(connection, number=number)
    if not again:
        raise ConfigurationError(f"review {number} has just been settled by a sync")
    return again[0]


def _end(connection: Connection, review: Review, status: str) -> None:
    connection.execute(
        load("identity/end_review"),
        {
            "organization_id": review.organization_id,
            "number": review.number,
            "status": status,
        },
    )


def _target(connection: Connection, key: str, run_id: str) -> Target:
    store = find_store(connection, key)
    return Target(
        organization_id=store.organization_id,
        store_id=store.id,
        key=store.key,
        platform=store.platform,
        id_prefix=store.id_prefix,
        order_number_prefix=store.order_number_prefix,
        run_id=run_id,
    )
