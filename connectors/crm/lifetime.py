"""Predicted lifetime value, organization after organization.

The database sums up what each client bought, scipy fits, the database keeps what differs. One
organization is in memory at a time, and what fails for one is told and leaves the others alone.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

from connectors.crm.database import Connection
from connectors.crm.metrics import MetricResult
from connectors.crm.statements import load
from connectors.lifetime.forecast import PREDICTIONS, SUMMARY, Fit, forecast
from connectors.lifetime.holdout import Holdout, days_to_hold_out, hold_out

_KNOWN_NOW: Final = (*SUMMARY, "unrated_orders")
_KNOWN_BEFORE: Final = ("frequency_before", "recency_days_before", "age_days_before")
# Of one organization, its numbers or its rows; a connection that is gone is everybody's.
_FAILURES: Final = (psycopg.Error, ArithmeticError, ValueError)


class OrganizationFit(msgspec.Struct, frozen=True, kw_only=True):
    """What one organization's models came to, and what was written of it."""

    organization_id: str
    organization_name: str
    reporting_currency: str
    fit: Fit
    holdout: Holdout | None
    unrated_orders: int
    written: int
    removed: int
    seconds: float


class PredictionResult(MetricResult, frozen=True, kw_only=True):
    """What one measurement did: `measured` are clients with a prediction or a reason for none.

    `failures`: a line for every organization that failed, whose predictions are those it had
    before.
    """

    fits: tuple[OrganizationFit, ...]
    failures: tuple[str, ...]


def compute_ltv_predictions(
    connection: Connection,
    as_of: date,
    *,
    on_done: Callable[[OrganizationFit], None] | None = None,
) -> PredictionResult:
    """Fit and predict for every organization, each in transactions of its own.

    `connection`: in no transaction. `as_of`: the UTC day up to whose end orders are known. For a
    day before the newest that was fitted, the fit is kept and the predictions stay as they are.
    """
    started = time.monotonic()
    fits: list[OrganizationFit] = []
    failures: list[str] = []
    with connection.transaction():
        organizations = connection.execute(load("lifetime/organizations")).fetchall()
    for organization_id, name in organizations:
        try:
            done = _of_organization(connection, organization_id, name, as_of)
        except _FAILURES as error:
            if connection.closed:
                raise
            failures.append(
                f'lifetime value of organization "{name}" was not predicted: '
                f"{' '.join(str(error).split())}"
            )
            continue
        fits.append(done)
        if on_done is not None:
            on_done(done)
    return PredictionResult(
        metric="client_ltv_predictions",
        as_of=as_of,
        organizations=len(fits),
        measured=sum(one.fit.clients for one in fits),
        written=sum(one.written for one in fits),
        seconds=time.monotonic() - started,
        fits=tuple(fits),
        failures=tuple(failures),
    )


def _of_organization(
    connection: Connection, organization_id: str, name: str, as_of: date
) -> OrganizationFit:
    started = time.monotonic()
    summary, held_days, currency = _summary(connection, organization_id, as_of)
    fitted, predictions = forecast(summary)
    holdout = None if held_days is None else hold_out(_before(summary), held_days)
    unrated = int(summary["unrated_orders"].sum())
    seconds = time.monotonic() - started
    scope = {"organization_id": organization_id, "as_of": as_of}
    with connection.transaction():
        connection.execute(load("lifetime/lock"), scope)
        is_newest = _one(connection.execute(load("lifetime/is_newest"), scope))
        connection.execute(
            load("lifetime/put_fit"),
            {**scope, "fit": Jsonb(_columns(fitted, holdout, currency, unrated, seconds))},
        )
        written = removed = 0
        if is_newest:
            _stage(connection, predictions)
            written, removed = _row(
                connection.execute(
                    load("lifetime/put"),
                    {**scope, "ltv_method": fitted.method, "reporting_currency": currency},
                )
            )
    return OrganizationFit(
        organization_id=organization_id,
        organization_name=name,
        reporting_currency=currency,
        fit=fitted,
        holdout=holdout,
        unrated_orders=unrated,
        written=written,
        removed=removed,
        seconds=seconds,
    )


def _summary(
    connection: Connection, organization_id: str, as_of: date
) -> tuple[pd.DataFrame, int | None, str]:
    """Return what clients bought, how many of the last days can be held out, and the currency.

    As of one moment: another reporting currency rates every order again, and the amounts would be
    kept under the name of a currency they are not in.
    """
    scope = {"organization_id": organization_id, "as_of": as_of}
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        known_since, currency = _row(connection.execute(load("lifetime/known_since"), scope))
        held_days = None if known_since is None else days_to_hold_out((as_of - known_since).days)
        cut = None if held_days is None else as_of - timedelta(days=held_days)
        rows = connection.execute(load("lifetime/summary"), {**scope, "cut": cut}).fetchall()
    return pd.DataFrame(rows, columns=[*_KNOWN_NOW, *_KNOWN_BEFORE]), held_days, currency


def _before(summary: pd.DataFrame) -> pd.DataFrame:
    """Return what was known before the held out days, of the clients known then."""
    known = summary[summary["age_days_before"].notna() & (summary["frequency_before"] >= 0)]
    return pd.DataFrame(
        {
            "frequency": known["frequency_before"],
            "recency_days": known["recency_days_before"],
            "age_days": known["age_days_before"],
            "later_orders": known["frequency"] - known["frequency_before"],
        }
    ).astype("int64")


def _columns(
    fitted: Fit, holdout: Holdout | None, currency: str, unrated: int, seconds: float
) -> dict[str, Any]:
    """Return the columns of sync.ltv_fits by name."""
    purchases, spending = fitted.purchases, fitted.spending
    found: dict[str, Any] = {
        "ltv_method": fitted.method,
        "reason": fitted.reason,
        "reporting_currency": currency,
        "clients": fitted.clients,
        "repeat_clients": fitted.repeat_clients,
        "value_clients": fitted.value_clients,
        "unrated_orders": unrated,
        "frequency_value_correlation": fitted.correlation,
        "is_converged": fitted.is_converged,
        "seconds": round(seconds, 3),
    }
    if purchases is not None:
        found |= {name: getattr(purchases, name) for name in ("r", "alpha", "a", "b")}
        found["log_likelihood"] = purchases.log_likelihood
    if spending is not None:
        found |= {name: getattr(spending, name) for name in ("p", "q", "v")}
        found["value_log_likelihood"] = spending.log_likelihood
    if holdout is not None:
        found |= {f"holdout_{name}": value for name, value in msgspec.to_builtins(holdout).items()}
    # JSON has no infinity; a search that ended nowhere has no number to keep.
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in found.items()
    }


def _stage(connection: Connection, predictions: pd.DataFrame) -> None:
    columns = ("client_id", *PREDICTIONS)
    text = io.StringIO()
    predictions.to_csv(text, columns=list(columns), header=False, index=False)
    connection.execute(load("lifetime/stage"))
    connection.execute("truncate pg_temp.staged_predictions")
    with connection.cursor().copy(
        "copy pg_temp.staged_predictions (" + ", ".join(columns) + ") from stdin with (format csv)"
    ) as copy:
        copy.write(text.getvalue())
    # Without numbers the planner takes 100,000 rows for a handful and joins them one by one.
    connection.execute("analyze pg_temp.staged_predictions")


def _row(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 - the statements return one row whatever they read
    return row


def _one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Any:
    return _row(cursor)[0]
