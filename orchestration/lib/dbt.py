"""dbt as a program: where it is, its manifest, and how it is called.

The manifest is built ahead and only when the project changed. Parsing on every import (what
`prepare_if_dev` does) costs seconds per code server and per run, and two runs that parse at once
overwrite each other's half-written file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from connectors.crm.dbt_profile import dbt_environment
from connectors.errors import ConfigurationError, StoreloomError
from orchestration.settings import PROJECT

PROJECT_DIRECTORY: Final = PROJECT / "dbt_project"
TARGET: Final = PROJECT_DIRECTORY / "target"
MANIFEST: Final = TARGET / "manifest.json"
_DIGEST: Final = TARGET / "manifest.digest"
_PARSED: Final = "partial_parse.msgpack"
_NOT_SOURCE: Final = frozenset({"target", "logs", "dbt_packages"})


class DbtError(StoreloomError):
    """dbt ended with an error; the text holds the models and tests it named."""


def dbt_executable() -> str:
    """Return the dbt beside this interpreter, never a `dbt` or `dbtf` that PATH happens to hold."""
    # Not resolved: the interpreter of a virtual environment is a link that leads out of it.
    program = Path(sys.executable).parent / "dbt"
    if not program.exists():
        raise ConfigurationError(
            f"dbt is not installed beside {sys.executable}: pip install dbt-postgres"
        )
    return str(program)


def build_arguments(select: Sequence[str] = ()) -> list[str]:
    """Return the arguments of a production build.

    Unit tests are left out: they test SQL against made-up rows, which belongs to CI and costs a
    third of the build.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    return [*arguments, "--select", *select] if select else arguments


def project_digest() -> str:
    """Return a digest of everything the manifest is made from."""
    digest = hashlib.sha256(f"dbt-core {version('dbt-core')} {sys.version_info[:2]}".encode())
    for path in sorted(PROJECT_DIRECTORY.rglob("*")):
        inside = path.relative_to(PROJECT_DIRECTORY)
        if path.is_file() and inside.parts[0] not in _NOT_SOURCE and path.name != ".user.yml":
            digest.update(f"\0{inside}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def ensure_manifest(environment: Mapping[str, str] | None = None) -> Path:
    """Return the path of an up-to-date manifest, parsing the project only when it changed.

    `environment`: with the variables of `environment_for`, if known: dbt parses everything again
    when its profile is not the one it parsed with, and a first build would pay for it.
    Raises DbtError with dbt's own words when the project does not parse.
    """
    TARGET.mkdir(parents=True, exist_ok=True)
    with (TARGET / "manifest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = project_digest()
        is_fresh = MANIFEST.exists() and _DIGEST.exists() and _DIGEST.read_text().strip() == digest
        if not is_fresh:
            run_dbt(["parse", "--quiet"], {**os.environ, **(environment or {})})
            _DIGEST.write_text(digest + "\n")
    return MANIFEST


def environment_for(database_url: str) -> dict[str, str]:
    """Return the variables dbt's profile reads, for the database at `database_url`."""
    return dict(dbt_environment(database_url))


@dataclass(frozen=True)
class Node:
    """What became of one model or test. `status`: dbt's word (success, pass, warn, fail, …)."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str | None


@dataclass(frozen=True)
class Build:
    """A finished `dbt build`. `error`: the lines that tell why, None when all is green."""

    nodes: tuple[Node, ...]
    error: str | None


def build(
    database_url: str,
    home: Path,
    *,
    select: Sequence[str] = (),
    on_line: Callable[[str], None] | None = None,
) -> Build:
    """Run `dbt build` on the database, its working files under `home`.

    One at a time per home, and always in the same directory, so that dbt finds what it parsed last
    time: a third of a small build is parsing. A failing model or test is in the result, not raised.
    """
    target = home / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    environment = environment_for(database_url)
    with (target / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        parsed = TARGET / _PARSED
        if parsed.exists() and not (target / _PARSED).exists():
            shutil.copyfile(parsed, target / _PARSED)
        results = target / "run_results.json"
        results.unlink(missing_ok=True)
        directories = ["--target-path", str(target), "--log-path", str(home / "log")]
        error = None
        try:
            run_dbt(
                [*build_arguments(select), *directories], {**os.environ, **environment}, on_line
            )
        except DbtError as failure:
            error = str(failure)
        found = json.loads(results.read_text())["results"] if results.exists() else []
    return Build(
        nodes=tuple(
            Node(
                unique_id=one["unique_id"],
                status=one["status"],
                seconds=float(one["execution_time"]),
                failures=one["failures"],
                message=one["message"],
            )
            for one in found
        ),
        error=error,
    )


def run_dbt(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run dbt to its end, handing each line it prints to `on_line`.

    Raises DbtError with the lines that tell why.
    """
    process = subprocess.Popen(
        [dbt_executable(), "--no-use-colors", *arguments],
        cwd=PROJECT_DIRECTORY,
        env={**environment, "DBT_PROFILES_DIR": str(PROJECT_DIRECTORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    lines: list[str] = []
    with process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for; for the type checker
        for line in process.stdout:
            lines.append(line.rstrip())
            if on_line is not None:
                on_line(lines[-1])
    if process.returncode != 0:
        telling = [line for line in lines if _tells_why(line)] or lines[-15:]
        raise DbtError(f"dbt {arguments[0]} failed:\n" + "\n".join(telling[-30:]))


def _tells_why(line: str) -> bool:
    return any(
        word in line for word in ("ERROR", "Error", "FAIL", "Failure", "does not exist", "Got ")
    )
