"""The command line when all goes well, as a person and as a script use it."""

from __future__ import annotations

import json

import pytest
from fixtures.deployments import Deployment, same_as

from connectors.sandbox.server import SandboxServer


def add(deployed: Deployment, sandbox: SandboxServer, key: str = "eu-shop") -> None:
    credentials = sandbox.credentials("woocommerce")
    variable = "STORELOOM_STORE_" + key.upper().replace("-", "_")
    done = deployed.run(
        "store", "add", key, "--platform", "woocommerce", "--organization", "Acme",
        "--url", sandbox.woocommerce_url, "--set", "allow_http=true",
        **{f"{variable}_{name.upper()}": value for name, value in credentials.items()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"storeloom sync {key}" in done.stdout
    for value in credentials.values():
        assert value not in done.stdout + done.stderr


def test_a_store_is_added_checked_synced_paused_and_removed(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    add(deployed, sandbox)

    listed = json.loads(deployed.run("store", "list", "--json").stdout)
    assert [(row["key"], row["currency"], row["status"]) for row in listed] == [
        ("eu-shop", "EUR", "active")
    ]
    assert deployed.run("store", "check", "eu-shop").returncode == 0

    synced = deployed.run("sync", "--all", "--json")
    assert synced.returncode == 0, synced.stderr
    told = json.loads(synced.stdout)["eu-shop"]
    assert told["error"] is None
    assert told["streams"]["orders"]["fetched"] == sandbox.truth("woocommerce").rows["orders"]
    assert same_as(sandbox, "woocommerce", deployed.held("eu-shop"))

    again = json.loads(deployed.run("sync", "eu-shop", "--json").stdout)["eu-shop"]
    for stream in again["streams"].values():
        assert stream["inserted"] == stream["updated"] == 0

    assert "paused" in deployed.run("store", "pause", "eu-shop").stdout
    assert "no active store" in deployed.run("sync", "--all").stderr
    assert "active" in deployed.run("store", "resume", "eu-shop").stdout
    assert "removed" in deployed.run("store", "remove", "eu-shop", "--yes").stdout
    assert deployed.one("select count(*) from sync.store_credentials") == 0
    assert deployed.one("select count(*) from crm_orders") > 0


def test_settings_of_a_store_are_changed_alone_and_only_to_what_the_store_answers_to(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    add(deployed, sandbox)
    before = json.loads(deployed.run("store", "set", "eu-shop", "--json").stdout)

    changed = deployed.run("store", "set", "eu-shop", "edits=crm_wins", "page_size=5", "--json")
    assert changed.returncode == 0, changed.stderr
    assert json.loads(changed.stdout) == {**before, "edits": "crm_wins", "page_size": 5}
    assert deployed.run("store", "set", "eu-shop", "--unset", "page_size").returncode == 0

    for wrong, told in (
        (["edits=both"], "neither"),
        (["allow_http=false"], "left as it was"),
        (["--unset", "page_size"], "has no setting page_size"),
    ):
        refused = deployed.run("store", "set", "eu-shop", *wrong)
        assert (refused.returncode, told in refused.stderr) == (1, True), refused.stderr
    assert json.loads(deployed.run("store", "set", "eu-shop", "--json").stdout) == {
        **before,
        "edits": "crm_wins",
    }
    assert deployed.run("sync", "eu-shop").returncode == 0


def test_no_progress_bar_is_drawn_where_nobody_sees_it(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    deployed.connect(sandbox, "woocommerce", "eu-shop")

    done = deployed.run("sync", "eu-shop")

    assert done.stderr == ""
    assert "eu-shop" in done.stdout


def test_the_quarantine_is_listed_and_empty(deployed: Deployment) -> None:
    assert json.loads(deployed.run("quarantine", "list", "--json").stdout) == []
    assert "nothing waits" in deployed.run("quarantine", "list").stdout


def test_metrics_are_computed(deployed: Deployment) -> None:
    told = json.loads(deployed.run("metrics", "--json").stdout)

    assert [result["metric"] for result in told] == [
        "client_ltv",
        "win_rates",
        "client_ltv_predictions",
    ]


def test_migrations_are_shown_before_they_are_applied(
    deployed: Deployment, empty_database: str
) -> None:
    def run(*arguments: str) -> str:
        done = deployed.run("db", *arguments, STORELOOM_DATABASE_URL=empty_database)
        assert done.returncode == 0, done.stderr
        return done.stdout

    pending = json.loads(run("migrate", "--dry-run", "--json"))["pending"]
    assert len(pending) > 10
    assert {one["state"] for one in json.loads(run("status", "--json"))} == {"pending"}

    assert json.loads(run("migrate", "--json"))["applied"] == pending
    assert {one["state"] for one in json.loads(run("status", "--json"))} == {"applied"}
    assert "nothing to apply" in run("migrate")
    assert run("url").strip() == empty_database


@pytest.mark.parametrize(
    "command",
    [
        [], ["up"], ["demo"], ["db"], ["db", "migrate"], ["store"], ["store", "add"], ["sync"],
        ["analytics"], ["analytics", "build"], ["metrics"], ["quarantine"],
        ["quarantine", "replay"], ["identity"], ["identity", "review"], ["privacy"],
        ["privacy", "erase-customer"],
    ],
)  # fmt: skip
def test_every_command_explains_itself(deployed: Deployment, command: list[str]) -> None:
    done = deployed.run(*command, "--help")

    assert done.returncode == 0
    assert done.stdout.startswith("Usage: storeloom")
    assert len(done.stdout.splitlines()) > 5


def test_what_people_changed_is_listed_put_back_and_told_with_its_row(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    add(deployed, sandbox)
    deployed.run("sync", "eu-shop")
    record = deployed.one(
        "with o as (select id from crm_orders where status <> 'cancelled' limit 1), "
        "u as (update crm_orders set total = 1 where id = (select id from o)) "
        "select external_id from sync.record_map_orders where crm_id = (select id from o)"
    )
    (edit,) = json.loads(deployed.run("edits", "list", "eu-shop", "--json").stdout)
    assert (edit["external_id"], edit["column"], edit["state"]) == (record, "total", "open")
    nothing = deployed.run("edits", "release", "eu-shop", str(edit["id"]))
    assert (nothing.returncode, "holds no edit" in nothing.stderr) == (1, True)

    synced = deployed.run("sync", "eu-shop")
    assert f"orders {record} (total)" in " ".join(synced.stdout.split())
    assert "nobody changed" in deployed.run("edits", "list", "eu-shop").stdout
    told = json.loads(deployed.run("audit", "order", "eu-shop", record, "--json").stdout)
    assert [one["state"] for one in told["edits"]] == ["overwritten"]
    assert told["run_id"] == told["edits"][0]["run_id"]
    assert told["payload_hash"] in deployed.run("audit", "order", "eu-shop", record).stdout
    unknown = deployed.run("audit", "order", "eu-shop", "no-such")
    assert (unknown.returncode, "has no orders record" in unknown.stderr) == (1, True)
