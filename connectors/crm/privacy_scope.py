"""Whom an erasure is about: clients, the records of stores that are them, and their orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from connectors.crm.database import Connection
from connectors.crm.people import CUSTOMERS, GUESTS, email_key
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.errors import ConfigurationError
from connectors.records import Stream

Person = tuple[UUID, str, str]
# A guest's id that is made of what he typed, which is personal data itself.
_TELLING: Final = ("email:", "phone:")
_OPAQUE: Final = "erased:"


class OrderKey(msgspec.Struct, frozen=True):
    """An order: its CRM row, and its store and id there where a store brought it."""

    crm_id: UUID
    store_id: UUID | None
    external_id: str | None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is erased in one go, inside one organization.

    `client_ids`: clients that lose their contact columns. `persons`: (store, entity, id) that are
    them. `unknown`: records (store, entity, id) that are not in the CRM and may come. `emails`:
    addresses to look for in the quarantine besides the clients' own. `store_id`: a store that goes
    whole.
    """

    organization_id: str
    client_ids: tuple[UUID, ...] = ()
    persons: tuple[Person, ...] = ()
    orders: tuple[OrderKey, ...] = ()
    unknown: tuple[Person, ...] = ()
    emails: tuple[str, ...] = ()
    store_id: str | None = None

    @property
    def store_ids(self) -> set[str]:
        """The stores whose records are written."""
        found = {str(store_id) for store_id, _, _ in (*self.persons, *self.unknown)}
        found |= {str(one.store_id) for one in self.orders if one.store_id is not None}
        return found | ({self.store_id} if self.store_id else set())

    @property
    def records(self) -> list[tuple[str, str, str]]:
        """The records that are stripped from now on: (store, entity, id)."""
        people = [one for one in (*self.persons, *self.unknown) if one[1] != GUESTS]
        orders = [
            (one.store_id, Stream.ORDERS.value, one.external_id)
            for one in self.orders
            if one.store_id is not None and one.external_id is not None
        ]
        return [(str(store), entity, external_id) for store, entity, external_id in people + orders]

    def parameters(self) -> dict[str, Any]:
        """What the statements in sql/privacy take. Opaque ids are made anew at each call."""
        return {
            "organization_id": self.organization_id,
            "client_ids": array(map(str, self.client_ids)),
            "order_ids": array(str(one.crm_id) for one in self.orders),
            **_persons(self.persons),
            "person_new_ids": array(_opaque(entity, one) for _, entity, one in self.persons),
            **records(self.records),
        }


