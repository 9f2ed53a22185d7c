"""Persons become clients: matched, locked, made or brought up to date, and remembered.

The same path serves customer records and the buyers of orders. They differ in one thing: a customer
record owns the client's contact columns and overwrites them, a buyer only fills what is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.edits import held_of_clients
from connectors.crm.former import stays
from connectors.crm.identity import Candidate, Link, Match, resolve
from connectors.crm.people import CUSTOMERS, Person, settle_phone
from connectors.crm.people_rows import Found, Key, shop_id_of, stage_people
from connectors.crm.staging import array, json_text
from connectors.crm.statements import load
from connectors.crm.target import Change, Target


class _Known(msgspec.Struct, frozen=True):
    """A client as far as it matters here: which shop id is its own, and who filled it."""

    client_id: UUID
    ecommerce_customer_id: str | None
    is_filled: bool


def merge_people(
    connection: Connection,
    target: Target,
    people: Mapping[Key, Person],
    *,
    records: Sequence[Change] = (),
    orders: Mapping[Key, Sequence[UUID]] = MappingProxyType({}),
) -> dict[Key, UUID]:
    """Resolve and write the persons of one batch, under clients/shared_lock; return their clients.

    `records`: the customer records behind persons with a `position`. `orders`: CRM orders that the
    batch brings again, by buyer; their present clients get locked as well, for the totals that will
    move away from them, and a buyer nobody knows stays with the client of his order.
    """
    found = _resolve(connection, target, people, orders)
    made = found.made
    begins = _lock(connection, target, found, orders)
    _leave_held(connection, target, people, found)
    rounds = stage_people(connection, target, people, found, made, records)
    scope = {**target.scope, "platform": target.platform}
    if made:
        connection.execute(load("clients/insert"), scope)
    if any(link.client_id not in made for link in found.links.values()):
        connection.execute(load("identity/before"), scope)
    for number in range(rounds):
        connection.execute(load("clients/update"), {**scope, "round": number})
        if begins or made:
            connection.execute(load("clients/follow"), {**scope, "round": number})
    connection.execute(load("clients/map"), scope)
    if found.links:
        connection.execute(load("identity/put_links"), scope)
    _review(connection, target, found.links)
    return found.clients


def _lock(
    connection: Connection, target: Target, found: Found, orders: Mapping[Key, Sequence[UUID]]
) -> bool:
    """Lock the clients of a batch, and look again whose customer each one follows.

    Another store's batch may have decided that while we waited. Returns whether a client may begin
    to follow a customer: then all are locked against those who refer to them as well.
    """
    made = found.made
    customers = {
        client_id
        for (entity, _), client_id in found.clients.items()
        if entity == CUSTOMERS and client_id not in made
    }
    begins = any(found.shop_ids.get(client_id) is None for client_id in customers)
    locked = connection.execute(
        load("clients/lock_keys" if begins else "clients/lock"),
        {
            **target.scope,
            "client_ids": array(map(str, set(found.clients.values()) - made)),
            "order_ids": array(str(one) for some in orders.values() for one in some),
        },
    ).fetchall()
    if begins:
        rows = connection.execute(
            load("clients/followed"), {**target.scope, "client_ids": array(map(str, customers))}
        )
        found.shop_ids.update(rows.fetchall())
    else:
        # Under the weaker lock the shop id must not change: whoever came first stays.
        found.shop_ids.update(
            (client_id, shop_id)
            for client_id, shop_id in locked
            if client_id in customers and shop_id is not None
        )
    return begins


def _leave_held(
    connection: Connection, target: Target, people: Mapping[Key, Person], found: Found
) -> None:
    held = held_of_clients(connection, target, set(found.clients.values()) - found.made)
    for key, person in people.items():
        for column in held.get(found.clients[key], ()):
            # The client's columns are called as the person's; a null never overwrites.
            setattr(person, column, None)


def _resolve(
    connection: Connection,
    target: Target,
    people: Mapping[Key, Person],
    orders: Mapping[Key, Sequence[UUID]],
) -> Found:
    known = _known(connection, target, people)
    found = Found(
        clients={key: one.client_id for key, one in known.items()},
        filled={key for key, one in known.items() if one.is_filled},
        shop_ids={one.client_id: one.ecommerce_customer_id for one in known.values()},
    )
    for key, person in people.items():
        if key not in found.filled:
            settle_phone(person)
    strangers = [person for key, person in people.items() if key not in known]
    if strangers:
        connection.execute(
            load("clients/identity_lock"), {"organization_id": target.organization_id}
        )
        matches = _matches(connection, target, strangers, found.shop_ids)
        found.links = resolve(strangers, matches, stays(connection, target, strangers, orders))
        found.clients |= {key: link.client_id for key, link in found.links.items()}
    return found


def _known(
    connection: Connection, target: Target, people: Mapping[Key, Person]
) -> dict[Key, _Known]:
    keys = list(people)
    rows = connection.execute(
        load("clients/known"),
        {
            **target.scope,
            "entities": array(entity for entity, _ in keys),
            "external_ids": array(external_id for _, external_id in keys),
        },
    )
    return {
        (entity, external_id): _Known(client_id, shop_id, is_filled)
        for entity, external_id, client_id, shop_id, is_filled in rows
    }


def _matches(
    connection: Connection,
    target: Target,
    strangers: Sequence[Person],
    shop_ids: dict[UUID, str | None],
) -> dict[Key, Match]:
    """Ask who the strangers could be; `shop_ids` learns of the clients found."""
    rows = connection.execute(
        load("clients/identity"),
        {
            "organization_id": target.organization_id,
            "ecommerce_ids": array(shop_id_of(target, person) for person in strangers),
            "emails": array(
                person.email_key if person.email_identity else None for person in strangers
            ),
            "names": array(
                person.name_key if person.is_shared_email else None for person in strangers
            ),
            "phones": array(person.phone_key for person in strangers),
        },
    )
    by_place: dict[int, tuple[list[UUID], list[UUID], list[Candidate]]] = {}
    for place, client_id, rule, email, shop_id in rows:
        by_id, by_email, by_phone = by_place.setdefault(place, ([], [], []))
        shop_ids[client_id] = shop_id
        if rule == 1:
            by_id.append(client_id)
        elif rule == 2:  # noqa: PLR2004 - the rules' numbers are those of identity.sql
            by_email.append(client_id)
        else:
            is_shared = email is not None and email in target.shared
            by_phone.append(Candidate(client_id, None if is_shared else email))
    return {
        strangers[place].key: Match(
            by_external_id=by_id[0] if by_id else None,
            by_email=tuple(by_email),
            by_phone=tuple(by_phone),
        )
        for place, (by_id, by_email, by_phone) in by_place.items()
    }


def _review(connection: Connection, target: Target, links: Mapping[Key, Link]) -> None:
    doubtful = [(key, link) for key, link in links.items() if link.doubt is not None]
    if not doubtful:
        return
    connection.execute(
        load("clients/review"),
        {
            **target.scope,
            "entities": [key[0] for key, _ in doubtful],
            "external_ids": [key[1] for key, _ in doubtful],
            "client_ids": [link.client_id for _, link in doubtful],
            "reasons": [str(link.doubt) for _, link in doubtful],
            "candidates": [
                json_text([str(one) for one in link.candidates]) for _, link in doubtful
            ],
        },
    )
