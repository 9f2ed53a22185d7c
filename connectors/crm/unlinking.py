"""A person taken off the client he was made, because somebody who knows says that they are two.

Where a merge made them one, the merge is undone and the former client is back under its id. Where
the load path linked the person, he gets a client of his own, and the columns he wrote into the
other go back to what they were. Either way his orders come along, and no rule joins the two again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from psycopg.types.json import Jsonb

from connectors.crm import rereads
from connectors.crm.client_merge import hold, lock_clients
from connectors.crm.client_restore import CONTACT_COLUMNS, UNLINKED, undo_merge
from connectors.crm.database import Connection
from connectors.crm.people import CUSTOMERS, GUESTS, WALK_IN
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.errors import ConfigurationError
from connectors.records import Stream

Key = tuple[str, str]
_PERSONS: Final = "sync.record_map_clients"
_SHOP_ID: Final = "ecommerce_customer_id"


class Unlinked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a person. `is_restored`: his client had been merged away and is back."""

    client_id: str
    former_client_id: str
    is_restored: bool


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    client_id: UUID
    reason: str | None
    evidence: Mapping[str, Any]
    columns_before: Mapping[str, Any] | None
    columns_after: Mapping[str, Any] | None
    first_order: Any
    last_order: Any


def unlink(connection: Connection, target: Target, person: Key) -> Unlinked:
    """Take a person of the target's store off his client, inside a signed transaction.

    Raises ConfigurationError when there is no such person, or nothing to take apart.
    """
    lock_clients(connection, target.organization_id)
    found = _find(connection, target, person)
    number = _merge_to_undo(connection, target, person, found)
    if number is not None:
        back = undo_merge(connection, target.organization_id, number, run_id=target.run_id)
        is_his = _find(connection, target, person).client_id == back
        return Unlinked(
            client_id=str(back if is_his else found.client_id),
            former_client_id=str(found.client_id if is_his else back),
            is_restored=True,
        )
    return Unlinked(
        client_id=str(_split(connection, target, person, found)),
        former_client_id=str(found.client_id),
        is_restored=False,
    )


def _find(connection: Connection, target: Target, person: Key) -> _Person:
    row = connection.execute(load("identity/person"), _scope(target, person)).fetchone()
    if row is None:
        raise ConfigurationError(
            f'store "{target.key}" has no {person[0]} "{person[1]}"; storeloom identity explain '
            "shows the persons of a client"
        )
    if person == (GUESTS, WALK_IN):
        raise ConfigurationError("the walk-ins are nobody; they cannot be taken off their client")
    return _Person(**dict(zip(_Person.__struct_fields__, row, strict=True)))


def _merge_to_undo(
    connection: Connection, target: Target, person: Key, found: _Person
) -> int | None:
    """Return the merge that made the person this client, None when it was none.

    Raises ConfigurationError when he is all there is of his client.
    """
    scope = {"organization_id": target.organization_id, "client_id": found.client_id}
    merges = connection.execute(load("identity/merges_into"), scope).fetchall()
    came_by = {row[0]: _persons(row[-1]) for row in merges}
    me = (target.store_id, *person)
    # The first that moved him: he belongs to the client it took away, not to those it was taken by.
    for number, keys in came_by.items():
        if me in keys:
            return int(number)
    others = {
        (str(row[0]), row[2], row[3])
        for row in connection.execute(load("identity/persons_of"), scope)
    } - {me}
    own = others - set().union(*came_by.values())
    if own:
        return None
    if came_by:
        return int(max(came_by))
    if found.columns_before is None:
        raise ConfigurationError(
            f'{person[0]} "{person[1]}" of store "{target.key}" is all there is of client '
            f"{found.client_id}; there is nothing to take apart"
        )
    return None


