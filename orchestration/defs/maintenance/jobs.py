"""Prunes what nobody reads any more; see `orchestration.lib.retention`."""

from datetime import UTC, datetime, timedelta
from typing import Final

from dagster import DefaultScheduleStatus, OpExecutionContext, ScheduleDefinition, job, op

from connectors.crm.reconcile_ledger import prune_reconciliations
from orchestration.lib.dbt import TARGET
from orchestration.lib.resources import Crm
from orchestration.lib.retention import prune_directories, prune_runs


@op
def prune(context: OpExecutionContext, crm: Crm) -> None:
    """Delete finished runs older than STORELOOM_RETENTION_DAYS, and what is as old.

    dbt's targets, and comparisons of stores that newer ones replace.
    """
    before = datetime.now(UTC) - timedelta(days=crm.settings.retention_days)
    runs = prune_runs(context.instance, before=before)
    directories = prune_directories(TARGET, before=before)
    with crm.connection() as connection:
        comparisons = prune_reconciliations(connection, before=before)
    context.add_output_metadata(
        {
            "runs_deleted": runs,
            "directories_deleted": directories,
            "comparisons_deleted": comparisons,
        }
    )


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
