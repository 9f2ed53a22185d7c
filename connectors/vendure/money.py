"""Vendure's integers as amounts.

Vendure says "minor units", but what a unit is it decides once for the whole server
(`moneyStrategyPrecision`, 2 unless configured), not by currency: its own admin shows ¥3000 for a
stored 300000. Reading yen by their ISO exponent made such an order a hundred times too dear. Shops
whose storefront stores by currency all the same say so in the setting `minor_units`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

import msgspec

from connectors.values import amount

DEFAULT_PRECISION: Final = 2
# ISO 4217: the currencies whose minor unit is not a hundredth.
_EXPONENTS: Final = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
         "XAF", "XOF", "XPF"), 0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip

MinorUnits = Literal["server", "currency"]


class MoneyRule(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the last digits are decimals. `precision`: the server's own."""

    minor_units: MinorUnits = "server"
    precision: int = DEFAULT_PRECISION

    def amount(self, value: int, currency: str, what: str) -> Decimal:
        """Return `value` units as an amount of 2 places; raises BadRecord when out of range."""
        digits = self.precision
        if self.minor_units == "currency":
            digits = _EXPONENTS.get(currency, DEFAULT_PRECISION)
        return amount(Decimal(value).scaleb(-digits), what)
