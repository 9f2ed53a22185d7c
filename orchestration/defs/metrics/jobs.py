"""When the metrics are computed, apart from the night."""

from typing import Final

from dagster import DefaultScheduleStatus, ScheduleDefinition, define_asset_job

from orchestration.defs.metrics.assets import client_ltv, win_rate
from orchestration.defs.metrics.predictions import client_ltv_predictions

compute_metrics: Final = define_asset_job(
    "compute_metrics",
    selection=[client_ltv, client_ltv_predictions, win_rate],
    description=(
        "Lifetime value of every client, so far and predicted, and win rate of every organization, "
        "as of today."
    ),
)

daily_metrics_schedule: Final = ScheduleDefinition(
    name="daily_metrics_schedule",
    job=compute_metrics,
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every day at 06:00 UTC, so that deals closed since the night count too.",
)
