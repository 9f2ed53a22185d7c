"""Reads a report's figures: the marts' only, of one organization, all as of one moment.

Marts are replaced while they are read. In one REPEATABLE READ transaction every statement sees the
same state of them, so that the months of one figure are the days of the next.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
import psycopg
from psycopg.rows import class_row, dict_row

from connectors.crm.statements import load
from connectors.errors import ConfigurationError, DatabaseError
from connectors.report.figures import (
    Buyers,
    Cohort,
    CurrencyLine,
    Day,
    Decile,
    Month,
    Product,
    Report,
    Response,
    Stage,
    SyncDay,
    WinRate,
)

# What the page has room for, and what people ask about.
DAYS: Final = 90
MONTHS: Final = 13
SYNC_DAYS: Final = 30
WEEKS: Final = 12
PRODUCTS: Final = 10

_T = TypeVar("_T")


def read_report(connection: psycopg.Connection[Any], organization_id: str) -> Report:
    """Read everything a report of the organization shows. The connection is left idle.

    Raises ConfigurationError when there is no such organization, DatabaseError when the marts have
    not been built, or in another reporting currency than the organization's.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        try:
            report = _read(connection, organization_id)
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise DatabaseError(
                f"the marts are not what the report reads ({error.diag.message_primary}): "
                "run `storeloom analytics build`"
            ) from error
    if not are_numbers(report):
        raise DatabaseError(
            f'an amount of "{report.name}" is NaN or infinite, and every sum with it: look for it '
            "in crm_orders.total, refunded_total, items and crm_deals.deal_value, and correct it"
        )
    return report


def are_numbers(value: Any) -> bool:
    """Whether every amount in a structure of figures can be added, compared and drawn."""
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, tuple):
        return all(are_numbers(one) for one in value)
    if isinstance(value, msgspec.Struct):
        return all(are_numbers(getattr(value, name)) for name in value.__struct_fields__)
    return True


def _read(connection: psycopg.Connection[Any], organization_id: str) -> Report:
    scope: dict[str, Any] = {"organization_id": organization_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        named = cursor.execute(load("report/organization"), scope).fetchone()
        if named is None:
            raise ConfigurationError(
                f"there is no organization {organization_id}: "
                "`storeloom store list` shows those there are"
            )
        if named["other_currencies"]:
            raise DatabaseError(
                f'the marts of "{named["name"]}" are still in '
                f"{', '.join(named['other_currencies'])}, and it reports in "
                f"{named['reporting_currency']} by now: run `storeloom analytics build`"
            )
        span = cursor.execute(load("report/span"), scope).fetchone() or {}
    read_at: datetime = named["read_at"]
    last_day: date | None = span["last_day"]
    # An organization without orders still has chats, deals and stores that are compared.
    end = last_day or read_at.date()
    yesterday = read_at.date() - timedelta(days=1)

    def rows(name: str, kind: type[_T], **parameters: Any) -> tuple[_T, ...]:
        with connection.cursor(row_factory=class_row(kind)) as cursor:
            found = cursor.execute(load(f"report/{name}"), {**scope, **parameters})
            return tuple(found.fetchall())

    first_month = _months_before(end, MONTHS - 1)
    window = {"first_day": end - timedelta(days=DAYS - 1), "last_day": end}
    (buyers,) = rows("clients", Buyers)
    return Report(
        organization_id=named["organization_id"],
        name=named["name"],
        currency=named["reporting_currency"],
        read_at=read_at,
        first_day=span["first_day"],
        last_day=last_day,
        misdated_orders=span["misdated_orders"],
        months=rows("months", Month, first_day=first_month, last_day=end),
        days=rows("days", Day, **window),
        currencies=rows("currencies", CurrencyLine, **window),
        buyers=buyers,
        cohorts=rows("cohorts", Cohort, first_month=first_month, last_day=end),
        funnel=rows("funnel", Stage),
        win_rates=rows("win_rates", WinRate),
        products=rows("products", Product, most=PRODUCTS),
        deciles=rows("deciles", Decile),
        sync_days=rows(
            "sync_days",
            SyncDay,
            # Today is not over, and so complete in no store.
            first_day=yesterday - timedelta(days=SYNC_DAYS - 1),
            last_day=yesterday,
        ),
        responses=rows(
            "responses",
            Response,
            first_day=read_at.date() - timedelta(weeks=WEEKS),
            last_day=read_at.date(),
        ),
    )


def _months_before(day: date, months: int) -> date:
    """The first day of the month `months` before the one of `day`."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
