"""A run worker that is killed outright, and the run after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from dagster import DagsterRunStatus
from fixtures.deployments import Deployment, same_as

from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import Faults, SandboxSpec
from orchestration.lib.instance import tidy_up
from orchestration.settings import PROJECT, load_settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nightly")]

ORDERS = 300


def start_night(deployed: Deployment) -> subprocess.Popen[bytes]:
    home = deployed.home / "dagster"
    return subprocess.Popen(
        [
            sys.executable, "-m", "dagster", "job", "execute",
            "--module-name", "orchestration.definitions", "--job", "nightly_sync",
        ],
        cwd=PROJECT,
        env={**os.environ, **deployed.environment, "DAGSTER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_next_night_completes_what_a_killed_one_began_and_doubles_nothing(
    deployed: Deployment,
) -> None:
    # Slow enough, and in small enough batches, to be caught in the middle.
    slow = SandboxSpec(orders=ORDERS, seed=5, faults=Faults(latency_seconds=0.15))
    with SandboxServer(slow) as shop, deployed.instance() as instance:
        settings = {"allow_http": True, "batch_records": 50, "page_size": 20, "concurrency": 1}
        deployed.connect(shop, "woocommerce", "shop", settings=settings)
        process = start_night(deployed)
        deadline = time.monotonic() + 120
        while deployed.one("select count(*) from crm_orders") < 100:
            assert process.poll() is None, "the night ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        caught = deployed.one("select count(*) from crm_orders")
        assert caught < shop.truth("woocommerce").rows["orders"]
        (killed,) = instance.get_runs()
        assert killed.status is DagsterRunStatus.STARTED

        assert start_night(deployed).wait(300) == 0

        assert same_as(shop, "woocommerce", deployed.held("shop"))
        assert deployed.one("select count(*) from sync.run_heartbeats") == 1
        deployed.one(
            "update sync.run_heartbeats set beat_at = beat_at - interval '2 min' returning 1"
        )
        tidy_up(instance, load_settings())
        run = instance.get_run_by_id(killed.run_id)
        assert run is not None
        assert run.status is DagsterRunStatus.FAILURE
        assert deployed.one("select count(*) from sync.run_heartbeats") == 0
