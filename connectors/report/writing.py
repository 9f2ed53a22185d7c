"""Where a report lies, and how it gets there: whole or not at all, read by its owner only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

NAME: Final = "report.html"


def report_path(home: Path, organization_id: str) -> Path:
    """Return where the organization's report lies under `home`."""
    return home / "reports" / organization_id / NAME


def write_report(path: Path, page: str, *, mode: int = 0o600) -> None:
    """Put `page` at `path`, replacing what is there in one step.

    A report holds a business' figures: mode 0600 unless said otherwise, directories we make 0700.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Beside its place, since a rename is one step within a file system only; made 0600.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
