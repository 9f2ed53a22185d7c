"""Orphaned runs, old runs, partitions: on the real storage."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from dagster import (
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    DagsterRunStatus,
    DynamicPartitionsDefinition,
    OpExecutionContext,
    RunsFilter,
    asset,
    build_sensor_context,
    job,
    materialize,
    op,
)
from fixtures.deployments import Deployment

from connectors.crm.heartbeats import beating, silent_runs
from connectors.crm.stores import set_status
from connectors.sandbox.server import SandboxServer
from orchestration.defs.maintenance.sensors import reap_orphaned_runs
from orchestration.defs.sync.sensors import register_stores
from orchestration.lib.databases import sqlalchemy_url
from orchestration.lib.reaper import reap
from orchestration.lib.retention import prune_directories, prune_runs, runs_to_keep


@pytest.fixture
def instance(deployed: Deployment) -> Iterator[DagsterInstance]:
    with deployed.instance() as opened:
        yield opened


@job
def nothing() -> None:
    pass


def started_run(instance: DagsterInstance) -> str:
    return instance.create_run_for_job(nothing, status=DagsterRunStatus.STARTED).run_id


def beat_long_ago(deployed: Deployment, run_id: str, seconds: int) -> None:
    with psycopg.connect(deployed.url) as connection:
        connection.execute(
            "insert into sync.run_heartbeats (run_id, host, process_id, beat_at)"
            " values (%s, 'gone', 1, now() - make_interval(secs => %s))",
            [run_id, seconds],
        )


def status(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_storage_is_postgresql_through_psycopg2(
    deployed: Deployment, instance: DagsterInstance
) -> None:
    url = instance.run_storage._engine.url  # type: ignore[attr-defined]  # no public way to ask

    assert url.drivername == "postgresql+psycopg2"
    assert deployed.one("select count(*) from pg_tables where tablename = 'event_logs'") == 0


def test_no_address_of_the_database_travels_with_the_instance(
    deployed: Deployment, instance: DagsterInstance
) -> None:
    assert deployed.url not in str(instance.get_ref())
    assert "postgresql" not in str(instance.get_ref())


def test_a_driver_is_named_whatever_the_url_says() -> None:
    assert sqlalchemy_url("postgres://u@h/d") == "postgresql+psycopg2://u@h/d"
    assert sqlalchemy_url("postgresql://u@h/d?a=b") == "postgresql+psycopg2://u@h/d?a=b"


def test_a_run_whose_worker_went_silent_is_failed_and_its_heartbeat_forgotten(
    deployed: Deployment, instance: DagsterInstance
) -> None:
    silent, alive = started_run(instance), started_run(instance)
    beat_long_ago(deployed, silent, 120)
    beat_long_ago(deployed, alive, 5)

    reap_orphaned_runs(build_sensor_context(instance=instance))

    assert status(instance, silent) is DagsterRunStatus.FAILURE
    assert status(instance, alive) is DagsterRunStatus.STARTED
    assert deployed.one("select count(*) from sync.run_heartbeats") == 1


def test_a_run_that_ended_is_left_as_it_was(instance: DagsterInstance) -> None:
    ended = nothing.execute_in_process(instance=instance).run_id

    assert reap(instance, [ended]) == []
    assert status(instance, ended) is DagsterRunStatus.SUCCESS


def test_a_worker_beats_while_it_works_and_is_forgotten_afterwards(deployed: Deployment) -> None:
    with beating(deployed.url, "a-run", every_seconds=0.01):
        assert deployed.one("select process_id from sync.run_heartbeats") == os.getpid()
        with psycopg.connect(deployed.url) as connection:
            assert silent_runs(connection) == []

    assert deployed.one("select count(*) from sync.run_heartbeats") == 0


def test_partitions_follow_the_stores(
    deployed: Deployment, instance: DagsterInstance, sandbox: SandboxServer
) -> None:
    for key in ("kept", "paused", "gone"):
        deployed.connect(sandbox, "woocommerce", key)
    register_stores(build_sensor_context(instance=instance))
    assert set(instance.get_dynamic_partitions("store")) == {"kept", "paused", "gone"}

    with psycopg.connect(deployed.url) as connection:
        set_status(connection, "paused", "paused")
        set_status(connection, "gone", "removed")
    register_stores(build_sensor_context(instance=instance))

    assert set(instance.get_dynamic_partitions("store")) == {"kept", "paused"}


@asset
def plain() -> None:
    pass


@asset(partitions_def=DynamicPartitionsDefinition(name="pruned"))
def partitioned() -> None:
    pass


@op
def log_for_two(context: OpExecutionContext) -> None:
    for partition in ("one", "two"):
        context.log_event(AssetMaterialization("partitioned", partition=partition))


@job
def shard() -> None:
    log_for_two()


def test_old_runs_go_but_not_the_latest_of_an_asset_or_of_a_partition(
    instance: DagsterInstance,
) -> None:
    instance.add_dynamic_partitions("pruned", ["one", "two"])
    for _ in range(2):
        materialize([plain], instance=instance)
    last_plain = materialize([plain], instance=instance).run_id
    materialize([partitioned], partition_key="one", instance=instance)
    both = shard.execute_in_process(instance=instance).run_id
    last_one = materialize([partitioned], partition_key="one", instance=instance).run_id

    assert runs_to_keep(instance) == {last_plain, both, last_one}
    deleted = prune_runs(instance, before=datetime.now(UTC) + timedelta(minutes=1))

    assert deleted == 3
    assert {run.run_id for run in instance.get_runs()} == {last_plain, both, last_one}
    assert instance.get_latest_materialization_event(AssetKey("plain")) is not None
    assert instance.get_materialized_partitions(AssetKey("partitioned")) == {"one", "two"}


def test_young_and_running_runs_stay(instance: DagsterInstance) -> None:
    started_run(instance)
    nothing.execute_in_process(instance=instance)

    assert prune_runs(instance, before=datetime.now(UTC) - timedelta(days=1)) == 0
    assert prune_runs(instance, before=datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert len(instance.get_runs(RunsFilter())) == 1


def test_old_targets_of_dbt_are_removed(tmp_path: Path) -> None:
    for name, age in (("old", 40), ("young", 1)):
        (tmp_path / name).mkdir()
        then = (datetime.now(UTC) - timedelta(days=age)).timestamp()
        os.utime(tmp_path / name, (then, then))
    (tmp_path / "manifest.json").touch()

    removed = prune_directories(tmp_path, before=datetime.now(UTC) - timedelta(days=30))

    assert removed == 1
    assert {path.name for path in tmp_path.iterdir()} == {"young", "manifest.json"}
