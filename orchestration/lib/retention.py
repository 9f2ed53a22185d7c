"""Keeps Dagster's event log from growing for ever.

dagster.yaml's `retention` covers ticks only; events stay until their run is deleted, about 60 KB
each night and store. What the UI needs to show the present is kept: the run of each asset's latest
materialization, per partition.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from dagster import (
    AssetKey,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    RunsFilter,
)

_FINISHED: Final = [
    DagsterRunStatus.SUCCESS,
    DagsterRunStatus.FAILURE,
    DagsterRunStatus.CANCELED,
]
# Each deletion is a statement over a large table: a few hundred at a time keep the tick short.
BATCH: Final = 500


def prune_runs(instance: DagsterInstance, *, before: datetime, batch: int = BATCH) -> int:
    """Delete up to `batch` finished runs last updated before `before`; return how many."""
    keep = runs_to_keep(instance)
    old = instance.get_run_records(
        RunsFilter(statuses=_FINISHED, updated_before=before),
        ascending=True,
        limit=batch + len(keep),
    )
    doomed = [record.dagster_run.run_id for record in old]
    doomed = [run_id for run_id in doomed if run_id not in keep][:batch]
    for run_id in doomed:
        instance.delete_run(run_id)
    return len(doomed)


def runs_to_keep(instance: DagsterInstance) -> set[str]:
    """Return the runs that hold the latest materialization of an asset or one of its partitions."""
    keep: set[str] = set()
    for key in instance.get_asset_keys():
        latest = instance.get_latest_materialization_event(key)
        if latest is not None:
            keep.add(latest.run_id)
        keep |= _partition_runs(instance, key)
    return keep


def prune_directories(parent: Path, *, before: datetime) -> int:
    """Remove sub-directories of `parent` untouched since `before` (dbt's per-run targets)."""
    if not parent.is_dir():
        return 0
    old = [
        path
        for path in parent.iterdir()
        if path.is_dir() and path.stat().st_mtime < before.timestamp()
    ]
    for path in old:
        shutil.rmtree(path)
    return len(old)


def _partition_runs(instance: DagsterInstance, key: AssetKey) -> set[str]:
    latest = instance.get_latest_storage_id_by_partition(
        key, DagsterEventType.ASSET_MATERIALIZATION
    )
    if not latest:
        return set()
    found = instance.fetch_materializations(
        AssetRecordsFilter(asset_key=key, storage_ids=list(latest.values())), limit=len(latest)
    )
    return {record.run_id for record in found.records}
