"""Keeping Dagster itself well, and erasing people."""

from dagster import Definitions

from orchestration.defs.maintenance.jobs import prune_event_log, prune_event_log_schedule
from orchestration.defs.maintenance.privacy import erase_personal_data
from orchestration.defs.maintenance.sensors import reap_orphaned_runs

defs = Definitions(
    jobs=[erase_personal_data, prune_event_log],
    schedules=[prune_event_log_schedule],
    sensors=[reap_orphaned_runs],
)
