"""What every command needs: settings, the database, and output that suits its reader.

Results go to standard output, everything said along the way to standard error, so that
`--json | jq` and `2>/dev/null` both do what one expects.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import click
import psycopg
from rich.console import Console

from connectors.crm.database import connect
from connectors.crm.keys import KeyRing
from orchestration.lib.databases import open_databases, require_migrated
from orchestration.settings import Settings, load_settings

# A pipe has no width; tables folded to eighty columns cut amounts in two.
out: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
notes: Final = Console(stderr=True, highlight=False)

_HALVES: Final = re.compile(r"[\ud800-\udfff]")

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Add `--json` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(function)


class Crm:
    """The migrated CRM database and the key ring of one command."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = open_databases(settings).crm_url
        if not settings.is_embedded:
            require_migrated(self.url)
        self.keys = KeyRing.load(settings.home, os.environ)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that commits when the block ends well."""
        with connect(self.url) as opened:
            yield opened


def open_crm() -> Crm:
    """Read the settings and open the CRM; raises with one clear line."""
    return Crm(load_settings())


def print_json(value: Any) -> None:
    """Write `value` as JSON: amounts and times as text, so that nothing is rounded."""
    text = json.dumps(value, indent=2, default=_plain, ensure_ascii=False)
    # Half a character, as a refused payload may hold, exists in no encoding but as an escape.
    click.echo(_HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", text))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    import msgspec  # noqa: PLC0415 - only scripts that ask for JSON pay for it

    return msgspec.to_builtins(value)
