"""Lifetime value and win rate."""

from dagster import Definitions

from orchestration.defs.metrics.assets import client_ltv, win_rate
from orchestration.defs.metrics.jobs import compute_metrics, daily_metrics_schedule
from orchestration.defs.metrics.predictions import client_ltv_predictions

defs = Definitions(
    assets=[client_ltv, client_ltv_predictions, win_rate],
    jobs=[compute_metrics],
    schedules=[daily_metrics_schedule],
)
