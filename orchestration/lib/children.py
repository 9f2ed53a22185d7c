"""Child processes that end when we do.

Each child leads a session of its own, so that Ctrl-C in the terminal reaches only us and we decide
the order of the end; and because run workers are grandchildren, a whole group is stopped, not a
process. If we are killed outright the kernel tells our children (Linux).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import psutil

from connectors.errors import StoreloomError

GRACE_SECONDS: Final = 30.0
_PR_SET_PDEATHSIG: Final = 1


class ChildDiedError(StoreloomError):
    """A process that should have kept running ended; the text shows the end of its log."""


class _Child:
    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def group(self) -> int:
        return self.process.pid


class Children:
    """Processes started in order and stopped in reverse.

    `environment`: complete, not added to ours. `logs`: directory; the last start's log is kept as
    `<name>.log.1`.
    """

    def __init__(self, environment: Mapping[str, str], *, directory: Path, logs: Path) -> None:
        self._environment = dict(environment)
        self._directory = directory
        self._logs = logs
        self._children: list[_Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start a process whose output goes to `<logs>/<name>.log`."""
        log = self._logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("wb") as output:
            process = subprocess.Popen(
                list(arguments),
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Safe: no threads are running yet when the commands start their children.
                preexec_fn=_prepare,  # noqa: PLW1509
            )
        self._children.append(_Child(name, process, log))

    def check(self) -> None:
        """Raise ChildDiedError when one has ended, showing what it said last."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                said = child.log.read_text(errors="replace").splitlines()
                telling = [line for line in said if line.strip()][-3:]
                raise ChildDiedError(
                    f"the {child.name} ended with code {code}; its log is {child.log} and ends: "
                    + " | ".join(telling)
                )

    def stop(self, *, grace_seconds: float = GRACE_SECONDS) -> list[str]:
        """Stop every group, the last started first; return the names that had to be killed."""
        for child in reversed(self._children):
            _signal(child.group, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        killed = []
        for child in reversed(self._children):
            if not _ended(child, deadline):
                killed.append(child.name)
                _signal(child.group, signal.SIGKILL)
            child.process.wait()
        self._children.clear()
        return killed

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _prepare() -> None:
    # A shell starts what it puts in the background with SIGINT ignored, children inherit that, and
    # Dagster gives SIGTERM whatever SIGINT has: nobody could be asked to stop any more.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _ended(child: _Child, deadline: float) -> bool:
    """Wait for the leader and then for the rest of its group; False when time is up."""
    try:
        child.process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    while _group_lives(child.group):
        # A group has no wait(): its other members are not our children.
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def _group_lives(group: int) -> bool:
    # Signal 0 would find zombies too: orphans that ended, and that a container's first process has
    # not buried yet.
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group:
                return True
    return False
