"""dbt's documentation of the models as they are built in the database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from connectors.documents.page import read_manifest, settle
from orchestration.lib.dbt import environment_for, run_dbt


def documentation(
    database_url: str, home: Path, on_line: Callable[[str], None] | None = None
) -> str:
    """Return the documentation as one page.

    In a directory of its own under `home`, apart from the night's builds. Raises DbtError.
    """
    target = home / "dbt-docs"
    target.mkdir(parents=True, exist_ok=True)
    with (target / "docs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Types and comments are read from the database; nothing is built in it.
        arguments = ["docs", "generate", "--static"]
        directories = ["--target-path", str(target), "--log-path", str(home / "log")]
        environment = {**os.environ, **environment_for(database_url)}
        run_dbt([*arguments, *directories], environment, on_line)
        page = (target / "static_index.html").read_text(encoding="utf-8")
        manifest = read_manifest((target / "manifest.json").read_text(encoding="utf-8"))
    return settle(page, manifest)
