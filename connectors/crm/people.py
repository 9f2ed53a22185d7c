"""Who a record speaks of, in terms that can be compared.

A shop knows a person by an id, or only by what was typed at the checkout. E-mail addresses compare
case-folded, phone numbers in E.164, and only when they are numbers somebody could call: "0000000"
is in every shop and once made one client out of forty strangers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec
import phonenumbers

from connectors.crm.shared_addresses import NONE_DECLARED, SharedAddresses, name_key
from connectors.records import Address, Customer, Order, OrderStatus

CUSTOMERS: Final = "customers"
GUESTS: Final = "guests"
WALK_IN: Final = "walk-in"
# Reserved by RFC 2606 for addresses that reach nobody. WooCommerce writes deleted@site.invalid over
# everyone it erases: taken for an address, it would make one client of all of them.
_NOBODY: Final = ".invalid"
# The longest that RFC 5321 lets travel.
_MAX_EMAIL: Final = 254


class Person(msgspec.Struct, kw_only=True):
    """A person as one batch knows him. `entity` and `external_id`: his key in sync.record_map.

    `email_key`, `phone_key`: what identity is resolved by, None where it must not be. `is_owner`: a
    customer record, which may overwrite; an order only fills gaps. `position`: of the record in its
    batch, None for persons known from orders. `first_seen`, `last_seen`: business times. `country`:
    what a national phone number is read in, while the number has not been read (`settle_phone`).
    `is_shared_email`: the address stands for several people, so that it identifies him together
    with his name only, and not at all without one.
    """

    entity: str
    external_id: str
    email: str | None = None
    email_key: str | None = None
    is_shared_email: bool = False
    is_email_verified: bool = True
    phone: str | None = None
    phone_key: str | None = None
    full_name: str | None = None
    company_name: str | None = None
    address: Address | None = None
    is_owner: bool = False
    is_deleted: bool = False
    has_ordered: bool = False
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    position: int | None = None
    country: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Entity and external id."""
        return self.entity, self.external_id

    @property
    def name_key(self) -> str | None:
        """The name as identity compares it."""
        return name_key(self.full_name)

    @property
    def email_identity(self) -> str | None:
        """What is one person's alone: the address, a shared one with the name."""
        if self.email_key is None or not self.is_shared_email:
            return self.email_key
        name = self.name_key
        return f"{self.email_key}|{name}" if name else None


def person_of(
    customer: Customer,
    *,
    country: str | None,
    position: int,
    shared: SharedAddresses = NONE_DECLARED,
) -> Person:
    """Return the person a customer record describes.

    `country`: ISO code that national phone numbers are read in when the address names none.
    `shared`: addresses that are no single person's.
    """
    email = _stripped(customer.email)
    region = (customer.address.country_code if customer.address else None) or country
    phone = _stripped(customer.phone)
    e164 = phone_e164(phone, region)
    by_email = email_key(email) if customer.email_verified else None
    return Person(
        entity=CUSTOMERS,
        external_id=customer.external_id,
        email=email,
        email_key=by_email,
        is_shared_email=by_email is not None and by_email in shared,
        is_email_verified=customer.email_verified,
        phone=e164 or phone,
        phone_key=e164,
        full_name=_stripped(customer.full_name),
        company_name=_stripped(customer.company_name),
        address=customer.address,
        is_owner=True,
        is_deleted=customer.is_deleted,
        first_seen=customer.source_created_at,
        position=position,
        country=region,
    )


def buyer_of(
    order: Order, *, country: str | None, shared: SharedAddresses = NONE_DECLARED
) -> Person:
    """Return who placed an order: a customer by id, a guest by what he typed, else the walk-in."""
    email = _stripped(order.email)
    address = order.billing_address
    phone = _stripped(order.phone or (address.phone if address else None))
    region = (address.country_code if address else None) or country
    full_name = _stripped(order.full_name or (address.name if address else None))
    company = _stripped(order.company_name or (address.company if address else None))
    by_email = email_key(email)
    is_shared = by_email is not None and by_email in shared
    name = name_key(full_name) if is_shared else None
    if is_shared and name is None:
        by_email = None
    # Reading numbers is what costs most here, and most customers are known without.
    e164 = None if order.customer_external_id or by_email else phone_e164(phone, region)
    if order.customer_external_id:
        entity, external_id = CUSTOMERS, order.customer_external_id
    elif by_email:
        entity, external_id = GUESTS, f"email:{by_email}" + (f"|{name}" if name else "")
    elif e164:
        entity, external_id = GUESTS, f"phone:{e164}"
    elif full_name or company or phone or email:
        # Somebody, but two people of one name are two people: no other order may claim this one.
        entity, external_id = GUESTS, f"order:{order.external_id}"
    else:
        entity, external_id = GUESTS, WALK_IN
    is_walk_in = external_id == WALK_IN and entity == GUESTS
    return Person(
        entity=entity,
        external_id=external_id,
        email=email,
        email_key=by_email,
        is_shared_email=is_shared,
        phone=e164 or phone,
        phone_key=e164,
        country=region,
        full_name="Walk-in customers" if is_walk_in else full_name,
        company_name=company,
        address=None if is_walk_in else address,
        has_ordered=order.status != OrderStatus.CANCELLED and not order.is_deleted,
        first_seen=order.order_date,
        last_seen=order.order_date,
    )


def settle_phone(person: Person) -> None:
    """Read a phone number that had no need to be read so far."""
    if person.phone_key is None and person.phone is not None:
        person.phone_key = phone_e164(person.phone, person.country)
        person.phone = person.phone_key or person.phone


def merged(people: Iterable[Person]) -> dict[tuple[str, str], Person]:
    """Fold the buyers of a batch into one person per key; the latest order tells the details."""
    found: dict[tuple[str, str], Person] = {}
    for person in people:
        known = found.get(person.key)
        if known is None:
            found[person.key] = person
            continue
        later, earlier = (person, known) if _seen(person) >= _seen(known) else (known, person)
        for name in ("email", "full_name", "company_name", "address"):
            if getattr(later, name) is None:
                setattr(later, name, getattr(earlier, name))
        if later.email_key is None:
            later.email_key, later.is_shared_email = earlier.email_key, earlier.is_shared_email
        if later.phone is None:
            later.phone, later.phone_key = earlier.phone, earlier.phone_key
            later.country = earlier.country
        later.first_seen = min(filter(None, (person.first_seen, known.first_seen)), default=None)
        later.has_ordered = person.has_ordered or known.has_ordered
        found[person.key] = later
    return found


def email_key(email: str | None) -> str | None:
    """Return an address as identity compares it, None for text that is no address."""
    if email is None or len(email) > _MAX_EMAIL or len(email.split()) != 1:
        return None
    local, at, domain = email.rpartition("@")
    if not at or not local or "." not in domain.strip(".") or domain.lower().endswith(_NOBODY):
        return None
    # lower(), as the database's index: casefold() would part from it on "ß".
    return email.lower()


@lru_cache(maxsize=65_536)
def phone_e164(phone: str | None, country: str | None) -> str | None:
    """Return a number in E.164, None when it is none or its country cannot be told."""
    if not phone:
        return None
    try:
        parsed = phonenumbers.parse(phone, country.upper() if country else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _stripped(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _seen(person: Person) -> tuple[bool, float]:
    at = person.last_seen
    return (at is not None, at.timestamp() if at else 0.0)
