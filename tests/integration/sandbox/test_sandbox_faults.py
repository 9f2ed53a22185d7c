"""Misbehaviour arrives on the wire as it does from real shared hosting, and repeats by seed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.sandbox import Faults, SandboxServer, SandboxSpec

SMALL = SandboxSpec(orders=20, products=5, same_second=0, as_of=datetime(2026, 3, 1, tzinfo=UTC))
INDEX = "/woocommerce/wp-json/"


def outcome(http: httpx.Client, url: str) -> str:
    """Ask once and name what came."""
    try:
        answer = http.get(url)
    except httpx.TransportError as error:
        return type(error).__name__
    if answer.status_code != 200:
        return str(answer.status_code)
    try:
        answer.json()
    except json.JSONDecodeError:
        return "notice" if answer.text.startswith("<br") else "half"
    return "ok"


@pytest.mark.parametrize(
    ("faults", "outcomes"),
    [
        (Faults(throttle_rate=1), {"429"}),
        (Faults(error_rate=1), {"500", "503"}),
        (Faults(reset_rate=1), {"ReadError"}),
        (Faults(truncate_rate=1), {"RemoteProtocolError", "half"}),
        (Faults(notice_rate=1), {"notice"}),
    ],
)
def test_each_fault_looks_on_the_wire_like_the_real_one(
    http: httpx.Client, faults: Faults, outcomes: set[str]
) -> None:
    with SandboxServer(replace(SMALL, faults=replace(faults, most_in_a_row=99))) as sandbox:
        seen = {outcome(http, f"{sandbox.url}{INDEX}?n={n % 4}") for n in range(16)}
    assert seen == outcomes


def test_a_throttled_client_is_told_how_long_to_wait(http: httpx.Client) -> None:
    faults = Faults(throttle_rate=1, retry_after_seconds=7)
    with SandboxServer(replace(SMALL, faults=faults)) as sandbox:
        assert http.get(sandbox.url + INDEX).headers["Retry-After"] == "7"


def test_a_patient_client_always_gets_an_answer(http: httpx.Client) -> None:
    faults = Faults(error_rate=0.5, reset_rate=0.5, most_in_a_row=3)
    with SandboxServer(replace(SMALL, faults=faults)) as sandbox:
        outcomes = [outcome(http, sandbox.url + INDEX) for _ in range(8)]
    assert outcomes[3] == outcomes[7] == "ok"
    assert outcomes.count("ok") == 2


def test_faults_depend_on_seed_and_request_and_not_on_the_order_of_arrival() -> None:
    faults = Faults(error_rate=0.2, throttle_rate=0.2, truncate_rate=0.1)

    def run(seed: int, threads: int) -> tuple[dict[str, str], Counter[str]]:
        paths = [f"{INDEX}?n={n}" for n in range(40)]
        spec = replace(SMALL, seed=seed, faults=faults)
        with (
            SandboxServer(spec) as sandbox,
            httpx.Client() as client,
            ThreadPoolExecutor(threads) as pool,
        ):
            seen = list(pool.map(lambda path: outcome(client, sandbox.url + path), paths))
            counts = Counter({verdict.value: n for verdict, n in sandbox.judge.counts.items()})
        return dict(zip(paths, seen, strict=True)), counts

    alone, counts = run(seed=1, threads=1)
    assert run(seed=1, threads=4) == (alone, counts)
    assert run(seed=2, threads=1)[0] != alone
    assert 10 <= sum(counts.values()) <= 30


def test_hanging_up_on_purpose_does_not_fill_the_log(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults(reset_rate=0.5, truncate_rate=0.5)
    with SandboxServer(replace(SMALL, faults=faults)) as sandbox:
        seen = {outcome(http, f"{sandbox.url}{INDEX}?n={n}") for n in range(12)}
    assert {"ReadError", "RemoteProtocolError"} <= seen
    assert caplog.records == []


def test_health_and_truth_are_never_disturbed(http: httpx.Client) -> None:
    with SandboxServer(replace(SMALL, faults=Faults(reset_rate=1))) as sandbox:
        assert http.get(f"{sandbox.url}/healthz").text == "ok"
        told = http.get(f"{sandbox.url}/_sandbox/truth/shopify").json()
        assert told["rows"] == sandbox.truth("shopify").rows


def test_two_sandboxes_of_one_spec_hold_the_same_to_the_byte(rest: Any, gql: Any) -> None:
    query = "{orders(first: 60) {nodes {id name email totalPriceSet {shopMoney {amount}}}}}"
    seen = []
    for _ in range(2):
        with SandboxServer(SMALL) as sandbox:
            orders = rest(sandbox, "orders").text.replace(sandbox.url, "")
            seen.append((orders, gql(sandbox, query)["data"], sandbox.credentials("shopify")))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_ends_cleanly(
    http: httpx.Client, stop: signal.Signals
) -> None:
    command = [sys.executable, "-m", "connectors.sandbox", "--port", "0", "--orders", "10"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Sandbox stores at http://127.0.0.1:")
        told = json.loads(process.stdout.readline())
        assert http.get(f"{told['url']}/healthz").text == "ok"
        assert set(told["stores"]["woocommerce"]["credentials"]) == {
            "consumer_key",
            "consumer_secret",
        }
        process.send_signal(stop)
        _, complaints = process.communicate(timeout=20)
    assert (process.returncode, complaints) == (0, "")


def test_a_port_in_use_is_one_clear_line() -> None:
    with SandboxServer(SMALL) as sandbox:
        command = [sys.executable, "-m", "connectors.sandbox", "--orders", "5", "--port"]
        done = subprocess.run(
            [*command, str(sandbox.port)], capture_output=True, text=True, check=False, timeout=30
        )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "--port 0" in done.stderr
