"""Who buys in a seeded store.

About one order in seven is a guest's. Some guests register later under the same address, and some
people type it in another case each time: one person, several spellings, which a CRM must not turn
into several clients. Phone numbers are unique to a person, so that matching by phone is never luck.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from connectors.sandbox.words import COMPANIES, COUNTRIES
from connectors.sandbox.world import Address, Customer, Order, World

DAY = 86_400
GUEST_RATE = 0.15
NEW_BUYER_RATE = 0.32
SAME_GUEST_RATE = 0.2
GUEST_REGISTERS_RATE = 0.08
PHONE_RATE = 0.85
CAPITALS_RATE = 0.06
EDITED_RATE = 0.9
PLAIN = str.maketrans({"ß": "ss", "ł": "l", "Ł": "l", "ø": "o", "'": "", " ": "", "-": ""})


@dataclass(slots=True)
class Buyer:
    """A person who orders; `customer_id` 0 while they buy as a guest."""

    email: str
    address: Address
    customer_id: int = 0
    types_capitals: bool = False

    def email_as_typed(self, dice: random.Random) -> str:
        """Return the e-mail the way the person types it today."""
        if self.types_capitals and dice.choice((True, False)):
            return self.email[0].upper() + self.email[1:]
        return self.email


class Crowd:
    """Draws the buyer of each order, in the order of time."""

    def __init__(
        self, world: World, dice: random.Random, countries: tuple[str, ...], *, since: int
    ) -> None:
        self.world = world
        self.dice = dice
        self.countries = countries
        self.orders: list[Order] = []
        self._registered: list[Buyer] = []
        self._guests: list[Buyer] = []
        self._made = 0
        self._staff(since)

    def buyer(self, at: int) -> Buyer:
        """Return who orders at `at`: a guest, a new customer, or one who comes back."""
        dice = self.dice
        if dice.random() < GUEST_RATE:
            if self._guests and dice.random() < SAME_GUEST_RATE:
                return dice.choice(self._guests)
            guest = self.person()
            self._guests.append(guest)
            return guest
        if not self._registered or dice.random() < NEW_BUYER_RATE:
            # A guest of old registers: the earlier orders stay the guest's, as in both platforms.
            is_known = bool(self._guests) and dice.random() < GUEST_REGISTERS_RATE
            known = self._guests.pop(dice.randrange(len(self._guests))) if is_known else None
            buyer = self._register(known or self.person(), at)
            # Faithful customers are drawn more often.
            self._registered.extend([buyer] * dice.choices((1, 3, 9), (70, 24, 6))[0])
            return buyer
        return dice.choice(self._registered)

    def person(self) -> Buyer:
        """Invent a person with an e-mail address and a phone number nobody else has."""
        dice = self.dice
        self._made += 1
        country = COUNTRIES[dice.choice(self.countries)]
        first, last = dice.choice(country.first_names), dice.choice(country.last_names)
        city, region, postcode = dice.choice(country.cities)
        digits = str(2_000_000 + (self._made * 7919 + 13 * len(self.world.name)) % 7_900_000)
        address = Address(
            first_name=first,
            last_name=last,
            company=dice.choice(COMPANIES),
            line1=f"{dice.choice(country.streets)} {dice.randrange(1, 180)}",
            city=city,
            region=region,
            postcode=postcode,
            country=country.code,
            phone=country.phone.replace("#", digits) if dice.random() < PHONE_RATE else "",
        )
        name = _plain(f"{first}.{last}") or "kunde"
        return Buyer(
            email=f"{name}{self._made}@{dice.choice(('example.com', 'example.org', 'mail.test'))}",
            address=address,
            types_capitals=dice.random() < CAPITALS_RATE,
        )

    def _register(self, person: Buyer, at: int) -> Buyer:
        registered = at - self.dice.randrange(60, 900)
        customer = Customer(
            id=self.world.new_customer_id(),
            created_at=registered,
            modified_at=registered if self.dice.random() < EDITED_RATE else 0,
            email=person.email_as_typed(self.dice),
            first_name=person.address.first_name,
            last_name=person.address.last_name,
            phone=person.address.phone,
            address=person.address,
        )
        self.world.customers.add(customer)
        return Buyer(person.email, person.address, customer.id, person.types_capitals)

    def _staff(self, since: int) -> None:
        """WooCommerce counts administrators and subscribers among people who may buy."""
        if self.world.platform != "woocommerce":
            return
        for role, name in (
            ("administrator", "Kim"),
            ("subscriber", "Robin"),
            ("subscriber", "Alex"),
        ):
            self.world.customers.add(
                Customer(
                    id=self.world.new_customer_id(),
                    created_at=since,
                    modified_at=0,
                    email=f"{name.lower()}@example.net",
                    first_name=name,
                    last_name="",
                    role=role,
                )
            )


def _plain(text: str) -> str:
    """Return `text` as the local part of an e-mail address."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    return "".join(c for c in folded if c.isascii() and (c.isalnum() or c == ".")).strip(".")
