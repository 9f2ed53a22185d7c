"""Persons become clients: matched, locked, made or brought up to date, and remembered.

The same path serves customer records and the buyers of orders. They differ in one thing: a customer
record owns the client's contact columns and overwrites them, a buyer only fills what is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.identity import Candidate, Link, Match, resolve
from connectors.crm.people import CUSTOMERS, Person, settle_phone
from connectors.crm.staging import (
    PEOPLE_COLUMNS,
    Row,
    address_text,
    array,
    binary,
    copy_rows,
    flag,
    json_text,
    moment,
)
from connectors.crm.statements import load
from connectors.crm.target import Change, Target

Key = tuple[str, str]


class _Known(msgspec.Struct, frozen=True):
    """A client as far as it matters here: which shop id is its own, and who filled it."""

    client_id: UUID
    ecommerce_customer_id: str | None
    is_filled: bool


class _Found(msgspec.Struct, kw_only=True):
    """Who is who in a batch.

    `clients`: of every person. `links`: the decisions about those not known before. `filled`: those
    whose customer record we have. `shop_ids`: the shop id each client calls its own.
    """

    clients: dict[Key, UUID]
    filled: set[Key]
    shop_ids: dict[UUID, str | None]
    links: dict[Key, Link] = {}


def merge_people(
    connection: Connection,
    target: Target,
    people: Mapping[Key, Person],
    *,
    records: Sequence[Change] = (),
    order_ids: Sequence[UUID] = (),
) -> dict[Key, UUID]:
    """Resolve and write the persons of one batch; return each one's client.

    `records`: the customer records behind persons with a `position`. `order_ids`: CRM orders of the
    batch, whose present clients get locked as well, for the totals that will move away from them.
    """
    found = _resolve(connection, target, people)
    made = {link.client_id for link in found.links.values() if link.is_new}
    connection.execute(
        load("clients/lock"),
        {
            **target.scope,
            "client_ids": array(map(str, set(found.clients.values()) - made)),
            "order_ids": array(map(str, order_ids)),
        },
    )
    rounds = _stage(connection, target, people, found, made, records)
    scope = {**target.scope, "platform": target.platform}
    if made:
        connection.execute(load("clients/insert"), scope)
    for number in range(rounds):
        connection.execute(load("clients/update"), {**scope, "round": number})
    connection.execute(load("clients/map"), scope)
    _review(connection, target, found.links)
    return found.clients


def _resolve(connection: Connection, target: Target, people: Mapping[Key, Person]) -> _Found:
    known = _known(connection, target, people)
    found = _Found(
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
        found.links = resolve(strangers, matches)
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
            "ecommerce_ids": array(_shop_id(target, person) for person in strangers),
            "emails": array(person.email_key for person in strangers),
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
            by_phone.append(Candidate(client_id, email))
    return {
        strangers[place].key: Match(
            by_external_id=by_id[0] if by_id else None,
            by_email=tuple(by_email),
            by_phone=tuple(by_phone),
        )
        for place, (by_id, by_email, by_phone) in by_place.items()
    }


def _stage(
    connection: Connection,
    target: Target,
    people: Mapping[Key, Person],
    found: _Found,
    made: Set[UUID],
    records: Sequence[Change],
) -> int:
    """Copy the persons into staged_people; return into how many rounds they fell."""
    rows: list[Row] = []
    turns: dict[UUID, int] = {}
    for key in sorted(people):
        person, client_id = people[key], found.clients[key]
        shop_id = _shop_id(target, person)
        if shop_id is not None and found.shop_ids.get(client_id) is None:
            # The first shop record to become this client is the one whose changes it follows.
            found.shop_ids[client_id] = shop_id
        turn = turns.get(client_id, 0)
        turns[client_id] = turn + 1
        change = records[person.position] if person.position is not None else None
        rows.append(
            _person_row(
                person,
                client_id=client_id,
                link=found.links.get(key),
                turn=turn,
                is_new=turn == 0 and client_id in made,
                shop_id=shop_id,
                is_owner=person.is_owner and found.shop_ids[client_id] == shop_id,
                is_filled=key in found.filled,
                change=change,
            )
        )
    copy_rows(connection, "clients", "staged_people", PEOPLE_COLUMNS, rows)
    return max(turns.values(), default=0)


def _person_row(
    person: Person,
    *,
    client_id: UUID,
    link: Link | None,
    turn: int,
    is_new: bool,
    shop_id: str | None,
    is_owner: bool,
    is_filled: bool,
    change: Change | None,
) -> Row:
    # What a customer record has told, an order does not tell again.
    is_mute = change is None and is_filled
    unverified = person.email and change is not None and not person.is_email_verified
    return (
        str(turn),
        str(client_id),
        flag(is_new),
        flag(is_owner),
        person.entity,
        person.external_id,
        flag(link is None),
        None if link is None else link.reason.value,
        shop_id,
        None if is_mute else person.email,
        None if is_mute else person.phone,
        None if is_mute else person.full_name,
        None if is_mute else person.company_name,
        None if is_mute else address_text(person.address),
        moment(person.first_seen),
        moment(person.last_seen),
        flag(person.has_ordered),
        flag(person.is_deleted),
        binary(change.digest) if change else None,
        moment(change.record.source_updated_at) if change else None,
        json_text({"unverified_email": person.email.lower()})
        if unverified and person.email
        else None,
    )


def _shop_id(target: Target, person: Person) -> str | None:
    return target.id_prefix + person.external_id if person.entity == CUSTOMERS else None


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
