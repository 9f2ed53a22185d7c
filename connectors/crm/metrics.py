"""Lifetime value, win rate and the analytics views, brought up to date for every organization.

Each metric is one statement, whatever the number of clients: the database's functions answer for
one client at a time, and asking them for everybody reads the orders again for each. The two must
agree to the cent, and a test compares them. History is written only where a figure changed, so a
second run writes nothing.
"""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from connectors.crm.statements import load
from connectors.errors import ConfigurationError, DatabaseError

Kpi = str | int | Decimal | None


class MetricResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one measurement did.

    `measured`: clients or groups of deals looked at; `written`: those whose figures had changed.
    """

    metric: str
    as_of: date
    organizations: int
    measured: int
    written: int
    seconds: float


def compute_client_ltv(connection: psycopg.Connection[Any], as_of: date) -> MetricResult:
    """Measure every client's historic lifetime value and keep what changed, in one transaction.

    `as_of`: the UTC day under which a change is filed; the value itself is always today's. Read it
    back from `sync.client_ltv_current`, or the history from `sync.client_ltv`.
    """
    return _measure(connection, "client_ltv", as_of)


def compute_win_rates(connection: psycopg.Connection[Any], as_of: date) -> MetricResult:
    """Measure win rates: per organization, and by close month, owner and source.

    `as_of`: as for `compute_client_ltv`. Read them back from `sync.win_rates_current`, or the
    history from `sync.win_rates`.
    """
    return _measure(connection, "win_rates", as_of)


def refresh_analytics(connection: psycopg.Connection[Any]) -> float:
    """Refresh the five views without locking their readers out; return the seconds it took.

    Raises DatabaseError when a view does not exist yet, with the command that makes it.
    """
    started = time.monotonic()
    try:
        with connection.transaction():
            connection.execute(load("metrics/refresh_analytics"))
    except psycopg.errors.UndefinedTable as error:
        raise DatabaseError(error.diag.message_primary or str(error)) from error
    return time.monotonic() - started


def kpis(connection: psycopg.Connection[Any], organization_id: str) -> dict[str, Kpi]:
    """Return an organization's headline figures by name.

    Money is Decimal, in the `reporting_currency`, not rounded; `win_rate` is percent.
    An average or rate with nothing under it is None.
    Raises ConfigurationError when there is no such organization.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(load("metrics/kpis"), {"organization_id": organization_id}).fetchone()
    if row is None:
        raise ConfigurationError(
            f"there is no organization {organization_id}: "
            "`storeloom store list` shows those there are"
        )
    return row


def _measure(connection: psycopg.Connection[Any], metric: str, as_of: date) -> MetricResult:
    started = time.monotonic()
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        counts = cursor.execute(load(f"metrics/{metric}"), {"as_of": as_of}).fetchone()
    if counts is None:
        raise DatabaseError(f"the statement metrics/{metric}.sql returned no row")
    return MetricResult(metric=metric, as_of=as_of, seconds=time.monotonic() - started, **counts)
