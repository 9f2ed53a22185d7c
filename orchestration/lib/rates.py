"""Exchange rates inside a run: loaded, given to orders, and told.

Used twice: by the asset, and by the night, whose loading a silent ECB must not stop. Yesterday's
rates are carried forward anyway; what is really missing is named by the checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    MetadataValue,
)

from connectors.rates import OFF
from connectors.rates.ecb import RatesError
from connectors.rates.findings import RECENT_DAYS, missing_rates
from connectors.rates.keep import Loaded, bring_up_to_date, held
from connectors.rates.orders import Filled, fill_orders
from connectors.rates.source import Held
from orchestration.lib.resources import Crm

EXCHANGE_RATES: Final = "exchange_rates"
RECENT_CHECK: Final = "rates_are_recent"
ORDERS_CHECK: Final = "orders_have_rates"


@dataclass(frozen=True)
class RatesRun:
    """`loaded` None: turned off, or `error` says why not. Orders are filled in any case."""

    loaded: Loaded | None
    error: str | None
    filled: Filled
    held: Held

    def metadata(self) -> dict[str, Any]:
        """Numbers, because numbers become plots."""
        found: dict[str, Any] = {
            "dagster/row_count": self.held.rows,
            "orders_rated": self.filled.orders,
            "organizations_rated": self.filled.organizations,
            "orders_too_large": self.filled.refused,
        }
        if self.held.last_day is not None:
            found["newest_rate"] = self.held.last_day.isoformat()
        if self.loaded is not None:
            found |= {
                "read_from": self.loaded.origin,
                "rates_read": self.loaded.quotes,
                "rates_inserted": self.loaded.inserted,
                "rates_revised": self.loaded.updated,
                "rates_stated_by_people": self.loaded.kept,
            }
        return found


def run_rates(crm: Crm, run_id: str) -> RatesRun:
    """Load what the ECB has, then let orders follow. Raises for the database only."""
    settings = crm.settings
    loaded, error = None, None
    with crm.connection() as connection:
        try:
            loaded = bring_up_to_date(connection, url=settings.rates_url, file=settings.rates_file)
        except RatesError as failure:
            error = str(failure)
        connection.commit()
        filled = fill_orders(connection, run_id=run_id)
        return RatesRun(loaded, error, filled, held(connection))


def recent_result(crm: Crm, error: str | None = None) -> AssetCheckResult:
    """Say whether the newest rate of the ECB is a recent one. `error`: why loading just failed."""
    with crm.connection() as connection:
        newest = held(connection).last_day
    age = None if newest is None else (datetime.now(UTC).date() - newest).days
    settings = crm.settings
    is_off = settings.rates_url == OFF and settings.rates_file is None
    if error is not None:
        told = error
    elif age is None:
        told = "turned off" if is_off else "no rate of the ECB is held: storeloom rates load"
    else:
        told = f"the newest rate of the ECB is of {newest}, {age} day(s) ago"
    return AssetCheckResult(
        asset_key=EXCHANGE_RATES,
        check_name=RECENT_CHECK,
        passed=error is None and (is_off if age is None else is_off or age <= RECENT_DAYS),
        severity=AssetCheckSeverity.WARN,
        description=told,
        metadata={} if age is None else {"age_days": age},
    )


def orders_result(crm: Crm) -> AssetCheckResult:
    """Name the orders that are in no sum because their currency has no rate, and why."""
    with crm.connection() as connection:
        missing = missing_rates(connection)
    return AssetCheckResult(
        asset_key=EXCHANGE_RATES,
        check_name=ORDERS_CHECK,
        passed=not missing,
        severity=AssetCheckSeverity.WARN,
        description="\n".join(one.sentence for one in missing[:20]) or "every order has a rate",
        metadata={
            "orders": sum(one.orders for one in missing),
            "currencies": MetadataValue.json(sorted({one.currency for one in missing})),
        },
    )


def night_events(crm: Crm, done: RatesRun) -> tuple[AssetMaterialization, list[Any]]:
    """Return the materialization to log and the evaluations to yield, as the asset would have."""
    results = [recent_result(crm, done.error), orders_result(crm)]
    return (
        AssetMaterialization(EXCHANGE_RATES, metadata=done.metadata()),
        [
            AssetCheckEvaluation(
                asset_key=AssetKey(EXCHANGE_RATES),
                check_name=str(one.check_name),
                passed=one.passed,
                severity=one.severity,
                description=one.description,
                metadata=one.metadata,
            )
            for one in results
        ],
    )
