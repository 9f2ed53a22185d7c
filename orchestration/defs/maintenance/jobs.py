"""Prunes what nobody reads any more; see `orchestration.lib.retention`."""

from datetime import UTC, datetime, timedelta
from typing import Final

from dagster import DefaultScheduleStatus, OpExecutionContext, ScheduleDefinition, job, op

from orchestration.lib.dbt import TARGET
from orchestration.lib.resources import Crm
from orchestration.lib.retention import prune_directories, prune_runs


@op
def prune(context: OpExecutionContext, crm: Crm) -> None:
    """Delete finished runs older than STORELOOM_RETENTION_DAYS, and dbt's old targets."""
    before = datetime.now(UTC) - timedelta(days=crm.settings.retention_days)
    runs = prune_runs(context.instance, before=before)
    directories = prune_directories(TARGET, before=before)
    context.add_output_metadata({"runs_deleted": runs, "directories_deleted": directories})


@job(description="Deletes old finished runs; the latest materializations stay.")
def prune_event_log() -> None:
    """See the module."""
    prune()


prune_event_log_schedule: Final = ScheduleDefinition(
    name="prune_event_log_schedule",
    job=prune_event_log,
    cron_schedule="30 4 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)
