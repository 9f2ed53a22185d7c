"""Which client is this person? Decided once per batch, never by guessing.

The database says which clients share a person's external id, e-mail or phone; here the persons of
one batch are weighed against that and against each other, in key order, so that the same batch
always ends the same way. Whoever could be several clients becomes a client of his own, with a row
for a person to review: two clients are merged in a minute, a wrong merge is never taken apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

import msgspec

from connectors.crm.people import GUESTS, WALK_IN, Person


class Reason(StrEnum):
    """Why a person is this client, as kept in sync.record_map.link_reason."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    NEW = "new"
    WALK_IN = "walk_in"
    FORMER_CUSTOMER = "former_customer"


class Doubt(StrEnum):
    """What keeps two clients apart until a person decides; sync.identity_reviews.reason."""

    EMAIL_SHARED = "email_shared"
    PHONE_SHARED = "phone_shared"
    PHONE_OF_OTHER_EMAIL = "phone_of_other_email"
    EMAIL_SHARED_LATER = "email_shared_later"
    CHAT_OF_SEVERAL = "chat_of_several"
    TWO_CONTACTS = "two_contacts"
    SHARED_ADDRESS = "shared_address"


class Candidate(msgspec.Struct, frozen=True):
    """A client of the organization that has the person's phone, and the e-mail it has."""

    client_id: UUID
    email_key: str | None


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows of a person: clients by external id, by e-mail, by phone."""

    by_external_id: UUID | None = None
    by_email: tuple[UUID, ...] = ()
    by_phone: tuple[Candidate, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The decision. `doubt`: set when the client was made, or stayed with, for want of certainty.

    `evidence`: the values that matched; for a new client those that it could be found by.
    """

    client_id: UUID
    reason: Reason
    evidence: Mapping[str, str] = {}
    is_new: bool = False
    doubt: Doubt | None = None
    candidates: tuple[UUID, ...] = ()


class Stay(msgspec.Struct, frozen=True):
    """The client that an order is with, and the order's external id."""

    client_id: UUID
    order_id: str


_NOTHING: Final = Match()


def resolve(
    people: Iterable[Person],
    matches: Mapping[tuple[str, str], Match],
    stays: Mapping[tuple[str, str], Stay] = MappingProxyType({}),
) -> dict[tuple[str, str], Link]:
    """Return a link for each person.

    `people`: those without an entry in the record map. `matches`: by person's key; absent = none.
    `stays`: by person's key, the client to stay with where nobody is found.
    """
    batch = _Batch()
    links: dict[tuple[str, str], Link] = {}
    # Customers before guests; among equals those with an e-mail first, so that a phone without one
    # joins them rather than the other way round.
    for person in sorted(people, key=lambda one: (one.entity, not one.email_key, one.external_id)):
        match = matches.get(person.key, _NOTHING)
        link = _stayed(_decide(person, match, batch), stays.get(person.key))
        batch.remember(person, link)
        links[person.key] = link
    return links


class _Batch:
    """What earlier persons of the same batch have settled, though no table shows it yet."""

    def __init__(self) -> None:
        self.by_email: dict[str, UUID] = {}
        self.by_phone: dict[str, list[Candidate]] = {}
        self.email_of: dict[UUID, str] = {}

    def remember(self, person: Person, link: Link) -> None:
        identity = person.email_identity
        if identity and link.doubt is not Doubt.EMAIL_SHARED:
            self.by_email.setdefault(identity, link.client_id)
        # A shared address says nothing about whose phone it is.
        own = None if person.is_shared_email else person.email_key
        if own:
            self.email_of.setdefault(link.client_id, own)
        if person.phone_key:
            others = self.by_phone.setdefault(person.phone_key, [])
            if all(other.client_id != link.client_id for other in others):
                others.append(Candidate(link.client_id, own))

    def email(self, candidate: Candidate) -> str | None:
        return candidate.email_key or self.email_of.get(candidate.client_id)


def _decide(person: Person, match: Match, batch: _Batch) -> Link:
    if match.by_external_id is not None:
        return Link(
            client_id=match.by_external_id,
            reason=Reason.EXTERNAL_ID,
            evidence={"id": person.external_id},
        )
    link = _by_email(person, match, batch) or _by_phone(person, match, batch)
    if link is not None:
        return link
    is_walk_in = person.key == (GUESTS, WALK_IN)
    return Link(
        client_id=uuid4(),
        reason=Reason.WALK_IN if is_walk_in else Reason.NEW,
        evidence=_findable(person),
        is_new=True,
    )


def _stayed(link: Link, stay: Stay | None) -> Link:
    """Keep an order's buyer with the order's client instead of making one."""
    if stay is None or not link.is_new:
        return link
    others = tuple(one for one in link.candidates if one != stay.client_id)
    # That one of those he could be is the client he comes from settles the doubt.
    is_doubtful = link.doubt is not None and len(others) == len(link.candidates)
    return Link(
        client_id=stay.client_id,
        reason=Reason.FORMER_CUSTOMER,
        evidence={"order": stay.order_id, **link.evidence},
        doubt=link.doubt if is_doubtful else None,
        candidates=others if is_doubtful else (),
    )


def _address(person: Person) -> dict[str, str]:
    found = {"email": person.email_key, "name": person.name_key if person.is_shared_email else None}
    return {name: value for name, value in found.items() if value}


def _findable(person: Person) -> dict[str, str]:
    return _address(person) | ({"phone": person.phone_key} if person.phone_key else {})


def _by_email(person: Person, match: Match, batch: _Batch) -> Link | None:
    identity = person.email_identity
    if identity is None:
        return None
    if len(match.by_email) > 1:
        return _new(person, Doubt.EMAIL_SHARED, match.by_email)
    known = match.by_email[0] if match.by_email else batch.by_email.get(identity)
    if known is None:
        return None
    return Link(client_id=known, reason=Reason.EMAIL, evidence=_address(person))


def _by_phone(person: Person, match: Match, batch: _Batch) -> Link | None:
    if person.phone_key is None:
        return None
    found = {one.client_id: one for one in batch.by_phone.get(person.phone_key, ())}
    found |= {one.client_id: one for one in match.by_phone}
    if len(found) > 1:
        return _new(person, Doubt.PHONE_SHARED, tuple(found))
    for candidate in found.values():
        theirs = batch.email(candidate)
        mine = None if person.is_shared_email else person.email_key
        if theirs and mine and theirs != mine:
            return _new(person, Doubt.PHONE_OF_OTHER_EMAIL, tuple(found))
        return Link(
            client_id=candidate.client_id,
            reason=Reason.PHONE,
            evidence={"phone": person.phone_key},
        )
    return None


def _new(person: Person, doubt: Doubt, candidates: tuple[UUID, ...]) -> Link:
    return Link(
        client_id=uuid4(),
        reason=Reason.NEW,
        evidence=_findable(person),
        is_new=True,
        doubt=doubt,
        candidates=tuple(sorted(candidates)),
    )
