"""Erasing from the command line and from a run, with no trace in Dagster or in our files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dagster import DagsterInstance
from fixtures.deployments import Deployment
from fixtures.traces import files_with, rows_with

from connectors.crm.keys import KeyRing
from connectors.crm.lease import Lease
from connectors.crm.stores import add_store, load_config
from orchestration.definitions import defs
from orchestration.lib.databases import open_databases
from orchestration.settings import load_settings

MARK = "Zxqvann"
EMAIL = f"{MARK.lower()}@example.com"
CUSTOMERS = f"""id,email,name,street
1,{EMAIL},Ann {MARK},1 {MARK} Street
2,bob@example.com,Bob Boon,2 Bob Street
"""
ORDERS = f"""id,customer,email,name,street,date,total,currency
10,1,{EMAIL},Ann {MARK},1 {MARK} Street,2026-03-01,80.00,EUR
11,,{EMAIL},Ann {MARK},1 {MARK} Street,2026-03-02,20.00,EUR
12,2,bob@example.com,Bob Boon,2 Bob Street,2026-03-03,5.00,EUR
13,1,{EMAIL},Ann {MARK},1 {MARK} Street,some day {MARK},7.00,EUR
"""
MAPPING = {
    "customers": {
        "files": "customers.csv",
        "fields": {"id": "id", "email": "email", "full_name": "name", "address.line1": "street"},
    },
    "orders": {
        "files": "orders.csv",
        "fields": {
            "id": "id",
            "customer_id": "customer",
            "email": "email",
            "full_name": "name",
            "shipping_address.line1": "street",
            "order_date": "date",
            "total": "total",
            "currency": "currency",
        },
    },
}


@pytest.fixture
def paper(deployed: Deployment, tmp_path: Path) -> Deployment:
    """A deployment with one store, in whose files Ann and Bob have ordered."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "orders.csv").write_text(ORDERS)
    with psycopg.connect(deployed.url) as connection:
        add_store(
            connection,
            KeyRing.load(deployed.home, os.environ),
            organization_id=deployed.organization_id,
            key="paper",
            platform="files",
            base_url=folder.as_uri(),
            credentials={},
            settings={"mapping": MAPPING},
            currency="EUR",
        )
    return deployed


def run_job(instance: DagsterInstance, name: str, **options: Any) -> Any:
    return defs.resolve_job_def(name).execute_in_process(
        instance=instance, raise_on_error=False, **options
    )


def erasing(**config: Any) -> dict[str, Any]:
    return {"ops": {"erase": {"config": config}}}


def everywhere(deployed: Deployment) -> list[str]:
    """Where a mark still stands: the CRM's database, Dagster's, and every file of ours."""
    dagster = open_databases(load_settings()).dagster_url
    return [
        *rows_with(deployed.url, [MARK]),
        *outside_the_crm(deployed, dagster),
    ]


def outside_the_crm(deployed: Deployment, dagster: str) -> list[str]:
    return [*rows_with(dagster, [MARK]), *files_with(deployed.home, [MARK])]


def totals(deployed: Deployment) -> Any:
    return deployed.one("select row(count(*), sum(total), sum(net_revenue))::text from crm_orders")


def test_a_run_erases_by_ids_and_nothing_of_the_person_was_ever_in_dagster_or_our_files(
    paper: Deployment, capfd: pytest.CaptureFixture[str]
) -> None:
    with paper.instance() as instance:
        instance.add_dynamic_partitions("store", ["paper"])
        assert run_job(instance, "sync_store", partition_key="paper").success
        before = totals(paper)
        dagster = open_databases(load_settings()).dagster_url
        assert len(rows_with(paper.url, [MARK])) > 3
        assert outside_the_crm(paper, dagster) == []

        erased = run_job(
            instance,
            "erase_personal_data",
            run_config=erasing(store="paper", customer_id="1", requested_by="ticket 7"),
        )

        assert erased.success
        assert everywhere(paper) == []
        assert totals(paper) == before
        # The files still have her.
        assert run_job(instance, "sync_store", partition_key="paper").success
        assert run_job(instance, "nightly_sync").success
        assert everywhere(paper) == []
        assert totals(paper) == before
    assert paper.one("select string_agg(email, ',') from crm_clients") == "bob@example.com"
    told = capfd.readouterr()
    assert MARK.lower() not in (told.out + told.err).lower()


