"""Single values as WooCommerce prints them: text or number, empty in several ways.

These run some fifty times per order, so the common form of each comes first and cheap.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from connectors.records import Address
from connectors.values import amount, utc_time
from connectors.woocommerce.payloads import Person

_ZERO: Final = Decimal("0.00")
_BARE_TIME_LENGTH: Final = len("2026-01-31T12:00:00")
# What WordPress makes of a date that was never set.
_NO_DATES: Final = ("0000-", "-0001")
_ERASED_DOMAIN: Final = "@site.invalid"
_ERASED_NAME: Final = "[deleted]"


def text(value: Any) -> str | None:
    """Return trimmed text, None for everything PHP prints instead of nothing ("", [], false)."""
    if type(value) is str:
        return value.strip() or None
    if type(value) is int or type(value) is Decimal:
        return str(value)
    return None


def identifier(value: Any) -> str | None:
    """Return an id as text; 0 and "0" are WooCommerce's way to say there is none."""
    if type(value) is int:
        return str(value) if value else None
    found = text(value)
    return None if found == "0" else found


def money(value: Any, what: str) -> Decimal:
    """Return an amount with two places; nothing counts as 0.00. Raises BadRecord."""
    if type(value) is str:
        return _written_money(value, what)
    return _ZERO if value is None or value is False else amount(value, what)


# Shops repeat themselves: 0.00, the shipping fee, the price list.
@lru_cache(maxsize=8192)
def _written_money(value: str, what: str) -> Decimal:
    return amount(value, what) if value.strip() else _ZERO


def instant(value: Any, what: str) -> datetime | None:
    """Parse a `*_gmt` time, which comes without zone; None for dates never set. BadRecord."""
    if type(value) is not str or not value or value.startswith(_NO_DATES):
        return None
    if len(value) == _BARE_TIME_LENGTH:
        try:
            # With its zone at once: replacing it afterwards takes four times as long.
            return datetime.fromisoformat(value + "Z")
        except ValueError:
            return utc_time(value, what)
    return utc_time(value, what)


def full_name(first: Any, last: Any) -> str | None:
    """Join a person's names; None when both are empty."""
    given, family = text(first), text(last)
    return f"{given} {family}" if given and family else given or family


def erased(person: Person | None, email: Any = None) -> bool:
    """Say whether WordPress's personal data eraser has been over a person.

    It writes one address over every address, in every language. Where there was none, "[deleted]"
    is what it writes over a name, translated in shops that are not English, which then say nothing.
    An eraser of customers empties their fields instead, which looks like somebody who never bought.
    """
    found = text(email) or (text(person.email) if person else None)
    if found is not None:
        return found.lower().endswith(_ERASED_DOMAIN)
    return person is not None and _ERASED_NAME in (text(person.first_name), text(person.last_name))


def address(person: Person) -> Address | None:
    """Return the postal address, None when there is no place in it."""
    line1, city = text(person.address_1), text(person.city)
    line2, postal_code = text(person.address_2), text(person.postcode)
    country, region = text(person.country), text(person.state)
    if not (line1 or line2 or city or postal_code or country or region):
        return None
    return Address(
        name=full_name(person.first_name, person.last_name),
        company=text(person.company),
        line1=line1,
        line2=line2,
        city=city,
        region=region,
        postal_code=postal_code,
        country_code=country,
        phone=text(person.phone),
    )
