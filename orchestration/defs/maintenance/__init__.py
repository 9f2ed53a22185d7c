"""Keeping Dagster itself well."""

from dagster import Definitions

from orchestration.defs.maintenance.jobs import prune_event_log, prune_event_log_schedule
from orchestration.defs.maintenance.sensors import reap_orphaned_runs

defs = Definitions(
    jobs=[prune_event_log],
    schedules=[prune_event_log_schedule],
    sensors=[reap_orphaned_runs],
)
