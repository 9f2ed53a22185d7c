"""`storeloom sync`: read stores now, without Dagster."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from connectors.crm.repairs import told
from connectors.crm.services import services_for
from connectors.crm.stores import list_stores, load_config
from connectors.crm.sync import Progress as Step
from connectors.crm.sync import StoreResult, sync_store
from connectors.errors import ConfigurationError, LeaseLost
from orchestration.commands.shared import Crm, json_option, notes, open_crm, out, print_json
from orchestration.lib.sharding import for_each_store

# A store's result, or why it could not even begin.
Outcome = StoreResult | str


@click.command()
@click.argument("stores", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All active stores.")
@click.option("--full", is_flag=True, help="Read everything again, not just what changed.")
@click.option(
    "--accept-deletes",
    is_flag=True,
    help="Mark records as deleted even if they are more than the guard lets through.",
)
@json_option
def sync(
    stores: Sequence[str], *, every: bool, full: bool, accept_deletes: bool, as_json: bool
) -> None:
    """Read STORES (or --all) into the CRM now.

    Goes on from where the last sync ended, also after a crash; syncing twice writes nothing twice.
    A store that fails does not stop the others: each failure is one line on standard error, and the
    command ends with code 1. Views are not touched: `storeloom analytics refresh`.
    """
    crm = open_crm()
    keys = _keys(crm, stores, every=every)
    run_id = f"cli-{uuid.uuid4()}"
    with _progress(as_json=as_json) as on_progress:
        outcomes = for_each_store(
            keys,
            lambda key: _sync(
                crm,
                key,
                run_id=run_id,
                full=full,
                accept_deletes=accept_deletes,
                on_progress=on_progress,
            ),
            concurrency=crm.settings.concurrency,
        )
    if as_json:
        print_json({key: _as_json(outcome) for key, outcome in zip(keys, outcomes, strict=True)})
    else:
        _show([outcome for outcome in outcomes if not isinstance(outcome, str)])
    failed = [line for line in map(_failure, outcomes) if line is not None]
    for line in failed:
        click.echo(f"storeloom: {' '.join(line.split())}", err=True)
    if failed:
        sys.exit(1)


def _keys(crm: Crm, stores: Sequence[str], *, every: bool) -> list[str]:
    if bool(stores) == every:
        raise ConfigurationError("name the stores to sync, or say --all")
    if stores:
        return list(dict.fromkeys(stores))
    with crm.connection() as connection:
        keys = [row.key for row in list_stores(connection, status="active")]
    if not keys:
        raise ConfigurationError("there is no active store: storeloom store add --help")
    return keys


def _sync(
    crm: Crm,
    key: str,
    *,
    run_id: str,
    full: bool,
    accept_deletes: bool,
    on_progress: Callable[[Step], None],
) -> Outcome:
    try:
        with crm.connection() as connection:
            config = load_config(connection, crm.keys, key)
        return sync_store(
            crm.url,
            config,
            run_id=run_id,
            full=full,
            accept_deletes=accept_deletes,
            on_progress=on_progress,
            services=services_for(crm.url, crm.keys, config),
        )
    except (ConfigurationError, LeaseLost) as error:
        return str(error)


def _failure(outcome: Outcome) -> str | None:
    if isinstance(outcome, str):
        return outcome
    return None if outcome.error is None else str(outcome.error)


@contextmanager
def _progress(*, as_json: bool) -> Iterator[Callable[[Step], None]]:
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        # Redrawn bars are noise in a log file.
        disable=as_json or not notes.is_terminal,
    )
    tasks: dict[tuple[str, str], Any] = {}

    def step(made: Step) -> None:
        key = (made.store, made.stream.value)
        if key not in tasks:
            tasks[key] = bars.add_task(f"{made.store} {made.stream.value}", total=made.expected)
        bars.update(tasks[key], completed=made.fetched)

    with bars:
        yield step


def _show(results: Sequence[StoreResult]) -> None:
    table = Table("store", "stream", box=None)
    columns = (
        "fetched",
        "inserted",
        "updated",
        "unchanged",
        "skipped",
        "deleted",
        "quarantined",
        "api_calls",
    )
    for name in (*columns, "seconds"):
        table.add_column(name.replace("_", " "), justify="right")
    for result in results:
        for stream, one in result.streams.items():
            table.add_row(
                result.store,
                stream.value,
                *(f"{getattr(one, name):,}" for name in columns),
                f"{one.seconds:.1f}",
            )
    if table.row_count:
        out.print(table)
    for result in results:
        for warning in (*result.warnings, told(result.repairs)):
            if warning is not None:
                out.print(f"{result.store}: {warning}", style="yellow", markup=False)
        if result.degraded:
            out.print(
                f"{result.store}: some records wait: storeloom quarantine list", style="yellow"
            )


def _as_json(outcome: Outcome) -> Any:
    if isinstance(outcome, str):
        return {"error": outcome}
    return {
        "organization_id": outcome.organization_id,
        "streams": outcome.streams,
        "seconds": round(outcome.seconds, 3),
        "degraded": outcome.degraded,
        "warnings": outcome.warnings,
        "repairs": outcome.repairs,
        "error": None if outcome.error is None else str(outcome.error),
    }
