"""Refused records as a run shows them, and the job and commands that deal with them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult
from fixtures.deployments import Deployment
from fixtures.http.vandal import Vandal, put

from connectors.sandbox.server import SandboxServer
from orchestration.definitions import defs
from orchestration.lib.waiting import DEGRADED


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


def test_a_run_with_refused_records_looks_degraded_and_they_are_discarded_or_tried_again(
    deployed: Deployment, instance: DagsterInstance, sandbox: SandboxServer
) -> None:
    ids = [one.id for one in sandbox.world("woocommerce").orders if one.state == "completed"][:25]
    spoils = {f"orders/{one}": put("total", b'"-9|9.00"') for one in ids}
    with Vandal(sandbox.url, spoils) as vandal:
        deployed.connect(sandbox, "woocommerce", "wool", base_url=f"{vandal.url}/woocommerce")
        instance.add_dynamic_partitions("store", ["wool"])

        synced = run("sync_store", instance, "wool")

    assert synced.success
    record = instance.get_run_by_id(synced.run_id)
    assert record is not None
    assert record.tags[DEGRADED] == "wool"
    event = instance.get_latest_materialization_event(AssetKey("crm_orders"))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert metadata["degraded"].value is True
    table = str(metadata["waiting_in_quarantine"].value)
    rows = [line for line in table.splitlines() if "bad_amount" in line]
    assert len(rows) == 20
    assert f" {ids[0]} " in table
    assert "5 more" in table
    assert "@" not in table
    (check,) = [
        one
        for one in synced.get_asset_check_evaluations()
        if one.check_name == "quarantine_is_empty" and one.asset_key == AssetKey("crm_orders")
    ]
    assert not check.passed
    assert check.severity.value == "WARN"

    replayed = run("replay_quarantine", instance)
    assert not replayed.success
    (failed,) = [one for one in replayed.all_events if one.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    assert f"orders {ids[0]}) failed again: bad_amount, storeloom quarantine show" in str(
        data.description
    )
    assert "and 5 more" in str(data.description)

    by_reason = json.loads(deployed.run("quarantine", "list", "--by", "reason", "--json").stdout)
    assert [(one["code"], one["records"]) for one in by_reason] == [("bad_amount", 25)]
    listed = json.loads(deployed.run("quarantine", "list", "wool", "--json").stdout)
    numbers = [str(one["id"]) for one in listed]
    assert deployed.run("quarantine", "discard", *numbers).returncode == 2
    done = deployed.run("quarantine", "discard", *numbers, "--reason", "a joke", "--by", "Ann")
    assert done.returncode == 0, done.stderr
    assert "nothing waits" in deployed.run("quarantine", "list").stdout
    shown = deployed.run("quarantine", "show", numbers[0]).stdout
    assert "by Ann: a joke" in shown
    assert run("replay_quarantine", instance).success

    with psycopg.connect(deployed.url) as connection:
        connection.execute(
            "update sync.quarantine set resolution = 'replayed', resolved_by = 'r1' where id = %s",
            [numbers[0]],
        )
    settled = deployed.run("quarantine", "replay", numbers[0])
    assert settled.returncode == 0, settled.stderr
    assert settled.stdout == f"{numbers[0]} waits no more: replayed by r1\n"
