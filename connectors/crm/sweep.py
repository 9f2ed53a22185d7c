"""Clients that turn out to be one person when both are there already.

While a person is new the load path looks for his client. What it cannot see comes later: a chat
that begins after the order did, a customer record that gives a nameless buyer his address, an
address that is changed to another's. At the end of a sync the clients that changed are compared
with the others, by index, and nothing is locked when nothing is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from connectors.crm.client_merge import Merge, lock_clients
from connectors.crm.database import Connection
from connectors.crm.identity import Doubt
from connectors.crm.joining import Key, join, put_review
from connectors.crm.observing import knowing
from connectors.crm.people import GUESTS, WALK_IN
from connectors.crm.statements import load
from connectors.crm.target import Target

SAME_EMAIL = "same_email"
SAME_PHONE = "same_phone"
# A merge is some forty statements: about five seconds.
_PORTION: Final = 200


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a store who is a client. `is_nameless`: made one before anything was known."""

    store_id: str
    entity: str
    external_id: str
    is_nameless: bool

    @property
    def key(self) -> Key:
        """The person's key in his store's record map."""
        return self.entity, self.external_id


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A client as the comparison sees it."""

    id: UUID
    has_contact: bool
    created_at: datetime
    persons: tuple[Known, ...]

    @property
    def is_chat(self) -> bool:
        """Known from a chat only."""
        return self.has_contact and not self.persons

    @property
    def is_walk_in(self) -> bool:
        """The client of everybody who left no name."""
        return any(one.key == (GUESTS, WALK_IN) for one in self.persons)

    @property
    def was_nameless(self) -> bool:
        """One customer, of whom neither e-mail nor phone was known when the client was made."""
        return len(self.persons) == 1 and self.persons[0].is_nameless


class Pair(msgspec.Struct, frozen=True):
    """Two clients with the same `rule` (email, phone) `value`."""

    one: Side
    other: Side
    rule: str
    value: str


class Join(msgspec.Struct, frozen=True):
    """To be made one."""

    winner: Side
    loser: Side
    reason: str
    rule: str
    value: str


class Ask(msgspec.Struct, frozen=True):
    """To be decided by a person. `about`: the person the review is filed under."""

    about: Known
    client: Side
    candidates: tuple[UUID, ...]
    doubt: Doubt


def sweep(connection: Connection, target: Target, *, everybody: bool = False) -> bool:
    """Join what is one and leave a review for what may be; return whether more is left to join.

    Inside a signed transaction. `everybody`: compare all, not only those changed since last time.
    A portion at a time, since no other load of the organization comes in meanwhile: a channel that
    brings thousands of chats would keep them out for minutes.
    """
    scope: dict[str, Any] = {"organization_id": target.organization_id, "since": None}
    if not everybody:
        row = connection.execute(load("identity/sweep_since"), scope).fetchone()
        scope["since"] = row[0] if row else None
    if _pairs(connection, target, scope):
        lock_clients(connection, target.organization_id)
        # Asked anew: another store's sync may have joined them before the lock was ours.
        joins, asks = decide(_pairs(connection, target, scope))
        joined = 0
        for one in joins:
            if joined == _PORTION:
                return True
            joined += _join(connection, target, one)
        for ask in asks:
            put_review(
                connection,
                target.organization_id,
                ask.about.store_id,
                person=ask.about.key,
                client_id=ask.client.id,
                candidates=ask.candidates,
                doubt=ask.doubt,
            )
    connection.execute(load("identity/sweep_done"), scope)
    return False


def decide(pairs: Sequence[Pair]) -> tuple[list[Join], list[Ask]]:
    """Sort pairs into what is certain and what is not. Pure; each client is joined once at most."""
    joins: list[Join] = []
    asks: list[Ask] = []
    taken: set[UUID] = set()
    usable = [one for one in pairs if not (one.one.is_walk_in or one.other.is_walk_in)]
    chats: dict[UUID, list[tuple[Side, Side, Pair]]] = {}
    for pair in usable:
        for chat, shop in ((pair.one, pair.other), (pair.other, pair.one)):
            if chat.is_chat and shop.persons:
                chats.setdefault(chat.id, []).append((chat, shop, pair))
    for found in chats.values():
        chat, shop, pair = found[0]
        shops = {one.id for _, one, _ in found}
        if len(shops) > 1:
            about = min((one.persons[0] for _, one, _ in found), key=_filed)
            asks.append(Ask(about, chat, tuple(sorted(shops)), Doubt.CHAT_OF_SEVERAL))
        elif shop.id not in taken:
            reason = SAME_EMAIL if pair.rule == "email" else SAME_PHONE
            joins.append(Join(shop, chat, reason, pair.rule, pair.value))
            taken |= {shop.id, chat.id}
    rest = [
        one for one in usable if one.rule == "email" and not (one.one.is_chat or one.other.is_chat)
    ]
    _decide_emails(rest, joins, asks, taken)
    return joins, asks


def _filed(person: Known) -> tuple[str, str, str]:
    return person.store_id, person.entity, person.external_id


def _decide_emails(
    pairs: Iterable[Pair], joins: list[Join], asks: list[Ask], taken: set[UUID]
) -> None:
    by_value: dict[str, dict[UUID, Side]] = {}
    for pair in pairs:
        sides = by_value.setdefault(pair.value, {})
        sides |= {pair.one.id: pair.one, pair.other.id: pair.other}
    for value, sides in sorted(by_value.items()):
        oldest_first = sorted(sides.values(), key=lambda one: (one.created_at, one.id))
        late = [one for one in oldest_first if one.was_nameless]
        if len(sides) == 2 and late and not taken & sides.keys():  # noqa: PLR2004 - a pair
            loser = late[-1]
            winner = next(one for one in oldest_first if one.id != loser.id)
            joins.append(Join(winner, loser, SAME_EMAIL, "email", value))
            taken |= sides.keys()
            continue
        # The newest of a store: the others were there when it came.
        about = next(one for one in reversed(oldest_first) if one.persons)
        others = tuple(one.id for one in oldest_first if one.id != about.id)
        asks.append(Ask(about.persons[0], about, others, Doubt.EMAIL_SHARED_LATER))


def _join(connection: Connection, target: Target, one: Join) -> bool:
    about = (one.winner.persons or one.loser.persons)[0]
    return join(
        connection,
        Merge(
            organization_id=target.organization_id,
            winner_id=one.winner.id,
            loser_id=one.loser.id,
            reason=one.reason,
            evidence={one.rule: one.value},
            run_id=target.run_id,
        ),
        store_id=about.store_id,
        person=about.key,
    )


def _pairs(connection: Connection, target: Target, scope: dict[str, Any]) -> list[Pair]:
    rows = connection.execute(load("identity/sweep_pairs"), scope).fetchall()
    addresses = {row[3] for row in rows if row[2] == "email"}
    known = knowing(connection, target, addresses).shared
    rows = [row for row in rows if row[2] != "email" or row[3] not in known]
    if not rows:
        return []
    ids = sorted({one for row in rows for one in row[:2]})
    sides = {
        client_id: Side(
            id=client_id,
            has_contact=has_contact,
            created_at=created_at,
            persons=tuple(msgspec.convert(persons, list[Known])),
        )
        for client_id, has_contact, created_at, persons in connection.execute(
            load("identity/sweep_clients"), {**scope, "client_ids": ids}
        )
    }
    return [Pair(sides[one], sides[other], rule, value) for one, other, rule, value in rows]
