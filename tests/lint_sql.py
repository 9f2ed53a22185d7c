"""Lint every SQL file as what it is: `python -m tests.lint_sql [--fix]`.

sqlfluff takes one templater a run, and the dbt one compiles the project, for which dbt wants a
database it can connect to; an empty one of our own, thrown away afterwards, will do.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from connectors.crm.dbt_profile import dbt_environment
from connectors.crm.embedded import EmbeddedServer

ROOT: Final = Path(__file__).resolve().parents[1]
# Arguments of one run each: a templater and what is read through it.
RUNS: Final = (
    ("--templater", "raw", "migrations", "docs/queries"),
    ("--templater", "placeholder", "connectors"),
    ("--templater", "dbt", "dbt_project/models", "dbt_project/tests"),
)


def main(arguments: list[str]) -> int:
    """Return 0 when every file is clean, else 1."""
    command = "fix" if "--fix" in arguments else "lint"
    sqlfluff = [sys.executable, "-m", "sqlfluff", command, "--disable-progress-bar"]
    with (
        tempfile.TemporaryDirectory() as home,
        EmbeddedServer(Path(home), settings={"fsync": "off", "shared_buffers": "16MB"}) as server,
    ):
        environment = {**os.environ, **dbt_environment(server.url())}
        failed = [
            run
            for run in RUNS
            if subprocess.run([*sqlfluff, *run], cwd=ROOT, env=environment, check=False).returncode
        ]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
