from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from orchestration.lib.children import ChildDiedError, Children

FORKS = (
    "import subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(p.pid, flush=True); time.sleep(600)"
)
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(600)"
)


def children(tmp_path: Path) -> Children:
    return Children(dict(os.environ), directory=tmp_path, logs=tmp_path / "log")


def await_line(log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = log.read_text()
        if text.endswith("\n"):
            return text.strip()
    raise AssertionError(f"nothing was said in {log}")


def test_stopping_ends_grandchildren_too(tmp_path: Path) -> None:
    group = children(tmp_path)
    group.start("parent", [sys.executable, "-c", FORKS])
    grandchild = int(await_line(tmp_path / "log" / "parent.log"))

    assert group.stop() == []

    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == "zombie"


def test_who_ignores_the_request_is_killed_and_named(tmp_path: Path) -> None:
    group = children(tmp_path)
    group.start("deaf one", [sys.executable, "-c", DEAF])
    await_line(tmp_path / "log" / "deaf one.log")

    assert group.stop(grace_seconds=0.2) == ["deaf one"]


def test_a_child_that_died_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with children(tmp_path) as group:
        group.start(
            "short one", [sys.executable, "-c", "print('no room left'); raise SystemExit(3)"]
        )
        group._children[0].process.wait()

        with pytest.raises(ChildDiedError, match=r"short one ended with code 3.*no room left"):
            group.check()


def test_the_log_of_the_last_start_is_kept(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with children(tmp_path) as group:
            group.start("one", [sys.executable, "-c", f"print('{text}')"])
            group._children[0].process.wait()

    assert (tmp_path / "log" / "one.log").read_text() == "second\n"
    assert (tmp_path / "log" / "one.log.1").read_text() == "first\n"


def test_a_child_listens_to_interrupts_although_we_were_started_to_ignore_them(
    tmp_path: Path,
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with children(tmp_path) as group:
            group.start("one", [sys.executable, "-c", "import signal; print(signal.getsignal(2))"])
            group._children[0].process.wait()
    finally:
        signal.signal(signal.SIGINT, before)

    assert "default_int_handler" in (tmp_path / "log" / "one.log").read_text()
