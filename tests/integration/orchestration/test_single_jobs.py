"""The jobs a person runs by hand: one store, a refresh, the metrics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dagster import AssetCheckSeverity, AssetKey, DagsterInstance, ExecuteInProcessResult
from fixtures.deployments import Deployment, same_as

from connectors.sandbox.server import SandboxServer
from orchestration.definitions import defs
from orchestration.lib.dbt import build


@pytest.fixture
def instance(deployed: Deployment) -> Iterator[DagsterInstance]:
    with deployed.instance() as opened:
        yield opened


def run(
    name: str, instance: DagsterInstance, partition: str | None = None
) -> ExecuteInProcessResult:
    return defs.resolve_job_def(name).execute_in_process(
        instance=instance, partition_key=partition, raise_on_error=False
    )


def test_one_store_is_synced_and_its_own_counts_are_checked(
    deployed: Deployment, instance: DagsterInstance, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "shopify", "silk")
    deployed.connect(sandbox, "woocommerce", "untouched")
    instance.add_dynamic_partitions("store", ["silk", "untouched"])

    result = run("sync_store", instance, "silk")

    assert result.success
    assert same_as(sandbox, "shopify", deployed.held("silk"))
    assert deployed.held("untouched") != deployed.held("silk")
    assert instance.get_materialized_partitions(AssetKey("crm_orders")) == {"silk"}
    checks = result.get_asset_check_evaluations()
    assert {check.check_name for check in checks} == {
        "matches_stores",
        "quarantine_is_empty",
        "reconciled",
    }
    assert all(check.passed for check in checks)


def test_a_store_that_refuses_fails_once_and_says_why(
    deployed: Deployment, instance: DagsterInstance, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "shopify", "silk", credentials={"access_token": "shpat_wrong"})
    instance.add_dynamic_partitions("store", ["silk"])

    result = run("sync_store", instance, "silk")

    assert not result.success
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    assert str(data.description).startswith('store "silk": ')
    assert not [event for event in result.all_events if event.is_step_restarted]


def test_stores_are_looked_at_and_what_is_wrong_stands_in_one_table(
    deployed: Deployment, instance: DagsterInstance, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "woocommerce", "wool")
    deployed.connect(sandbox, "shopify", "silk", credentials={"access_token": "shpat_wrong"})

    result = run("check_stores", instance)

    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("preflight", False)
    assert check.severity is AssetCheckSeverity.ERROR
    rows = [record.data for record in check.metadata["findings"].records]
    assert {row["severity"] for row in rows if row["store"] == "wool"} <= {"ok", "warning"}
    assert [row["code"] for row in rows if row["severity"] == "failure"] == ["access"]
    assert "shpat_wrong" not in str(rows)


def test_a_refresh_without_views_says_what_makes_them(
    deployed: Deployment, instance: DagsterInstance
) -> None:
    result = run("refresh_analytics", instance)

    assert not result.success
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert "analytics build" in str(failed.step_failure_data.error)


@pytest.mark.slow
def test_views_are_refreshed_and_metrics_computed_with_row_counts(
    deployed: Deployment, instance: DagsterInstance, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "woocommerce", "wool")
    assert build(deployed.url, deployed.home).error is None
    assert deployed.run("sync", "wool").returncode == 0
    assert deployed.one("select count(*) from analytics_revenue_metrics") == 0

    assert run("refresh_analytics", instance).success
    assert run("compute_metrics", instance).success

    assert deployed.one("select count(*) from analytics_revenue_metrics") > 0
    for name in ("analytics_revenue_metrics", "client_ltv", "client_ltv_predictions", "win_rate"):
        event = instance.get_latest_materialization_event(AssetKey(name))
        assert event is not None
        assert event.asset_materialization is not None
        assert isinstance(event.asset_materialization.metadata["dagster/row_count"].value, int)
