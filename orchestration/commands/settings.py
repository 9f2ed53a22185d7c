"""Settings of a store, as they stand on a command line or in a file beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.errors import ConfigurationError


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Turn NAME=VALUE pairs into settings; a VALUE that is JSON (true, 5, {…}) is taken as such.

    NAME=@FILE takes the value from a file, for settings too long for a command line.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise ConfigurationError(f'--set "{pair}": write NAME=VALUE')
        if value.startswith("@"):
            settings[name] = _from_file(name, Path(value[1:]))
            continue
        try:
            settings[name] = json.loads(value)
        except json.JSONDecodeError:
            settings[name] = value
    return settings


def _from_file(name: str, path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"--set {name}=@{path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"--set {name}=@{path} is no JSON: {error}") from None
