"""Reading parts of a Shopify payload that may be missing, null, or of another shape.

A field can be null because the token lacks a scope, because the person was redacted, or because
the answer was recorded under an older version. None of these may crash a page: each reader returns
None for what is absent and raises BadRecord, naming the field, for what makes no sense.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from connectors.errors import BadRecord
from connectors.records import Address
from connectors.unreadable import refuse_unreadable
from connectors.values import amount, utc_time

_QUANTITY_DIGITS: Final = 12
_LONGEST_NUMBER_BITS: Final = 512
_GID: Final = re.compile(r"(?:gid://[\w-]+/(\w+)/)?(\d{1,30})(?:\?.*)?", re.ASCII)


def part(value: Any, what: str) -> Mapping[str, Any] | None:
    """Return an object, None when it is absent."""
    if value is None or isinstance(value, Mapping):
        return value
    raise BadRecord(f"{what} is no object", code="bad_shape", field=what)


def text(value: Any, what: str) -> str | None:
    """Return a text without surrounding blanks, None when there is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, Decimal) or (
        isinstance(value, int)
        and not isinstance(value, bool)
        # Python writes out no number of thousands of digits, and nobody means one.
        and value.bit_length() < _LONGEST_NUMBER_BITS
    ):
        return str(value)
    raise BadRecord(f"{what} is no text", code="bad_text", field=what)


def word(value: Any, what: str) -> str | None:
    """Return an enum value in capitals; unknown ones are as good as known ones."""
    found = text(value, what)
    return found.upper() if found else None


def flag(value: Any, what: str) -> bool | None:
    """Return a boolean, None when it is absent."""
    if value is None or isinstance(value, bool):
        return value
    raise BadRecord(f"{what} is neither true nor false", code="bad_shape", field=what)


def time(value: Any, what: str) -> datetime | None:
    """Return a time in UTC, None when it is absent."""
    if value is not None and not isinstance(value, str):
        raise BadRecord(f"{what} is not a time", code="bad_time", field=what)
    return utc_time(value, what)


def identifier(value: Any, what: str, kind: str | None = None) -> str:
    """Return the numeric tail of a global id ("gid://shopify/Order/450789469" -> "450789469").

    `kind`: what the id has to be of, where it says so. Numbers are given per kind: a draft order
    taken for an order would stand in the CRM as the order that happens to have its number.
    """
    found = text(value, what)
    if found is None:
        raise BadRecord(f"{what} is missing", code="missing_id", field=what)
    match = _GID.fullmatch(found)
    if match is None:
        raise BadRecord(f"{what} is no Shopify id: {found[:80]!r}", code="bad_id", field=what)
    if kind is not None and match[1] not in (None, kind):
        raise BadRecord(
            f"{what} is one of {match[1]}, not of {kind}", code="wrong_kind", field=what
        )
    return match[2]


def linked(value: Any, what: str) -> str | None:
    """Return the id of an object that is only referred to, None when it is gone or hidden."""
    target = part(value, what)
    return identifier(target["id"], f"{what}.id") if target and target.get("id") else None


def money(value: Any, what: str) -> Decimal | None:
    """Return an amount in the store's own currency, None when it is absent.

    Takes a MoneyBag (then its `shopMoney`), a MoneyV2, or the bare scalar of `price`.
    """
    if isinstance(value, Mapping):
        inner = value.get("shopMoney", value)
        value = (part(inner, what) or {}).get("amount")
    if value is None or value == "":
        return None
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return amount(value, what)
    raise BadRecord(f"{what} is no amount: {str(value)[:80]}", code="bad_amount", field=what)


def quantity(value: Any, what: str) -> Decimal:
    """Return a number of units, 0 when it is absent."""
    found = text(value, what)
    try:
        number = Decimal(found or 0)
    except InvalidOperation as error:
        raise BadRecord(f"{what} is no number", code="bad_quantity", field=what) from error
    # `adjusted`, not a comparison: taking the size of 1E+999999999 overflows.
    if not number.is_finite() or number.adjusted() >= _QUANTITY_DIGITS:
        raise BadRecord(f"{what} is out of range", code="bad_quantity", field=what)
    return number


def elements(value: Any, what: str) -> list[Mapping[str, Any]]:
    """Return the elements of a connection (`nodes` or `edges`) or of a plain list."""
    if isinstance(value, Mapping):
        if value.get("nodes") is None and value.get("edges") is not None:
            value = [(part(edge, what) or {}).get("node") for edge in _list(value["edges"], what)]
        else:
            value = value.get("nodes")
    found = [part(element, what) for element in _list(value, what)]
    if any(element is None for element in found):
        raise BadRecord(f"{what} has an empty place", code="bad_shape", field=what)
    for element in found:
        refuse_unreadable(element)
    return [element for element in found if element is not None]


def has_more(value: Any) -> bool:
    """Tell whether a connection says that it goes on beyond its elements."""
    information = value.get("pageInfo") if isinstance(value, Mapping) else None
    return isinstance(information, Mapping) and information.get("hasNextPage") is True


def address(value: Any, what: str) -> Address | None:
    """Return a postal address, None when it is absent or empty."""
    given = part(value, what)
    if not given:
        return None
    found = Address(
        name=text(given.get("name"), what) or full_name(given, what),
        company=text(given.get("company"), what),
        line1=text(given.get("address1"), what),
        line2=text(given.get("address2"), what),
        city=text(given.get("city"), what),
        region=text(given.get("province"), what) or text(given.get("provinceCode"), what),
        postal_code=text(given.get("zip"), what),
        country_code=word(given.get("countryCodeV2") or given.get("countryCode"), what),
        phone=text(given.get("phone"), what),
    )
    return found if found != Address() else None


def full_name(value: Mapping[str, Any], what: str) -> str | None:
    """Return first and last name of a customer or an address as one."""
    names = (text(value.get("firstName"), what), text(value.get("lastName"), what))
    return " ".join(name for name in names if name) or None


def _list(value: Any, what: str) -> Sequence[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise BadRecord(f"{what} is no list", code="bad_shape", field=what)
