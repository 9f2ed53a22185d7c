"""Erasing people: what the commands and the job call.

One transaction per erasure, under the leases of every store concerned, so that no sync is half-way
through the same person: either all of it happens or, when a store is just being synced, nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from connectors.base import StoreConfig
from connectors.crm.database import Connection, connect, describe, first_line
from connectors.crm.lease import Lease
from connectors.crm.privacy_erase import Erased, Kind, erase, lock_people
from connectors.crm.privacy_scope import (
    Scope,
    customer_record,
    find_clients,
    of_clients,
    of_erasure,
    of_store,
    order_record,
)
from connectors.crm.statements import load
from connectors.crm.stores import StoreRow, list_stores
from connectors.crm.target import Target
from connectors.crm.transactions import begin
from connectors.errors import ConfigurationError, DatabaseError

DEFAULT_LIMIT: Final = 100
# Stores that come to be concerned while we wait for the leases of others; two rounds are plenty.
_ROUNDS: Final = 5


class Whom(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be erased, by exactly one of: a store's customer or order, a client, an address.

    `is_each`: an address that several clients have means all of them. No repr: it may hold one.
    """

    organization_id: str
    store: StoreRow | None = None
    customer: str | None = None
    order: str | None = None
    client: str | None = None
    email: str | None = None
    is_each: bool = False

    def __repr__(self) -> str:
        return "Whom()"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sync.erasures: what was erased when, asked by whom. No personal data."""

    id: int
    organization_id: str
    store: str | None
    scope: str
    is_everything: bool
    requested_by: str
    run_id: str
    erased_at: datetime
    client_ids: tuple[UUID, ...]
    counts: Mapping[str, int]


class _Undone(Exception):
    """No failure: carries what a rehearsal came to out of its transaction, rolling it back."""

    def __init__(self, erased: Erased) -> None:
        super().__init__()
        self.erased = erased


def erase_person(
    database_url: str,
    whom: Whom,
    *,
    requested_by: str,
    run_id: str,
    is_everything: bool = False,
    is_rehearsal: bool = False,
) -> Erased:
    """Erase one person in all stores of his organization; a rehearsal takes everything back.

    Raises ConfigurationError when nobody or more than one is meant, Transient when one of the
    stores is just being synced, DatabaseError.
    """
    return _run(
        database_url,
        whom.organization_id,
        lambda connection: _scope(connection, whom),
        kind="client",
        requested_by=requested_by,
        run_id=run_id,
        is_everything=is_everything,
        is_rehearsal=is_rehearsal,
    )


def erase_store(
    database_url: str,
    store: StoreRow,
    *,
    requested_by: str,
    run_id: str,
    is_rehearsal: bool = False,
) -> Erased:
    """Erase everybody a store brought and nobody else speaks for; raises as `erase_person`."""
    return _run(
        database_url,
        store.organization_id,
        lambda connection: of_store(connection, store.organization_id, store.id),
        kind="store",
        requested_by=requested_by,
        run_id=run_id,
        is_everything=False,
        is_rehearsal=is_rehearsal,
    )


def left_of(database_url: str, erasure: Erasure, *, run_id: str) -> Erased:
    """Rehearse an erasure again: what it counts has come since, nothing is the proof."""
    return _run(
        database_url,
        erasure.organization_id,
        lambda connection: of_erasure(
            connection, erasure.organization_id, erasure.id, erasure.client_ids
        ),
        kind="client",
        requested_by="a check",
        run_id=run_id,
        is_everything=erasure.is_everything,
        is_rehearsal=True,
    )


def list_erasures(
    connection: Connection,
    *,
    organization_id: str | None = None,
    store: str | None = None,
    number: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> list[Erasure]:
    """Return the ledger, newest first."""
    rows = connection.execute(
        load("privacy/list"),
        {
            "organization_id": organization_id,
            "store_key": store,
            "id": number,
            "row_limit": limit,
        },
    ).fetchall()
    names = Erasure.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), Erasure) for row in rows]


def person_scope(connection: Connection, whom: Whom) -> Scope:
    """Return what is held of a person; raises ConfigurationError when nobody is meant."""
    return _scope(connection, whom)


def _scope(connection: Connection, whom: Whom) -> Scope:
    store_id = whom.store.id if whom.store else None
    clients = find_clients(
        connection,
        whom.organization_id,
        store_id=store_id,
        customer=whom.customer,
        order=whom.order,
        client=whom.client,
        email=whom.email,
    )
    if len(clients) > 1 and not whom.is_each:
        listed = ", ".join(str(one) for one in clients)
        raise ConfigurationError(
            f"{len(clients)} clients have this address: {listed}. Erase each with --client, or all "
            "of them with --each"
        )
    unknown = []
    if store_id is not None and whom.customer is not None and not clients:
        # Not here yet, or in quarantine: it will be known for what it is when it comes.
        unknown.append(customer_record(store_id, whom.customer))
    if store_id is not None and whom.order is not None and not clients:
        unknown.append(order_record(store_id, whom.order))
    if not clients and whom.client is not None:
        raise ConfigurationError("there is no such client in this organization")
    return of_clients(
        connection,
        whom.organization_id,
        clients,
        unknown=unknown,
        emails=[whom.email.strip().lower()] if whom.email else [],
    )


def _run(
    database_url: str,
    organization_id: str,
    find: Callable[[Connection], Scope],
    *,
    kind: Kind,
    requested_by: str,
    run_id: str,
    is_everything: bool,
    is_rehearsal: bool,
) -> Erased:
    if "@" in requested_by:
        raise ConfigurationError("who asks is kept: write a ticket's number or a role, no address")

    def write(connection: Connection, scope: Scope) -> Erased:
        done = erase(
            connection,
            scope,
            kind=kind,
            requested_by=requested_by,
            run_id=run_id,
            is_everything=is_everything,
        )
        if is_rehearsal:
            raise _Undone(done)
        return done

    try:
        with connect(database_url, application_name="storeloom-privacy", autocommit=True) as opened:
            return _leased(database_url, opened, organization_id, find, write, run_id=run_id)
    except _Undone as undone:
        return undone.erased
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"the database at {describe(database_url)} failed while erasing: {first_line(error)}; "
            "nothing was erased, try again"
        ) from None


def _leased(
    database_url: str,
    connection: Connection,
    organization_id: str,
    find: Callable[[Connection], Scope],
    write: Callable[[Connection, Scope], Erased],
    *,
    run_id: str,
) -> Erased:
    """Take the leases of the stores concerned, and erase while nobody new can be concerned."""
    stores = {store.id: store for store in _all_stores(connection, organization_id)}
    wanted = find(connection).store_ids
    for _ in range(_ROUNDS):
        with ExitStack() as stack:
            leases = [
                stack.enter_context(Lease(database_url, _config(stores[one]), run_id=run_id))
                for one in sorted(wanted, key=lambda one: stores[one].key)
            ]
            with connection.transaction():
                for lease in leases:
                    lease.check(connection)
                lock_people(connection, organization_id)
                scope = find(connection)
                if scope.store_ids <= wanted:
                    begin(connection, _signature(organization_id, run_id))
                    return write(connection, scope)
        wanted |= scope.store_ids
    raise DatabaseError("other stores keep meeting the same person; try again in a minute")


def _all_stores(connection: Connection, organization_id: str) -> list[StoreRow]:
    present = list_stores(connection, organization_id=organization_id)
    return present + list_stores(connection, organization_id=organization_id, status="removed")


def _config(store: StoreRow) -> StoreConfig:
    """Return what a lease needs of a store: no credentials are opened for it."""
    return StoreConfig(
        id=store.id,
        organization_id=store.organization_id,
        key=store.key,
        platform=store.platform,
        base_url=store.base_url,
    )


def _signature(organization_id: str, run_id: str) -> Target:
    return Target(organization_id=organization_id, store_id="", key="", platform="", run_id=run_id)
