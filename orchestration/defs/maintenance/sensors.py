"""Notices dead run workers; see `orchestration.lib.reaper`."""

from dagster import DefaultSensorStatus, SensorEvaluationContext, SkipReason, sensor

from connectors.crm.database import connect
from connectors.crm.heartbeats import forget, silent_runs
from orchestration.lib.databases import open_databases
from orchestration.lib.reaper import reap
from orchestration.settings import load_settings


@sensor(
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Fails runs whose worker has been silent for a minute, so that they are retried.",
)
def reap_orphaned_runs(context: SensorEvaluationContext) -> SkipReason:
    """Fail silent runs and forget their heartbeats; it launches nothing."""
    with connect(open_databases(load_settings()).crm_url) as connection:
        silent = silent_runs(connection)
        reaped = reap(context.instance, silent)
        if silent:
            forget(connection, silent)
    return SkipReason(f"{len(reaped)} orphaned runs ended" if reaped else "no orphaned runs")
