"""Stores into the CRM."""

from dagster import Definitions

from orchestration.defs.sync.assets import crm_records, stores
from orchestration.defs.sync.checks import CHECKS
from orchestration.defs.sync.jobs import check_stores, nightly_sync, reconcile, sync_store
from orchestration.defs.sync.quarantine import replay_quarantine
from orchestration.defs.sync.schedules import nightly_sync_schedule
from orchestration.defs.sync.sensors import register_stores

defs = Definitions(
    assets=[stores, crm_records],
    asset_checks=CHECKS,
    jobs=[nightly_sync, sync_store, check_stores, reconcile, replay_quarantine],
    schedules=[nightly_sync_schedule],
    sensors=[register_stores],
)
