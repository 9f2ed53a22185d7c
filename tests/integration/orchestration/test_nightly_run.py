"""One night with two good stores and two bad ones, and the night after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    ExecuteInProcessResult,
)
from fixtures.deployments import Deployment, deployment, same_as

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.stores import set_status
from connectors.sandbox.server import SandboxServer
from orchestration.definitions import defs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nightly")]

GOOD = {"wool": "woocommerce", "silk": "shopify"}
SYNCED = ("crm_clients", "crm_products", "crm_orders")
VIEWS = (
    "analytics_deal_metrics",
    "analytics_client_metrics",
    "analytics_revenue_metrics",
    "analytics_chatbot_effectiveness",
    "analytics_channel_performance",
)


@dataclass
class Night:
    deployed: Deployment
    instance: DagsterInstance
    result: ExecuteInProcessResult


def run_night(instance: DagsterInstance) -> ExecuteInProcessResult:
    return defs.resolve_job_def("nightly_sync").execute_in_process(
        instance=instance, raise_on_error=False
    )


@pytest.fixture(scope="module")
def night(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Night]:
    home: Path = tmp_path_factory.mktemp("night") / "home"
    with deployment(server, template, home) as deployed:
        for key, platform in GOOD.items():
            deployed.connect(sandbox, platform, key)
        deployed.connect(
            sandbox,
            "woocommerce",
            "wrong-key",
            credentials={"consumer_key": "ck_wrong", "consumer_secret": "cs_wrong"},
        )
        deployed.connect(
            sandbox, "woocommerce", "nowhere", base_url="https://shop.storeloom.invalid"
        )
        with deployed.instance() as instance:
            yield Night(deployed, instance, run_night(instance))


def test_stores_beside_a_failing_one_are_loaded_to_the_cent(
    night: Night, sandbox: SandboxServer
) -> None:
    for key, platform in GOOD.items():
        assert same_as(sandbox, platform, night.deployed.held(key)), key


def test_only_the_last_step_fails_and_it_says_each_store_and_what_to_do(night: Night) -> None:
    assert not night.result.success
    failed = [event for event in night.result.all_events if event.is_step_failure]
    assert [event.step_key for event in failed] == ["close_night"]
    data = failed[0].step_failure_data.user_failure_data
    assert data is not None
    lines = str(data.description).splitlines()
    assert lines[0] == "2 of 4 stores failed, the others are done:"
    assert sorted(line.split(":")[0] for line in lines[1:]) == [
        'store "nowhere"',
        'store "wrong-key"',
    ]


def test_views_and_metrics_are_done_all_the_same(night: Night) -> None:
    keys = {
        event.asset_key.to_user_string()
        for event in night.result.all_events
        if event.event_type is DagsterEventType.ASSET_MATERIALIZATION and event.asset_key
    }
    assert {*SYNCED, *VIEWS, "client_ltv", "client_ltv_predictions", "win_rate"} <= keys
    assert night.deployed.one("select count(*) from analytics_revenue_metrics") > 0
    assert night.deployed.one("select count(*) from sync.client_ltv") > 0


def test_each_good_store_has_one_materialization_per_asset_with_numbers_to_plot(
    night: Night,
) -> None:
    for name in SYNCED:
        events = night.instance.fetch_materializations(AssetKey(name), limit=10).records
        materializations = [event.asset_materialization for event in events]
        assert sorted(str(m.partition) for m in materializations if m) == sorted(GOOD)
        for materialization in materializations:
            assert materialization is not None
            metadata = {key: entry.value for key, entry in materialization.metadata.items()}
            for counted in ("fetched", "inserted", "api_calls", "seconds", "dagster/row_count"):
                assert isinstance(metadata[counted], int | float), counted
            assert metadata["fetched"] == metadata["inserted"] + metadata["skipped"]
            assert "watermark_before" not in metadata
            assert "watermark_after" in metadata


def test_the_stores_became_partitions(night: Night) -> None:
    assert set(night.instance.get_dynamic_partitions("store")) == {*GOOD, "wrong-key", "nowhere"}


def test_store_counts_and_dbt_tests_are_evaluated_as_asset_checks(night: Night) -> None:
    evaluations = {
        AssetCheckKey(evaluation.asset_key, evaluation.check_name): evaluation.passed
        for evaluation in (
            event.asset_check_evaluation_data
            for event in night.result.all_events
            if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
        )
    }
    for name in SYNCED:
        assert evaluations[AssetCheckKey(AssetKey(name), "matches_stores")], name
        assert evaluations[AssetCheckKey(AssetKey(name), "quarantine_is_empty")], name
        assert evaluations[AssetCheckKey(AssetKey(name), "reconciled")], name
    of_dbt = [key for key in evaluations if key.asset_key.to_user_string().startswith("analytics")]
    assert len(of_dbt) > 20
    assert all(evaluations.values())


def test_every_good_store_is_compared_and_analysts_see_its_days(night: Night) -> None:
    compared = "select count(distinct store_id) from sync.reconciliations where state <> 'equal'"
    assert night.deployed.one(compared) == 0
    complete = """
      select count(distinct store_key) from marts.fct_sync_reconciliation
      where stream = 'orders' and is_complete
    """
    assert night.deployed.one(complete) == len(GOOD)


def test_no_heartbeat_is_left_behind(night: Night) -> None:
    assert night.deployed.one("select count(*) from sync.run_heartbeats") == 0


def test_no_secret_is_in_the_event_log(night: Night, sandbox: SandboxServer) -> None:
    told = "\n".join(
        record.event_log_entry.to_json()
        for record in night.instance.get_records_for_run(night.result.run_id).records
    )
    secrets = [
        value for platform in GOOD.values() for value in sandbox.credentials(platform).values()
    ]
    assert [secret for secret in [*secrets, "cs_wrong"] if secret in told] == []


def test_the_next_night_without_the_bad_stores_is_green_and_writes_no_row(night: Night) -> None:
    with psycopg.connect(night.deployed.url) as connection:
        set_status(connection, "wrong-key", "removed")
        set_status(connection, "nowhere", "paused")

    result = run_night(night.instance)

    assert result.success
    written = night.deployed.one(
        "select sum(inserted + updated) from sync.loads where run_id = %s", result.run_id
    )
    assert written == 0
    assert set(night.instance.get_dynamic_partitions("store")) == {*GOOD, "nowhere"}
