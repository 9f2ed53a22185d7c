"""Dagster's three processes: one code server shared by webserver and daemon.

Left alone, webserver and daemon start a private code server each: twice the import, twice the
memory, and runs with two parents. It is reached over a Unix socket in a directory only we may
enter; a port would let every user of the machine run code through it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from connectors.errors import ConfigurationError, StoreloomError
from orchestration.lib.children import Children
from orchestration.settings import PROJECT, Settings

STARTUP_SECONDS: Final = 180.0
LOCATION: Final = "storeloom"
# The webserver's pool; more would only sit in PostgreSQL's limit.
_POOL_OVERFLOW: Final = "5"
_LOADED: Final = (
    "{ workspaceOrError { __typename ... on PythonError { message } ... on Workspace { "
    "locationEntries { name locationOrLoadError { __typename ... on PythonError { message } } "
    "} } } }"
)


def child_environment(settings: Settings) -> dict[str, str]:
    """Return our environment with exactly `settings` in it, for child processes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.removeprefix("STORELOOM_").lower() not in Settings.model_fields
    }
    for name, value in settings.model_dump().items():
        if value is not None:
            plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
            kept[f"STORELOOM_{name.upper()}"] = str(plain)
    return {
        **kept,
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "PYTHONUNBUFFERED": "1",
    }


def prepare_dagster_home(settings: Settings) -> None:
    """Make the directory Dagster keeps its files in, with the project's dagster.yaml in it."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "dagster.yaml", settings.dagster_home / "dagster.yaml")


def free_port(host: str) -> int:
    """Return a port nobody listens on right now."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free_port(host: str, port: int) -> None:
    """Raise ConfigurationError unless `host`:`port` can be listened on."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {host}:{port} ({error.strerror}): is another `storeloom up` "
                "running? Choose another with --port or STORELOOM_PORT"
            ) from error


class DagsterPlatform:
    """Code server, webserver and daemon of one deployment, as children of this process."""

    def __init__(self, settings: Settings, *, host: str, port: int) -> None:
        self.settings = settings
        self.host = host
        self.port = port
        self._children = Children(
            child_environment(settings), directory=PROJECT, logs=settings.log_directory
        )
        # Short on purpose: a socket's path may hold about a hundred characters.
        self._private = tempfile.TemporaryDirectory(prefix="storeloom-")

    @property
    def url(self) -> str:
        """Where the UI is."""
        shown = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    def start(self, *, daemon: bool = True) -> None:
        """Start the processes; they are not ready yet, see `wait_until_ready`."""
        require_free_port(self.host, self.port)
        prepare_dagster_home(self.settings)
        code_socket = Path(self._private.name) / "code.sock"
        workspace = Path(self._private.name) / "workspace.yaml"
        entry = {"grpc_server": {"socket": str(code_socket), "location_name": LOCATION}}
        # JSON is YAML, and paths with spaces need no care in it.
        workspace.write_text(json.dumps({"load_from": [entry]}))
        self._children.start(
            "code server",
            [
                sys.executable, "-m", "dagster", "code-server", "start",
                "--module-name", "orchestration.definitions",
                "--working-directory", str(PROJECT),
                "--socket", str(code_socket),
                "--location-name", LOCATION,
                "--use-python-environment-entry-point",
                "--log-level", "warning",
            ],
        )  # fmt: skip
        self._await_socket(code_socket)
        self._children.start(
            "webserver",
            [
                sys.executable, "-m", "dagster_webserver",
                "--workspace", str(workspace),
                "--host", self.host,
                "--port", str(self.port),
                "--db-pool-max-overflow", _POOL_OVERFLOW,
            ],
        )  # fmt: skip
        if daemon:
            self._children.start(
                "daemon",
                [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(workspace)],
            )

    def _await_socket(self, path: Path) -> None:
        # Whoever looks for the code server before it listens logs a page of traceback.
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline:
            self.check()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == 0:
                    return
            time.sleep(0.1)
        raise StoreloomError(
            f"the code server does not answer; see the logs in {self.settings.log_directory}"
        )

    def wait_until_ready(self, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Return when the UI answers and the code location is loaded.

        Raises StoreloomError with what a process said when it does not come up.
        """
        deadline = time.monotonic() + STARTUP_SECONDS
        while not is_stopping():
            self.check()
            answer = self._ask(_LOADED)
            if answer is not None and _is_loaded(answer):
                return
            if time.monotonic() > deadline:
                raise StoreloomError(
                    f"the Dagster UI is not ready after {STARTUP_SECONDS:.0f} s; "
                    f"see the logs in {self.settings.log_directory}"
                )
            time.sleep(0.25)

    def check(self) -> None:
        """Raise ChildDiedError when one of the processes has ended."""
        self._children.check()

    def stop(self) -> list[str]:
        """Stop all processes and their children; return the names that had to be killed."""
        killed = self._children.stop()
        self._private.cleanup()
        return killed

    def __enter__(self) -> DagsterPlatform:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, query: str) -> dict[str, Any] | None:
        request = urllib.request.Request(  # noqa: S310 - always our own http address
            f"{self.url}/graphql",
            data=json.dumps({"query": query}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                found = json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
            # Not up yet; a process that died is noticed by `check`.
            return None
        return found if isinstance(found, dict) else None


def _is_loaded(answer: dict[str, Any]) -> bool:
    workspace = (answer.get("data") or {}).get("workspaceOrError") or {}
    if "message" in workspace:
        raise StoreloomError(f"Dagster cannot load its workspace: {workspace['message']}")
    entries = workspace.get("locationEntries") or []
    for entry in entries:
        loaded = entry.get("locationOrLoadError") or {}
        if loaded.get("__typename") == "PythonError" and "Could not reach" not in loaded["message"]:
            raise StoreloomError(f"the code location does not load: {loaded['message']}")
    return bool(entries) and all(
        (entry.get("locationOrLoadError") or {}).get("__typename") == "RepositoryLocation"
        for entry in entries
    )


def _family(host: str) -> socket.AddressFamily:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ConfigurationError(f'cannot listen on "{host}": {error.strerror}') from error
    return found[0][0]
