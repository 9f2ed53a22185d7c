"""Who walks through the histories: few enough to meet again, alike enough to be mistaken.

Spellings matter: an address comes in two cases, a number in three. What is one person and what is
two is for the rules to say; here are only the temptations.
"""

from __future__ import annotations

from typing import Final, NamedTuple

# Two spellings of one address, a plus-address, one dot more.
EMAILS: Final = (
    None,
    "ann@example.com",
    "Ann@Example.com",
    "ben@example.com",
    "cleo@example.com",
    "ben+shop@example.com",
    "b.en@example.com",
)
# What is typed, and the number it is; None is no number at all.
PHONES: Final = {
    "(512) 555-0101": "+15125550101",
    "+1 512 555 0101": "+15125550101",
    "+15125550102": "+15125550102",
    "512-555-0103": "+15125550103",
    "0000000": None,
}
SPELLINGS: Final = (None, *PHONES)
# One family: an address with the names of three of them would stand for nobody in particular, which
# has tests of its own (docs/identity.md).
NAMES: Final = ("Ann Ames", "Ben Ames", "Cleo Ames", None)


class Contact(NamedTuple):
    """What somebody types into a form."""

    email: str | None
    phone: str | None
    full_name: str | None
    city: str | None


def contact(number: int) -> Contact:
    """Return one of the combinations; low numbers are ordinary people."""
    number, email = divmod(number, len(EMAILS))
    number, name = divmod(number, len(NAMES))
    number, phone = divmod(number, len(SPELLINGS))
    # The ordinary person has an address: "no address" is the last choice, not the first.
    return Contact(
        EMAILS[(email + 1) % len(EMAILS)],
        SPELLINGS[phone],
        NAMES[name],
        "Austin" if number % 2 else None,
    )


CONTACTS: Final = len(EMAILS) * len(NAMES) * len(SPELLINGS) * 2


def e164(phone: str | None) -> str | None:
    """Return the number that a spelling means."""
    return None if phone is None else PHONES.get(phone)
