"""Who is who, by the rules that docs/identity.md states, one person after another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.records import Customer, Order, OrderStatus
from tests.chaos.model_rows import Client, Key
from tests.chaos.people import e164

NOBODY: Final = ("guests", "walk-in")
CONTACT: Final = ("full_name", "company_name", "email", "phone", "address")


@dataclass
class Person:
    """A person as one batch tells of him. `contact`: what it says; None says nothing."""

    key: Key
    contact: dict[str, Any]
    email: str | None
    phone: str | None
    record: Customer | None = None
    has_ordered: bool = False
    first_seen: datetime | None = None
    last_seen: datetime | None = None


def customer_person(customer: Customer) -> Person:
    """Return the person of a customer record."""
    number = e164(customer.phone)
    return Person(
        key=("customers", customer.external_id),
        contact=_contact(customer, customer.address, number or customer.phone),
        email=_email(customer.email) if customer.email_verified else None,
        phone=number,
        record=customer,
        first_seen=customer.source_created_at,
    )


def buyer(order: Order) -> Person:
    """Return who placed an order: the customer it names, else a guest by what was typed."""
    number = e164(order.phone)
    email = _email(order.email)
    contact = _contact(order, order.billing_address, number or order.phone)
    if order.customer_external_id:
        key = ("customers", order.customer_external_id)
    elif email:
        key = ("guests", f"email:{email}")
    elif number:
        key = ("guests", f"phone:{number}")
    elif order.full_name or order.phone or order.email:
        key = ("guests", f"order:{order.external_id}")
    else:
        key = ("guests", "walk-in")
        contact = {**contact, "full_name": "Walk-in customers", "address": None}
    return Person(
        key=key,
        contact=contact,
        email=email,
        phone=number,
        has_ordered=order.status is not OrderStatus.CANCELLED and not order.is_deleted,
        first_seen=order.order_date,
        last_seen=order.order_date,
    )


def together(people: Iterable[Person]) -> dict[Key, Person]:
    """Fold the buyers of a batch into one person a key: the latest order tells most."""
    found: dict[Key, Person] = {}
    for person in people:
        known = found.get(person.key)
        if known is None:
            found[person.key] = person
            continue
        assert person.last_seen is not None
        assert known.last_seen is not None
        later, earlier = (person, known) if person.last_seen >= known.last_seen else (known, person)
        if later.contact["phone"] is None:
            later.phone = earlier.phone
        for name in CONTACT:
            if later.contact[name] is None:
                later.contact[name] = earlier.contact[name]
        later.email = later.email or earlier.email
        later.first_seen = earlier.first_seen = min(
            filter(None, (known.first_seen, person.first_seen))
        )
        later.has_ordered = earlier.has_ordered = person.has_ordered or known.has_ordered
        found[person.key] = later
    return found


@dataclass
class Decision:
    """Which client, why, and whether somebody has to look."""

    client: Client
    reason: str
    is_new: bool = False
    doubt: str | None = None


def decide(
    strangers: Iterable[Person],
    clients: Collection[Client],
    prefix: str,
    unverified: Mapping[Client, Collection[str]],
    stays: Mapping[Key, Client],
) -> dict[Key, Decision]:
    """Decide about the persons of a batch whom nobody has met.

    `clients`: of the organization, as they were before the batch. `unverified`: addresses that a
    client's own customer record does not vouch for, which find nobody. `stays`: with whom a buyer
    stays whom nobody knows.
    """
    decisions: dict[Key, Decision] = {}
    mails: dict[str, Client] = {}
    phones: dict[str, list[Client]] = {}
    mail_of: dict[Client, str] = {}
    for person in sorted(strangers, key=lambda one: (one.key[0], not one.email, one.key[1])):
        decision = _decide(person, clients, prefix, unverified, mails, phones, mail_of)
        if decision.is_new and person.key in stays:
            decision = Decision(stays[person.key], "former_customer", doubt=decision.doubt)
        decisions[person.key] = decision
        client = decision.client
        if person.email:
            if decision.doubt != "email_shared":
                mails.setdefault(person.email, client)
            mail_of.setdefault(client, person.email)
        if person.phone and client not in phones.setdefault(person.phone, []):
            phones[person.phone].append(client)
    return decisions


def _decide(
    person: Person,
    clients: Collection[Client],
    prefix: str,
    unverified: Mapping[Client, Collection[str]],
    mails: Mapping[str, Client],
    phones: Mapping[str, list[Client]],
    mail_of: Mapping[Client, str],
) -> Decision:
    entity, external_id = person.key
    if entity == "customers":
        for client in clients:
            if client.ecommerce_customer_id == prefix + external_id:
                return Decision(client, "external_id")
    if person.email:
        known = [
            one
            for one in clients
            if (one.contact["email"] or "").lower() == person.email
            and person.email not in unverified.get(one, ())
        ]
        if len(known) > 1:
            return _new("email_shared")
        if known or person.email in mails:
            return Decision(known[0] if known else mails[person.email], "email")
    if person.phone:
        found = {id(one): one for one in phones.get(person.phone, [])}
        found |= {id(one): one for one in clients if has_number(one, person.phone)}
        if found:
            return _by_phone(person, list(found.values()), mail_of)
    return _new(None, "walk_in" if external_id == "walk-in" else "new")


def _by_phone(person: Person, found: list[Client], mail_of: Mapping[Client, str]) -> Decision:
    if len(found) > 1:
        return _new("phone_shared")
    theirs = (found[0].contact["email"] or "").lower() or mail_of.get(found[0])
    if theirs and person.email and theirs != person.email:
        return _new("phone_of_other_email")
    return Decision(found[0], "phone")


def has_number(client: Client, number: str) -> bool:
    """Say whether a client is known by a number, from a shop or from a chat."""
    digits = "".join(one for one in client.contact["phone"] or "" if one.isdigit())
    if digits == number.lstrip("+"):
        return True
    return client.is_in_chat and client.platform_user_id in (number, number.lstrip("+"))


def _new(doubt: str | None, reason: str = "new") -> Decision:
    return Decision(Client(contact=dict.fromkeys(CONTACT)), reason, is_new=True, doubt=doubt)


def _email(email: str | None) -> str | None:
    if email is None or email.endswith(".invalid"):
        return None
    return email.lower()


def _contact(record: Customer | Order, address: Any, phone: str | None) -> dict[str, Any]:
    return {
        "full_name": record.full_name,
        "company_name": record.company_name,
        "email": record.email,
        "phone": phone,
        "address": {"city": address.city} if address else None,
    }
