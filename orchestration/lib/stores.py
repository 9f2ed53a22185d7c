"""The stores table as Dagster sees it: partition keys."""

from __future__ import annotations

from dagster import DagsterInstance

from connectors.crm.database import connect
from connectors.crm.stores import list_stores
from orchestration.lib.databases import open_databases
from orchestration.settings import load_settings

PARTITIONS = "store"


def reconcile_partitions(instance: DagsterInstance, url: str | None = None) -> tuple[int, int]:
    """Make the partitions equal to the stores that are not removed; return (added, dropped).

    A paused store keeps its partition and its history; only nightly runs leave it out.
    """
    with connect(url or open_databases(load_settings()).crm_url) as connection:
        wanted = {row.key for row in list_stores(connection) if row.status != "removed"}
    known = set(instance.get_dynamic_partitions(PARTITIONS))
    if wanted - known:
        instance.add_dynamic_partitions(PARTITIONS, sorted(wanted - known))
    for key in sorted(known - wanted):
        instance.delete_dynamic_partition(PARTITIONS, key)
    return len(wanted - known), len(known - wanted)
