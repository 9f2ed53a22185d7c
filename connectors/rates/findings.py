"""What the rates leave open: orders without one and why, and how old the newest is."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import class_row

from connectors.crm.statements import load

Connection = psycopg.Connection[Any]
# As in sync.quoted_rate: the ECB's longest pause is five days.
CARRIED_DAYS: Final = 10
# At Easter the newest rate is five days old on the Tuesday morning.
RECENT_DAYS: Final = 5


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An organization's orders in one currency that have no rate, and are in no sum.

    `first_day`, `last_day`: of these orders. `…_last_quoted`: the last rate known up to then of the
    currency and of the reporting currency, None without any.
    """

    organization_id: str
    organization: str
    currency: str
    reporting_currency: str
    orders: int
    first_day: date
    last_day: date
    currency_last_quoted: date | None
    reporting_last_quoted: date | None

    @property
    def sentence(self) -> str:
        """What is missing, why, and what to do."""
        days = (
            f"on {self.first_day}"
            if self.first_day == self.last_day
            else f"from {self.first_day} to {self.last_day}"
        )
        return (
            f"{self.organization}: {self.orders:,} order(s) in {self.currency} {days} have no rate "
            f"to {self.reporting_currency} and are in no sum; {self._reason}"
        )

    @property
    def _reason(self) -> str:
        for currency, last in (
            (self.currency, self.currency_last_quoted),
            (self.reporting_currency, self.reporting_last_quoted),
        ):
            if currency == "EUR":
                continue
            state = f"state one: storeloom rates set EUR {currency} RATE --from DAY"
            if last is None:
                return f"no rate of {currency} is known by then. Load them, or {state}"
            if (self.last_day - last).days > CARRIED_DAYS:
                return (
                    f"{currency} was last quoted on {last}, and a quotation holds for "
                    f"{CARRIED_DAYS} days. If it is quoted no more, {state}"
                )
        return "rates of these days are missing. Load them: storeloom rates load --history"


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a stated pair on a day. `holds`: whether orders of the day get it."""

    base_currency: str
    quote_currency: str
    rate: Any
    rate_date: date
    valid_until: date | None
    source: str | None
    holds: bool


def missing_rates(connection: Connection) -> list[Missing]:
    """Return what has no rate, by organization and currency."""
    with connection.cursor(row_factory=class_row(Missing)) as cursor:
        return cursor.execute(load("rates/missing")).fetchall()


def rates_on(connection: Connection, day: date, currency: str | None = None) -> list[Rate]:
    """Return the rate of every stated pair on `day`, those of `currency` only when given."""
    with connection.cursor(row_factory=class_row(Rate)) as cursor:
        return cursor.execute(load("rates/latest"), {"day": day, "currency": currency}).fetchall()
