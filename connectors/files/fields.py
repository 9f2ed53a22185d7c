"""One field of a record, out of the text in a row's columns.

Everything in a file is text until here: a reader that guesses types makes 7 of "007", nothing of
the country "NA", and a binary float of every amount.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from connectors.errors import BadRecord
from connectors.records import Address, Stream
from connectors.values import amount

Row = Mapping[str, str | None]

_ADDRESS: Final = frozenset(Address.__struct_fields__)
_PEOPLE: Final = frozenset({"email", "phone", "full_name", "company_name"})
_TIMES: Final = frozenset({"created_at", "updated_at"})
AMOUNTS: Final = ("subtotal", "tax", "shipping", "discount", "refunded_total")

FIELDS: Final[Mapping[Stream, frozenset[str]]] = {
    Stream.CUSTOMERS: _PEOPLE | _TIMES | {"id"} | {f"address.{name}" for name in _ADDRESS},
    Stream.PRODUCTS: _TIMES
    | {"id", "name", "price", "cost", "currency", "parent_id", "description", "sku", "category"}
    | {"is_active"},
    Stream.ORDERS: _PEOPLE
    | _TIMES
    | {"id", "number", "status", "currency", "total", "customer_id", "order_date"}
    | {"tracking_number", "shipped_date", "delivered_date", *AMOUNTS}
    | {f"{kind}_address.{name}" for kind in ("billing", "shipping") for name in _ADDRESS},
}
LINE_FIELDS: Final = frozenset(
    {"id", "product_id", "name", "sku", "quantity", "unit_price", "total", "tax"}
)
REQUIRED: Final[Mapping[Stream, tuple[str, ...]]] = {
    Stream.CUSTOMERS: ("id",),
    Stream.PRODUCTS: ("id",),
    Stream.ORDERS: ("id", "order_date"),
}

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
# What people put beside a number: signs of currencies, and the spaces they come with.
_BESIDE: Final = " \t\u00a0\u202f$€£¥₹₩₺₽₫₴₦₱₪₡₲₵฿"
_YES: Final = frozenset({"1", "true", "t", "yes", "y", "active", "on"})
_NO: Final = frozenset({"0", "false", "f", "no", "n", "inactive", "off"})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Where a field's text is and how to read it. `where`: its place in the mapping.

    `format`: of a time: a strptime format, "unix", "unix_ms", or None for ISO 8601. `zone`: of
    times that do not say theirs. `words`: what stands in the file -> what is meant.
    """

    where: str
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str | None = None
    default: str | None = None
    format: str | None = None
    zone: str = "UTC"
    decimal: str = "."
    thousands: str = ""
    words: Mapping[str, str] = msgspec.field(default_factory=dict)
    nulls: frozenset[str] = frozenset({""})

    def text(self, row: Row) -> str | None:
        """Return the field's text without surrounding blanks, None when there is none."""
        if self.constant is not None:
            return self.constant
        if len(self.columns) == 1:
            found = self._cell(row, self.columns[0])
        else:
            parts = (self._cell(row, column) for column in self.columns)
            found = self.join.join(part for part in parts if part is not None) or None
        if found is not None and self.words:
            found = self.words.get(found, found)
        return self.default if found is None else found

    def number(self, row: Row) -> Decimal | None:
        """Return the exact number, None when there is none; raises BadRecord for anything else."""
        text = self.text(row)
        if text is None:
            return None
        bare = text.strip(_BESIDE)
        if self.thousands:
            bare = bare.replace(self.thousands, "")
        if self.decimal != ".":
            # A point that is no decimal point would be taken for one.
            bare = "?" if "." in bare else bare.replace(self.decimal, ".")
        if not _NUMBER.fullmatch(bare):
            raise self._bad(
                text,
                "no number",
                "bad_amount",
                hint=f"decimal {self.decimal!r}, thousands {self.thousands!r}",
            )
        return Decimal(bare)

    def money(self, row: Row) -> Decimal | None:
        """Return the amount in the CRM's two decimals, None when there is none."""
        number = self.number(row)
        return None if number is None else amount(number, self._what())

    def moment(self, row: Row) -> datetime | None:
        """Return the time in UTC, None when there is none."""
        text = self.text(row)
        if text is None:
            return None
        try:
            return _moment(text, self.format, self.zone)
        except (ValueError, OverflowError):
            raise self._bad(
                text, "no time", "bad_time", hint=f"format {self.format or 'ISO 8601'}"
            ) from None

    def flag(self, row: Row) -> bool | None:
        """Return yes or no, None when there is neither."""
        text = self.text(row)
        if text is None:
            return None
        word = text.casefold()
        if word not in _YES | _NO:
            raise self._bad(text, "neither yes nor no", "bad_flag", hint="`values` can translate")
        return word in _YES

    def _cell(self, row: Row, column: str) -> str | None:
        found = row.get(column)
        if found is None:
            return None
        found = found.strip()
        return None if found in self.nulls else found

    def _what(self) -> str:
        return self.where.partition("fields.")[2] or self.where

    def _bad(self, text: str, trouble: str, code: str, *, hint: str) -> BadRecord:
        columns = ", ".join(f'"{column}"' for column in self.columns) or "the constant"
        return BadRecord(
            f"{self._what()} is {trouble}: {text[:60]!r} in {columns} ({self.where}; {hint})",
            code=code,
            field=self._what(),
        )


@lru_cache(maxsize=4096)
def _moment(text: str, form: str | None, zone: str) -> datetime:
    if form in ("unix", "unix_ms"):
        seconds = Decimal(text) if _NUMBER.fullmatch(text) else None
        if seconds is None:
            raise ValueError(text)
        scale = 1_000_000 if form == "unix" else 1_000
        return _EPOCH + timedelta(microseconds=int(seconds * scale))
    parsed = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - the zone is put in below
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=ZoneInfo(zone))
    return parsed.astimezone(UTC)
