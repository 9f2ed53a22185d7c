"""`refresh_analytics` every hour, `build_analytics` after a change of the models.

A refresh is one call of a database function, a tenth of a second; a build is seconds of dbt and
also tests and documents. Both report to the same assets.
"""

from typing import Final

from dagster import (
    AssetMaterialization,
    DefaultScheduleStatus,
    OpExecutionContext,
    ScheduleDefinition,
    define_asset_job,
    job,
    op,
)

from connectors.crm.counts import analytics_rows
from connectors.crm.metrics import refresh_analytics as refresh_views
from orchestration.defs.analytics.assets import analytics_models
from orchestration.lib.resources import Crm

build_analytics: Final = define_asset_job(
    "build_analytics",
    selection=[analytics_models],
    description="dbt build: create or refresh the views and test them.",
    tags={"storeloom/exclusive": "analytics"},
)


@op
def refresh(context: OpExecutionContext, crm: Crm) -> None:
    """Refresh the five views without locking their readers out."""
    with crm.connection() as connection:
        seconds = refresh_views(connection)
        rows = analytics_rows(connection)
    for name, count in rows.items():
        metadata = {"dagster/row_count": count, "refresh_seconds": round(seconds, 3)}
        context.log_event(AssetMaterialization(asset_key=name, metadata=metadata))


@job(
    description="refresh_all_analytics(): the five views, concurrently.",
    tags={"storeloom/exclusive": "analytics"},
)
def refresh_analytics() -> None:
    """See the module."""
    refresh()


hourly_refresh_schedule: Final = ScheduleDefinition(
    name="hourly_refresh_schedule",
    job=refresh_analytics,
    cron_schedule="0 * * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    description="The five views every hour.",
)
