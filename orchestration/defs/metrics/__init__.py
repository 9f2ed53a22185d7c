"""Lifetime value and win rate."""

from dagster import Definitions

from orchestration.defs.metrics.assets import client_ltv, win_rate
from orchestration.defs.metrics.jobs import compute_metrics, daily_metrics_schedule

defs = Definitions(
    assets=[client_ltv, win_rate],
    jobs=[compute_metrics],
    schedules=[daily_metrics_schedule],
)
