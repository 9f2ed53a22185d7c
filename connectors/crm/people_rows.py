"""Persons of a batch, resolved to clients, as rows of the staging table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.identity import Link
from connectors.crm.people import CUSTOMERS, Person
from connectors.crm.staging import (
    PEOPLE_COLUMNS,
    Row,
    address_text,
    binary,
    copy_rows,
    flag,
    json_text,
    moment,
)
from connectors.crm.target import Change, Target
from connectors.records import Customer

Key = tuple[str, str]


class Found(msgspec.Struct, kw_only=True):
    """Who is who in a batch.

    `clients`: of every person. `links`: the decisions about those not known before. `filled`: those
    whose customer record we have. `shop_ids`: the shop id each client calls its own.
    """

    clients: dict[Key, UUID]
    filled: set[Key]
    shop_ids: dict[UUID, str | None]
    links: dict[Key, Link] = {}

    @property
    def made(self) -> set[UUID]:
        """Clients that this batch makes."""
        return {link.client_id for link in self.links.values() if link.is_new}


def stage_people(
    connection: Connection,
    target: Target,
    people: Mapping[Key, Person],
    found: Found,
    made: Set[UUID],
    records: Sequence[Change],
) -> int:
    """Copy the persons into staged_people; return into how many rounds they fell."""
    rows: list[Row] = []
    turns: dict[UUID, int] = {}
    for key in sorted(people):
        person, client_id = people[key], found.clients[key]
        shop_id = shop_id_of(target, person)
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
    # Of the record: the person's own may have been taken out, because somebody's edit of it stays.
    record = None if change is None else change.record
    unverified = (
        (record.email or "").strip().lower() or None
        if isinstance(record, Customer) and not record.email_verified
        else None
    )
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
        None if unverified is None else json_text({"unverified_email": unverified}),
        None if link is None else json_text(link.evidence),
    )


def shop_id_of(target: Target, person: Person) -> str | None:
    """Return a customer's id as crm_clients has it, None for guests."""
    return target.id_prefix + person.external_id if person.entity == CUSTOMERS else None