@pytest.mark.parametrize(
    "config",
    [
        {"store": "paper", "customer_id": EMAIL},
        {"client_id": EMAIL, "organization_id": "x"},
        {"store": "paper", "order_id": "+15005550199"},
        {"store": "paper"},
        {"store": "paper", "customer_id": "1", "whole_store": True},
        {"client_id": "7"},
        {"client_id": "7", "organization_id": "Acme"},
        {"store": "paper", "customer_id": "1", "requested_by": EMAIL},
    ],
)
def test_a_run_refuses_what_is_no_id_or_nobody_in_particular(
    paper: Deployment, config: dict[str, Any]
) -> None:
    with paper.instance() as instance:
        done = run_job(instance, "erase_personal_data", run_config=erasing(**config))
        failed = [str(one) for one in done.all_events if one.is_step_failure]

    assert not done.success
    assert len(failed) == 1
    # Said once, in the configuration that was typed, and not once more.
    assert EMAIL not in failed[0]
    assert "+15005550199" not in failed[0]
    assert "psycopg" not in failed[0]
    assert paper.one("select count(*) from sync.erasures") == 0


def test_a_person_is_erased_reported_and_exported_from_the_command_line(paper: Deployment) -> None:
    def told(*arguments: str, code: int = 0) -> Any:
        done = paper.run("privacy", *arguments)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    assert paper.run("sync", "paper").returncode == 0
    before = totals(paper)
    held = told("export", "paper", "1")
    assert MARK in str(held["public.crm_clients"])
    assert len(held["public.crm_orders"]) == 2
    assert "bob" not in str(held).lower()

    would = told("erase-customer", "--email", EMAIL, "--dry-run", "--json")
    assert (would["dry_run"], would["id"], would["clients"]) == (True, None, 1)
    assert rows_with(paper.url, [MARK]) != []
    unasked = paper.run("privacy", "erase-customer", "paper", "1")
    assert unasked.returncode == 130
    assert rows_with(paper.url, [MARK]) != []

    done = told("erase-customer", "paper", "--order", "11", "--yes", "--json", "--by", "ticket 7")
    assert done["counts"] == would["counts"]
    assert everywhere(paper) == []
    assert totals(paper) == before

    (listed,) = told("report", "--json")
    assert (listed["id"], listed["requested_by"]) == (done["id"], "ticket 7")
    assert told("report", str(done["id"]), "--json")["left"] == {}
    assert "nothing is left" in paper.run("privacy", "report", str(done["id"])).stdout
    with psycopg.connect(paper.url) as connection:
        connection.execute("update crm_clients set phone = '1' where email is null")
    assert paper.run("privacy", "report", str(done["id"])).returncode == 1


def test_a_whole_store_is_erased_from_the_command_line(paper: Deployment) -> None:
    assert paper.run("sync", "paper").returncode == 0

    done = paper.run("privacy", "erase-store", "paper", "--yes")

    assert done.returncode == 0, done.stderr
    assert rows_with(paper.url, [MARK, "bob@example.com", "2 Bob Street"]) == []
    assert paper.one("select count(*) from crm_orders") == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("erase-customer",), "name one person"),
        (("erase-customer", "paper"), "name one person"),
        (("erase-customer", "--client", "7", "--yes"), "id of a row of crm_clients"),
        (("erase-customer", "--email", "nobody", "--yes"), "one e-mail address"),
        (("erase-customer", "paper", "1", "--by", EMAIL, "--yes"), "no address"),
        (("erase-customer", "nowhere", "1", "--yes"), 'no store "nowhere"'),
        (
            ("erase-customer", "paper", "1", "--organization", "Other", "--yes"),
            'does not belong to "Other"',
        ),
        (("report", "7"), "no erasure 7"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    paper: Deployment, arguments: tuple[str, ...], words: str
) -> None:
    done = paper.run("privacy", *arguments)

    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_while_the_store_is_synced_the_command_says_so_and_erases_nothing(
    paper: Deployment,
) -> None:
    assert paper.run("sync", "paper").returncode == 0
    with psycopg.connect(paper.url) as connection:
        config = load_config(connection, KeyRing.load(paper.home, os.environ), "paper")

    with Lease(paper.url, config, run_id="a-sync"):
        done = paper.run("privacy", "erase-customer", "paper", "1", "--yes")

    assert done.returncode == 1
    assert "another sync of it is running" in done.stderr
    assert rows_with(paper.url, [MARK]) != []
