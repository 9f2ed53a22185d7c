"""Quantities and unit prices of lines: numbers that are no amounts of money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from connectors.errors import BadRecord
from connectors.values import MAX_AMOUNT, quoted
from connectors.woocommerce.values import text

_UNIT_PRICE_STEP: Final = Decimal("0.000001")
_UNIT_PRICE_PLACES: Final = -6
_NO_NUMBER: Final = Decimal("NaN")
_LARGEST: Final = int(MAX_AMOUNT)


def quantity(value: Any) -> Decimal:
    """Return a number of units; raises BadRecord for what is none."""
    if type(value) is int and abs(value) <= _LARGEST:
        return Decimal(value)
    try:
        found = value if type(value) is Decimal else Decimal(_written(value) or 0)
    except ArithmeticError:
        found = _NO_NUMBER
    if not found.is_finite() or abs(found) > MAX_AMOUNT:
        raise BadRecord(
            f"quantity is no number: {quoted(value)}", code="bad_quantity", field="line.quantity"
        )
    return found


def unit_price(value: Any) -> Decimal | None:
    """Keep six places: the price is a quotient, and its further digits are only division."""
    if value is None or value == "":
        return None
    if type(value) is int and abs(value) <= _LARGEST:
        return Decimal(value)
    try:
        price = value if type(value) is Decimal else Decimal(_written(value) or 0)
        exponent = price.as_tuple().exponent
        if not isinstance(exponent, int) or abs(price) > MAX_AMOUNT:
            raise BadRecord("a line's price is no number", code="bad_amount", field="line.price")
        return price.quantize(_UNIT_PRICE_STEP) if exponent < _UNIT_PRICE_PLACES else price
    except ArithmeticError:
        raise BadRecord(
            f"a line's price is no number: {quoted(value)}", code="bad_amount", field="line.price"
        ) from None


def _written(value: Any) -> str | None:
    """Return a number as written; refuses one that went through binary floating point."""
    if isinstance(value, float):
        raise BadRecord(f"a number is not exact: {quoted(value)}", code="bad_amount", field="line")
    return text(value)
