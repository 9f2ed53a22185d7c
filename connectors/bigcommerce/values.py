"""Single values as BigCommerce's two APIs print them, and nothing that could stop a page.

v2 writes amounts as text of four decimals and times as e-mail headers do; v3 writes amounts as
numbers and times in ISO 8601. Ids are numbers, 0 stands for none, and what is empty is "" as often
as null.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

from connectors.errors import BadRecord
from connectors.values import MAX_AMOUNT, amount, utc_time

ZERO: Final = Decimal("0.00")
_UNIT_STEP: Final = Decimal("0.000001")
_UNIT_PLACES: Final = -6
_ABSURD: Final = 10**40
_ID_DIGITS: Final = 18
_MOST_QUOTED: Final = 80
# "Thu, 01 Jan 1970 …" and "0000-00-00 …" are dates that were never set.
_NEVER: Final = ("0000-", "-0001")


def text(value: Any) -> str | None:
    """Return trimmed text, None for nothing and for what is no text."""
    if type(value) is str:
        return value.strip() or None
    if type(value) is int:
        # Python refuses to write out numbers of thousands of digits.
        return str(value) if -_ABSURD < value < _ABSURD else None
    return str(value) if type(value) is Decimal else None


def identifier(value: Any) -> str | None:
    """Return an id as text; 0 and "0" are BigCommerce's way to say there is none."""
    found = text(value)
    return None if found == "0" else found


def id_number(external_id: str) -> int | None:
    """Return an id as the number BigCommerce counts with, None for what cannot be one of its."""
    is_number = external_id.isascii() and external_id.isdigit() and len(external_id) <= _ID_DIGITS
    return int(external_id) if is_number else None


def money(value: Any, what: str) -> Decimal:
    """Return an amount with two places; nothing counts as 0.00. Raises BadRecord."""
    if value is False:
        return ZERO
    stated = optional_money(value, what)
    return ZERO if stated is None else stated


def optional_money(value: Any, what: str) -> Decimal | None:
    """Return an amount with two places, None where none is stated. Raises BadRecord."""
    if value is None or (type(value) is str and not value.strip()):
        return None
    if isinstance(value, (list, dict)):
        raise BadRecord(f"{what} is no amount, but has parts", code="bad_amount", field=what)
    return amount(value, what)


def unit_price(value: Any, what: str) -> Decimal | None:
    """Return the price of one piece as stated, six places at most. Raises BadRecord."""
    if value is None or value == "":
        return None
    price = _exact(value, what, code="bad_amount")
    exponent = price.as_tuple().exponent
    is_finer = isinstance(exponent, int) and exponent < _UNIT_PLACES
    return price.quantize(_UNIT_STEP) if is_finer else price


def quantity(value: Any) -> Decimal:
    """Return how many pieces; nothing counts as 0. Raises BadRecord."""
    if value is None or value == "":
        return Decimal(0)
    return _exact(value, "line.quantity", code="bad_quantity")


def instant(value: Any, what: str) -> datetime | None:
    """Parse an RFC 2822 or ISO 8601 time into UTC; None for dates never set. Raises BadRecord."""
    if value is None or value is False:
        return None
    if type(value) is not str:
        raise BadRecord(f"{what} is no text", code="bad_time", field=what)
    written = value.strip()
    if not written or written.startswith(_NEVER):
        return None
    if written[0].isdigit():
        return utc_time(written, what)
    try:
        parsed = parsedate_to_datetime(written)
        # "-0000" says that the zone is not known; all of BigCommerce's times are UTC.
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadRecord(
            f"{what} is not a time: {written[:_MOST_QUOTED]!r}", code="bad_time", field=what
        ) from error


def full_name(first: Any, last: Any) -> str | None:
    """Join a person's names; None when both are empty."""
    given, family = text(first), text(last)
    return f"{given} {family}" if given and family else given or family


def _exact(value: Any, what: str, *, code: str) -> Decimal:
    if not isinstance(value, (str, int, Decimal)) or isinstance(value, bool):
        raise BadRecord(f"{what} is no number", code=code, field=what)
    try:
        exact = Decimal(value.strip() if isinstance(value, str) else value)
    except ArithmeticError:
        shown = repr(value)[:_MOST_QUOTED]
        raise BadRecord(f"{what} is no number: {shown}", code=code, field=what) from None
    if not exact.is_finite() or abs(exact) > MAX_AMOUNT:
        raise BadRecord(f"{what} is out of range", code=code, field=what)
    return exact
