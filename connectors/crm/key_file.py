"""The key file of a deployment that has no keys in its environment.

Read by every process, written by two commands at most: a first start, and a rotation.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from connectors.errors import ConfigurationError

FILE_NAME: Final = "encryption.key"
_OTHERS: Final = 0o077


def read_or_make(home: Path, first: str) -> str:
    """Return the file's text; `first` becomes it when there is none yet.

    Raises ConfigurationError for a file that others may read.
    """
    path = home / FILE_NAME
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        aside = _written_aside(path, f"{first}\n")
        try:
            # Linked into place: two first starts at once must agree on one whole key.
            os.link(aside, path)
        except FileExistsError:
            # Somebody else's first start was quicker: theirs is the key.
            pass
        finally:
            aside.unlink()
    if path.stat().st_mode & _OTHERS:
        raise ConfigurationError(f"{path} can be read by others; run: chmod 600 {path}")
    return path.read_text()


def change(home: Path, changed: Callable[[str], str]) -> str:
    """Replace the file's text by `changed(text)`, whole or not at all; return the new text."""
    path = home / FILE_NAME
    # Two rotations at once would each drop the other's new key.
    with (home / f"{FILE_NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        text = changed(path.read_text())
        _written_aside(path, text).replace(path)
    return text


def _written_aside(path: Path, text: str) -> Path:
    aside = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return aside
