"""`storeloom quarantine`: see, understand and retry the records that could not be loaded."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Sequence

import click
from rich.table import Table

from connectors.crm.counts import open_quarantine
from connectors.crm.quarantine import list_quarantine
from connectors.crm.quarantine import show as show_record
from connectors.crm.replay import replay as replay_store
from connectors.crm.stores import load_config
from connectors.errors import ConfigurationError
from connectors.records import Stream
from orchestration.commands.shared import json_option, open_crm, out, print_json


@click.group()
def quarantine() -> None:
    """Records that could not be mapped or loaded, each with its reason; the rest went on.

    Fix the cause (a setting, a mapping, the record in the store), then replay.
    """


@quarantine.command(name="list")
@click.argument("store", required=False)
@click.option("--stream", type=click.Choice([stream.value for stream in Stream]))
@click.option("--resolved", is_flag=True, help="Those that were loaded since, too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@json_option
def list_(
    store: str | None, *, stream: str | None, resolved: bool, limit: int, as_json: bool
) -> None:
    """List what waits, of one STORE or of all, oldest first."""
    with open_crm().connection() as connection:
        rows = list_quarantine(
            connection,
            store=store,
            stream=None if stream is None else Stream(stream),
            include_resolved=resolved,
            limit=limit,
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("nothing waits")
        return
    table = Table("number", "store", "stream", "record", "code", "reason", "tries", box=None)
    for row in rows:
        table.add_row(
            str(row.id), row.store, row.stream.value, row.external_id or "-", row.code,
            row.reason, str(row.attempts),
        )  # fmt: skip
    out.print(table)


@quarantine.command()
@click.argument("number", type=int)
@json_option
def show(number: int, *, as_json: bool) -> None:
    """Show one record with the payload as the store sent it. It may hold personal data."""
    with open_crm().connection() as connection:
        row, payload = show_record(connection, number)
    if as_json:
        print_json({"record": row, "payload": payload})
        return
    out.print(f"{row.store} {row.stream.value} {row.external_id or ''}", markup=False)
    out.print(f"{row.code}: {row.reason}", markup=False)
    out.print(f"first seen {row.first_seen_at:%Y-%m-%d %H:%M} UTC, tried {row.attempts} times")
    click.echo(json.dumps(json.loads(payload), indent=2, ensure_ascii=False))


@quarantine.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--store", help="All that wait of this store.")
@click.option("--all", "every", is_flag=True, help="All that wait of every store.")
@json_option
def replay(numbers: Sequence[int], *, store: str | None, every: bool, as_json: bool) -> None:
    """Map and load records again: NUMBERS, or all of a --store, or --all.

    Ends with code 1 when one fails again.
    """
    if sum((bool(numbers), store is not None, every)) != 1:
        raise ConfigurationError("name record numbers, or --store KEY, or --all")
    crm = open_crm()
    with crm.connection() as connection:
        if numbers:
            keys = {show_record(connection, number)[0].store for number in numbers}
        elif store is not None:
            keys = {store}
        else:
            keys = {waiting.store for waiting in open_quarantine(connection)}
        configs = [load_config(connection, crm.keys, key) for key in sorted(keys)]
    run_id = f"cli-{uuid.uuid4()}"
    results = {
        config.key: replay_store(
            crm.url, config, run_id=run_id, numbers=list(numbers) if numbers else None
        )
        for config in configs
    }
    if as_json:
        print_json(results)
    else:
        for key, result in results.items():
            out.print(f"{key}: {result.loaded} of {result.attempted} loaded")
    failures = [failure for result in results.values() for failure in result.failures]
    for failure in failures:
        click.echo(
            f'storeloom: store "{failure.store}": record {failure.id} failed again: '
            f"{failure.reason}",
            err=True,
        )
    if failures:
        sys.exit(1)
