"""`client_ltv` and `win_rate`: computed set-based in the database, kept with history there."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import psycopg
from dagster import AssetExecutionContext, AssetMaterialization, MaterializeResult, asset

from connectors.crm.metrics import MetricResult, compute_client_ltv, compute_win_rates, kpis
from connectors.crm.stores import list_stores
from orchestration.lib.resources import Crm
from orchestration.lib.translator import OWNER

# One plot per organization is a picture for a handful of them and noise for a thousand.
_PLOTTED_ORGANIZATIONS: Final = 20

Compute = Callable[[psycopg.Connection[Any], date], MetricResult]


@asset(
    deps=["crm_clients", "crm_orders"],
    group_name="metrics",
    owners=[OWNER],
    kinds={"postgres"},
    tags={"storeloom/layer": "metrics"},
    metadata={"dagster/table_name": "sync.client_ltv"},
)
def client_ltv(context: AssetExecutionContext, crm: Crm) -> MaterializeResult[None]:
    """Historic lifetime value of every client, a row for each day on which it changed."""
    del context
    return MaterializeResult(metadata=_run(crm, compute_client_ltv, _today(), "avg_client_ltv"))


@asset(
    deps=["crm_deals"],
    group_name="metrics",
    owners=[OWNER],
    kinds={"postgres"},
    tags={"storeloom/layer": "metrics"},
    metadata={"dagster/table_name": "sync.win_rates"},
)
def win_rate(context: AssetExecutionContext, crm: Crm) -> MaterializeResult[None]:
    """Share of closed deals that were won: per organization, close month, owner and source."""
    del context
    return MaterializeResult(metadata=_run(crm, compute_win_rates, _today(), "win_rate"))


def measure(crm: Crm, as_of: date) -> list[AssetMaterialization]:
    """Compute both inside another job's step and return the events to log."""
    return [
        AssetMaterialization(
            "client_ltv", metadata=_run(crm, compute_client_ltv, as_of, "avg_client_ltv")
        ),
        AssetMaterialization("win_rate", metadata=_run(crm, compute_win_rates, as_of, "win_rate")),
    ]


def _today() -> date:
    return datetime.now(UTC).date()


def _run(crm: Crm, compute: Compute, as_of: date, plotted: str) -> dict[str, Any]:
    with crm.connection() as connection:
        result = compute(connection, as_of)
        names = {row.organization_id: row.organization_name for row in list_stores(connection)}
        figures: dict[str, Any] = {}
        if len(names) <= _PLOTTED_ORGANIZATIONS:
            for organization_id, name in names.items():
                value = kpis(connection, organization_id).get(plotted)
                if value is not None:
                    # A plot, not an account: the amounts themselves are in the table as numeric.
                    figures[f"{plotted} of {name}"] = float(value)
    return {
        "organizations": result.organizations,
        "measured": result.measured,
        "written": result.written,
        "seconds": round(result.seconds, 3),
        "dagster/row_count": result.measured,
        **figures,
    }
