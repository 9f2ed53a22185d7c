"""`storeloom up` from start to Ctrl-C, on an embedded server of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from orchestration.lib.processes import free_port
from orchestration.settings import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nightly")]

DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"
# What a daemon writes when something is wrong, whatever its level is called.
COMPLAINT = re.compile(r"ERROR|CRITICAL|Traceback|SyntaxError|Exception")


UP = [sys.executable, "-m", "orchestration.cli", "up"]
DEVELOPMENT = {
    "dagster dev": [sys.executable, "-m", "dagster", "dev"],
    "dg dev": [str(Path(sys.executable).parent / "dg"), "dev"],
}


class Up:
    """A running `storeloom up`, or Dagster's own way, with everything it started."""

    def __init__(self, home: Path, command: Sequence[str] = UP) -> None:
        self.home = home
        self.port = free_port("127.0.0.1")
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("STORELOOM_")
        }
        self.said = home.parent / "said.txt"
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=PROJECT,
                env={**environment, "STORELOOM_HOME": str(home)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_text(self, text: str) -> None:
        deadline = time.monotonic() + 240
        while text not in self.said.read_text():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.2)

    def ours(self) -> list[psutil.Process]:
        """Processes started by it, PostgreSQL included, wherever they went."""
        found = []
        for process in psutil.process_iter():
            try:
                told = " ".join(process.cmdline()) + process.environ().get("STORELOOM_HOME", "")
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if str(self.home) in told:
                found.append(process)
        return found

    def ask(self, query: str) -> dict[str, object]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            data=json.dumps({"query": query}).encode(),
            headers={"Content-Type": "application/json"},
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return dict(json.load(answer)["data"])
            except urllib.error.URLError:
                # Dagster says that it serves a moment before it does.
                assert time.monotonic() < deadline
                time.sleep(0.2)


@pytest.fixture
def home() -> Iterator[Path]:
    # Not under pytest's directory: another session that starts shuts it for PostgreSQL's account.
    directory = Path(tempfile.mkdtemp(prefix="storeloom up "))
    directory.chmod(0o755)
    yield directory / "home"
    shutil.rmtree(directory)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_comes_up_healthy_and_leaves_no_process(home: Path, stop: signal.Signals) -> None:
    up = Up(home)
    try:
        up.await_text("Storeloom is up")
        assert len(up.ours()) > 4
        deadline = time.monotonic() + 120
        while True:
            health = up.ask(DAEMONS)["instance"]
            statuses = health["daemonHealth"]["allDaemonStatuses"]  # type: ignore[index]  # plain JSON
            if all(status["healthy"] for status in statuses if status["required"]):
                break
            assert time.monotonic() < deadline, statuses
            time.sleep(0.5)
    finally:
        up.process.send_signal(stop)
        assert up.process.wait(60) == 0, up.said.read_text()
    _, alive = psutil.wait_procs(up.ours(), timeout=10)
    assert [process.cmdline() for process in alive] == []
    for name in ("daemon", "webserver", "code server"):
        log = (home / "log" / f"{name}.log").read_text()
        complaints = [line for line in log.splitlines() if COMPLAINT.search(line)]
        assert complaints == [], name


def test_a_taken_port_is_refused_in_one_line(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [
                sys.executable, "-m", "orchestration.cli",
                "up", "--port", str(taken.getsockname()[1]),
            ],
            cwd=PROJECT,
            env={**os.environ, "STORELOOM_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )  # fmt: skip

    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "cannot listen on 127.0.0.1" in last
    assert "--port" in last


def test_when_a_process_dies_it_stops_the_rest_and_says_which(home: Path) -> None:
    up = Up(home)
    up.await_text("Storeloom is up")
    daemon = next(p for p in up.ours() if "dagster._daemon" in p.cmdline())

    daemon.kill()

    assert up.process.wait(60) == 1
    assert "the daemon ended with code -9" in up.said.read_text()
    _, alive = psutil.wait_procs(up.ours(), timeout=10)
    assert [process.cmdline() for process in alive] == []


@pytest.mark.parametrize("tool", list(DEVELOPMENT))
def test_dagsters_own_commands_work_from_the_root_with_the_same_settings(
    home: Path, tool: str
) -> None:
    up = Up(home, DEVELOPMENT[tool])
    try:
        up.await_text("Serving dagster-webserver")
        nodes = up.ask(JOBS)["repositoriesOrError"]["nodes"]  # type: ignore[index]  # plain JSON
        assert "nightly_sync" in [found["name"] for found in nodes[0]["jobs"]]
        # The same storage as `storeloom up`: PostgreSQL under the same home.
        assert (home / "pgdata" / "PG_VERSION").exists()
    finally:
        # Ctrl-C as a terminal sends it: to everybody in the foreground.
        os.killpg(up.process.pid, signal.SIGINT)
        up.process.wait(90)
    _, alive = psutil.wait_procs(up.ours(), timeout=30)
    assert [process.cmdline() for process in alive] == []
