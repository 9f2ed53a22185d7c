"""Dagster's instance as the commands use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterInstance

from connectors.crm.database import connect
from connectors.crm.heartbeats import forget, silent_runs
from orchestration.lib.databases import open_databases
from orchestration.lib.processes import prepare_dagster_home
from orchestration.lib.reaper import reap
from orchestration.lib.stores import reconcile_partitions
from orchestration.settings import Settings


@contextmanager
def open_instance(settings: Settings) -> Iterator[DagsterInstance]:
    """The instance of this deployment; `settings` must be those of the process's environment."""
    prepare_dagster_home(settings)
    with DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        yield instance


def tidy_up(instance: DagsterInstance, settings: Settings) -> None:
    """Partitions for the stores there are, and an end for runs that a crash left behind."""
    url = open_databases(settings).crm_url
    reconcile_partitions(instance, url)
    with connect(url) as connection:
        silent = silent_runs(connection)
        reap(instance, silent)
        if silent:
            forget(connection, silent)