def _split(connection: Connection, target: Target, person: Key, found: _Person) -> UUID:
    scope = {**_scope(target, person), "client_id": found.client_id}
    (present,) = hold(connection, target.organization_id, found.client_id)
    kept, own = divided(
        present, found, shop_id=target.id_prefix + person[1] if person[0] == CUSTOMERS else None
    )
    new_id = uuid4()
    own |= {"id": str(new_id), "organization_id": target.organization_id}
    connection.execute(load("identity/write_image"), {**scope, "image": Jsonb(kept)})
    connection.execute(load("identity/insert_image"), {**scope, "image": Jsonb(own)})
    connection.execute(load("identity/move_person"), {**scope, "client_id": new_id})
    connection.execute(
        load("identity/orders_follow"), {**scope, "one_id": found.client_id, "other_id": new_id}
    )
    connection.execute(load("identity/forward"), {**scope, "client_ids": [found.client_id, new_id]})
    connection.execute(load("identity/pin"), {**scope, "other_ids": [new_id]})
    connection.execute(load("identity/undo_links"), scope)
    key = {"store_id": target.store_id, "entity": person[0], "external_id": person[1]}
    connection.execute(
        load("identity/relink"),
        {
            **scope,
            "client_id": new_id,
            "keys": Jsonb([key]),
            "reason": UNLINKED,
            "evidence": Jsonb({}),
        },
    )
    _ask_again(connection, target, person)
    return new_id


def divided(
    present: Mapping[str, Any], found: _Person, *, shop_id: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what stays with the client and what the person takes along. Pure.

    `present`: the client now; `shop_id`: the person's id at the shop as clients have it. A customer
    whom the client follows has written all that changed in its contact columns since the link.
    """
    before, after = found.columns_before or {}, found.columns_after or {}
    is_followed = shop_id is not None and present.get(_SHOP_ID) == shop_id
    kept = dict(present)
    own: dict[str, Any] = {
        "client_type": "customer" if found.first_order else "lead",
        "lifecycle_stage": "customer" if found.first_order else "lead",
        "lead_score": 0,
        "source": after.get("source") or present.get("source"),
        "first_contact_date": _text(found.first_order) or present.get("first_contact_date"),
        "last_contact_date": _text(found.last_order),
        "created_at": _text(found.first_order) or present.get("created_at"),
        **{name: found.evidence.get(name) for name in ("email", "phone")},
    }
    for column in CONTACT_COLUMNS:
        is_his = (
            is_followed
            if found.columns_before is None
            else present.get(column) != before.get(column)
            and (is_followed or present.get(column) == after.get(column))
        )
        if is_his:
            own[column] = present.get(column)
            if found.columns_before is not None:
                kept[column] = before.get(column)
    # What his orders moved on. Should the client have others, `forward` moves it on again.
    moved = {
        "client_type": "customer",
        "lifecycle_stage": "customer",
        "first_contact_date": _text(found.first_order),
        "last_contact_date": _text(found.last_order),
        "source": None,
    }
    for column, value in moved.items():
        if column in before and present.get(column) in {value, after.get(column)}:
            kept[column] = before[column]
    if is_followed:
        if present.get("client_type") == "inactive":
            own["client_type"] = "inactive"
        own[_SHOP_ID], kept[_SHOP_ID] = shop_id, before.get(_SHOP_ID)
    return kept, own


def _ask_again(connection: Connection, target: Target, person: Key) -> None:
    # What the person's record says in full, the store tells at the next sync.
    if person[0] == CUSTOMERS:
        stream, external_ids = Stream.CUSTOMERS, [person[1]]
    else:
        rows = connection.execute(load("identity/orders_of_person"), _scope(target, person))
        stream, external_ids = Stream.ORDERS, [external_id for (external_id,) in rows]
    rereads.note(connection, target, stream, external_ids, reason=UNLINKED, is_forced=True)


def _persons(moved: Sequence[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (key["store_id"], key["entity"], key["external_id"])
        for entry in moved
        if entry["table"] == _PERSONS
        for key in entry["rows"]
    }


def _scope(target: Target, person: Key) -> dict[str, Any]:
    return {**target.scope, "entity": person[0], "external_id": person[1]}


def _text(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())
