"""`storeloom store check`: is a store fit to be synced, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click
from rich.table import Table

from connectors.crm.fitness import check_store
from connectors.crm.stores import list_stores, load_config
from connectors.errors import ConfigurationError, StoreloomError
from connectors.preflight import Preflight, Severity
from orchestration.commands.shared import Crm, json_option, open_crm, out, print_json

_STYLES: Final = {
    Severity.OK: "green",
    Severity.WARNING: "yellow",
    Severity.FAILURE: "red",
}


@click.command()
@click.argument("keys", nargs=-1)
@json_option
def check(keys: Sequence[str], *, as_json: bool) -> None:
    """Ask stores (default: all active) whether they are fit to be synced.

    Looks at address and certificate, credentials and permissions, API version, clock, currency,
    counts, the oldest order within reach, and how long a first sync will take. Writes nothing; ends
    with code 1 when one of them is not well.
    """
    crm = open_crm()
    with crm.connection() as connection:
        wanted = list(keys) or [row.key for row in list_stores(connection, status="active")]
    if not wanted:
        raise ConfigurationError("no stores yet: storeloom store add --help")
    found = {key: _check(crm, key) for key in wanted}
    if as_json:
        print_json({key: _as_json(one) for key, one in found.items()})
    else:
        for key, one in found.items():
            _show(key, one)
    failed = [line for key, one in found.items() for line in _failures(key, one)]
    if failed:
        for line in failed[:-1]:
            click.echo(f"storeloom: {line}", err=True)
        raise ConfigurationError(failed[-1])


def _check(crm: Crm, key: str) -> Preflight | str:
    try:
        with crm.connection() as connection:
            config = load_config(connection, crm.keys, key)
        return check_store(crm.url, crm.keys, config)
    except StoreloomError as error:
        return str(error)


def _failures(key: str, found: Preflight | str) -> list[str]:
    if isinstance(found, str):
        return [found]
    return [
        f'store "{key}": {one.found}' + (f"; {one.advice}" if one.advice else "")
        for one in found.failures
    ]


def _show(key: str, found: Preflight | str) -> None:
    if isinstance(found, str):
        return
    verdict = "fit to be synced" if found.is_fit else "not fit to be synced"
    table = Table(
        "", "found", "what to do", title=f"{key}: {verdict}", box=None, title_justify="left"
    )
    for one in found.findings:
        table.add_row(
            one.severity.value, one.found, one.advice or None, style=_STYLES[one.severity]
        )
    out.print(table)


def _as_json(found: Preflight | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"ok": False, "error": found}
    probe = found.probe
    told: dict[str, Any] = {"ok": found.is_fit, "findings": found.findings}
    if found.failures:
        told["error"] = found.failures[0].found
    if probe is not None:
        told |= {
            "name": probe.name,
            "currency": probe.currency,
            "time_zone": probe.time_zone,
            "api_version": probe.api_version,
            "warnings": probe.warnings,
        }
    return told
