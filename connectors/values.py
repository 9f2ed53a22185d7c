"""The values in a record: made exact types, and refused when the CRM could not hold them.

Each check raises `BadRecord` with a reason a support person understands and the field it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from connectors.errors import BadRecord

# NUMERIC(12,2), the contract's money type.
MAX_AMOUNT: Final = Decimal("9999999999.99")
CENT: Final = Decimal("0.01")
# Longer ids exist on no platform; rubbish does.
MAX_ID_LENGTH: Final = 255
# Beyond this a text is an attack or an accident; it would bloat every row that carries it.
MAX_TEXT_LENGTH: Final = 100_000
_MOST_QUOTED: Final = 80
_AT_MOST: Final = f"where the CRM holds at most {MAX_AMOUNT:,}"


def check_id(value: str, what: str) -> None:
    """Raise BadRecord unless `value` is a non-empty text of sane length."""
    if not value or not value.strip():
        raise BadRecord(f"{what} is missing", code="missing_id", field=what)
    if len(value) > MAX_ID_LENGTH:
        raise BadRecord(
            f"{what} is {len(value):,} characters long, where {MAX_ID_LENGTH} are the most",
            code="bad_id",
            field=what,
        )
    check_text(value, what)


def is_storable(value: str) -> bool:
    """Say whether PostgreSQL can store `value` and somebody could have meant it."""
    if "\x00" in value or len(value) >= MAX_TEXT_LENGTH:
        return False
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_text(value: str | None, what: str) -> None:
    """Raise BadRecord for text PostgreSQL cannot store or nobody could have meant."""
    if value is None or (value.isascii() and "\x00" not in value and len(value) < MAX_TEXT_LENGTH):
        return
    if len(value) >= MAX_TEXT_LENGTH:
        raise BadRecord(
            f"{what} has {len(value):,} characters, where fewer than {MAX_TEXT_LENGTH:,} are taken",
            code="text_too_long",
            field=what,
        )
    if "\x00" in value:
        raise BadRecord(f"{what} contains a NUL character (U+0000)", code="bad_text", field=what)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        # As decoding keeps a byte that is no text.
        is_byte = "\udc80" <= value[error.start] <= "\udcff"
        trouble = "bytes that are no UTF-8 text" if is_byte else "half a character (lone surrogate)"
        raise BadRecord(f"{what} contains {trouble}", code="bad_text", field=what) from error


def check_texts(values: Sequence[str | None], names: Sequence[str]) -> None:
    """Raise BadRecord as `check_text` does for the first of several texts that deserves it.

    Looks at all of them as one text first: a million addresses pass this way.
    """
    joined = "".join(filter(None, values))
    if joined.isascii() and "\x00" not in joined and len(joined) < MAX_TEXT_LENGTH:
        return
    for value, name in zip(values, names, strict=True):
        check_text(value, name)


def check_amount(value: Decimal | None, what: str) -> None:
    """Raise BadRecord unless `value` fits NUMERIC(12,2) without losing a digit before the point."""
    if value is None:
        return
    if not value.is_finite() or abs(value) > MAX_AMOUNT:
        raise BadRecord(
            f"{what} is out of range ({quoted(value)}), {_AT_MOST}", code="bad_amount", field=what
        )


def check_currency(value: str) -> None:
    """Raise BadRecord unless `value` looks like an ISO 4217 code (three capital letters)."""
    if len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):  # noqa: PLR2004 - ISO 4217
        raise BadRecord(
            f"currency {quoted(value)} is not an ISO code (three capital letters, as in EUR)",
            code="bad_currency",
            field="currency",
        )


def check_time(value: datetime | None, what: str) -> None:
    """Raise BadRecord for a time without zone or outside the years people trade in."""
    if value is None:
        return
    if value.tzinfo is None:
        raise BadRecord(f"{what} has no time zone", code="bad_time", field=what)
    if not 1970 <= value.year <= 2200:  # noqa: PLR2004 - year 0 and 9999 arrive as placeholders
        raise BadRecord(
            f"{what} is in the year {value.year}, which cannot be meant",
            code="bad_time",
            field=what,
        )


def utc_time(value: str | None, what: str) -> datetime | None:
    """Parse an ISO 8601 time into UTC; a bare time (no zone) is taken as UTC.

    Returns None for None and "". Raises BadRecord when it is no time.
    """
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise BadRecord(
            f"{what} is not a time: {quoted(value)}", code="bad_time", field=what
        ) from error
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        raise BadRecord(
            f"{what} is out of range: {quoted(value)}", code="bad_time", field=what
        ) from error


def amount(value: Any, what: str) -> Decimal:
    """Turn a decimal string or integer into a `Decimal` of 2 places, rounding half up.

    Floats are refused: an amount that went through binary floating point is no longer the store's.
    Decode JSON with `connectors.http.decode`, which keeps number literals as `Decimal`.
    Raises BadRecord when it is no amount.
    """
    if isinstance(value, (bool, float)):
        raise BadRecord(f"{what} is not a decimal: {quoted(value)}", code="bad_amount", field=what)
    if not isinstance(value, (str, int, Decimal)):
        raise BadRecord(f"{what} is no amount: {quoted(value)}", code="bad_amount", field=what)
    try:
        exact = Decimal(value.strip() if isinstance(value, str) else value)
        if not exact.is_finite() or abs(exact) > MAX_AMOUNT:
            raise BadRecord(
                f"{what} is out of range: {quoted(value)}, {_AT_MOST}",
                code="bad_amount",
                field=what,
            )
        return exact.quantize(CENT, rounding=ROUND_HALF_UP)
    except ArithmeticError as error:
        raise BadRecord(
            f"{what} is no amount: {quoted(value)}", code="bad_amount", field=what
        ) from error


def quoted(value: Any) -> str:
    """Return a value as it stands in a reason: whole where somebody can read it, else its begin."""
    try:
        shown = str(value) if isinstance(value, Decimal) else repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return shown if len(shown) <= _MOST_QUOTED else f"{shown[:_MOST_QUOTED]}…"
