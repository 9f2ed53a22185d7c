"""When stores are read."""

from __future__ import annotations

from typing import Final

from dagster import DefaultScheduleStatus, ScheduleDefinition

from orchestration.defs.sync.jobs import nightly_sync

nightly_sync_schedule: Final = ScheduleDefinition(
    name="nightly_sync_schedule",
    job=nightly_sync,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    description="Every active store at 02:00 UTC, then the views, then the metrics.",
)