def records(given: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Return records (store, entity, id) as the statements take them."""
    return {
        "record_stores": array(store for store, _, _ in given),
        "record_entities": array(entity for _, entity, _ in given),
        "record_ids": array(external_id for _, _, external_id in given),
    }


def of_clients(
    connection: Connection,
    organization_id: str,
    client_ids: Iterable[UUID],
    *,
    unknown: Sequence[Person] = (),
    emails: Sequence[str] = (),
) -> Scope:
    """Return everything that is these clients, in all stores of the organization.

    An `unknown` order that the CRM has is one of nobody's (the walk-in client's): it goes as well,
    since it still says where the parcel went.
    """
    ids = tuple(sorted(set(client_ids)))
    scope = {"organization_id": organization_id, "client_ids": array(map(str, ids))}
    persons = connection.execute(load("privacy/persons_of_clients"), scope).fetchall()
    orders = connection.execute(load("privacy/orders_of_clients"), scope).fetchall()
    for store_id, entity, external_id in unknown:
        if entity == Stream.ORDERS.value:
            named = {**scope, "store_id": store_id, "external_ids": array([external_id])}
            orders += connection.execute(load("privacy/orders_named"), named).fetchall()
    return Scope(
        organization_id=organization_id,
        client_ids=ids,
        persons=tuple(persons),
        orders=_orders(orders),
        unknown=tuple(one for one in unknown if one not in set(persons)),
        emails=tuple(emails),
    )


def of_store(connection: Connection, organization_id: str, store_id: str) -> Scope:
    """Return everybody a store brought; their clients only where nobody else speaks for them."""
    scope = {"organization_id": organization_id, "store_id": store_id}
    persons = connection.execute(load("privacy/persons_of_store"), scope).fetchall()
    orders = connection.execute(load("privacy/orders_of_store"), scope).fetchall()
    return Scope(
        organization_id=organization_id,
        client_ids=_silent(connection, organization_id, persons),
        persons=tuple(persons),
        orders=_orders(orders),
        store_id=store_id,
    )


def of_redacted(
    connection: Connection,
    organization_id: str,
    store_id: str,
    stream: Stream,
    external_ids: Sequence[str],
) -> Scope:
    """Return what goes when a store says that it has erased these customers, or these orders.

    A customer's orders go along. An order that was erased by itself takes its guest along once no
    other order speaks for him; a shop that forgets old orders has not forgotten its customers.
    """
    scope = {
        "organization_id": organization_id,
        "store_id": store_id,
        "external_ids": array(external_ids),
    }
    store = UUID(store_id)
    named: list[Person] = [(store, stream.value, one) for one in external_ids]
    if stream is Stream.CUSTOMERS:
        persons = named
        orders = connection.execute(load("privacy/orders_of_customers"), scope).fetchall()
    else:
        persons = connection.execute(load("privacy/guests_of_orders"), scope).fetchall()
        orders = connection.execute(load("privacy/orders_named"), scope).fetchall()
    return Scope(
        organization_id=organization_id,
        client_ids=_silent(connection, organization_id, persons),
        persons=tuple(persons),
        orders=_orders(orders),
        unknown=tuple(named),
    )


def of_erasure(
    connection: Connection, organization_id: str, number: int, client_ids: Sequence[UUID]
) -> Scope:
    """Return what an erasure of before was about: its clients, and the records it marked."""
    scope = {"organization_id": organization_id, "erasure_id": number}
    persons = connection.execute(load("privacy/persons_of_erasure"), scope).fetchall()
    orders = _orders(connection.execute(load("privacy/orders_of_erasure"), scope).fetchall())
    found = of_clients(connection, organization_id, client_ids)
    return msgspec.structs.replace(
        found,
        persons=tuple(dict.fromkeys([*found.persons, *persons])),
        orders=tuple(dict.fromkeys([*found.orders, *orders])),
    )


def find_clients(
    connection: Connection,
    organization_id: str,
    *,
    store_id: str | None = None,
    customer: str | None = None,
    order: str | None = None,
    client: str | None = None,
    email: str | None = None,
) -> list[UUID]:
    """Return the clients meant by one of: a store's customer or order, a client, an e-mail address.

    Raises ConfigurationError for text that is no id or no address.
    """
    scope: dict[str, Any] = {"organization_id": organization_id, "store_id": store_id}
    if client is not None:
        try:
            statement, parameters = "privacy/by_client", {"client_id": UUID(client)}
        except ValueError:
            raise ConfigurationError("--client takes the id of a row of crm_clients") from None
        rows = connection.execute(load(statement), {**scope, **parameters}).fetchall()
    elif email is not None:
        key = email_key(email.strip())
        if key is None:
            raise ConfigurationError("--email takes one e-mail address")
        rows = connection.execute(load("privacy/by_email"), {**scope, "email": key}).fetchall()
    else:
        statement = "privacy/by_record" if order is None else "privacy/by_order"
        external_id = customer if order is None else order
        rows = connection.execute(load(statement), {**scope, "external_id": external_id}).fetchall()
    return [client_id for (client_id,) in rows]


def customer_record(store_id: str, external_id: str) -> Person:
    """Return the key of a store's customer."""
    return UUID(store_id), CUSTOMERS, external_id


def order_record(store_id: str, external_id: str) -> Person:
    """Return the key of a store's order."""
    return UUID(store_id), Stream.ORDERS.value, external_id


def _silent(
    connection: Connection, organization_id: str, persons: Sequence[Person]
) -> tuple[UUID, ...]:
    rows = connection.execute(
        load("privacy/silent_clients"),
        {"organization_id": organization_id, **_persons(persons)},
    ).fetchall()
    return tuple(client_id for (client_id,) in rows)


def _persons(persons: Sequence[Person]) -> dict[str, str]:
    return {
        "person_stores": array(str(store_id) for store_id, _, _ in persons),
        "person_entities": array(entity for _, entity, _ in persons),
        "person_ids": array(external_id for _, _, external_id in persons),
    }


def _orders(rows: Iterable[tuple[Any, ...]]) -> tuple[OrderKey, ...]:
    return tuple(OrderKey(*row) for row in rows)


def _opaque(entity: str, external_id: str) -> str:
    is_telling = entity == GUESTS and external_id.startswith(_TELLING)
    return f"{_OPAQUE}{uuid4()}" if is_telling else external_id
