"""`storeloom quarantine`: see, understand and retry the records that could not be loaded."""

from __future__ import annotations

import getpass
import json
import sys
import uuid
from collections.abc import Sequence

import click
from rich.markup import escape
from rich.table import Table

from connectors.crm.counts import open_quarantine
from connectors.crm.quarantine import Quarantined, Reason, list_quarantine, list_reasons
from connectors.crm.quarantine import discard as discard_records
from connectors.crm.quarantine import show as show_record
from connectors.crm.replay import replay as replay_store
from connectors.crm.stores import load_config
from connectors.errors import ConfigurationError
from connectors.records import Stream
from orchestration.commands.shared import json_option, open_crm, out, print_json


@click.group()
def quarantine() -> None:
    """Records that could not be mapped or loaded, each with its reason; the rest went on.

    Correct the cause: the record in the store, or a setting; the next sync tries it again. What
    nobody needs is discarded.
    """


@quarantine.command(name="list")
@click.argument("store", required=False)
@click.option("--stream", type=click.Choice([stream.value for stream in Stream]))
@click.option("--by", "grouping", type=click.Choice(["reason"]), help="How many for each reason.")
@click.option("--resolved", is_flag=True, help="Those that left since, too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@json_option
def list_(
    store: str | None,
    *,
    stream: str | None,
    grouping: str | None,
    resolved: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List what waits, of one STORE or of all, oldest first. Payloads are for `show`."""
    one = None if stream is None else Stream(stream)
    with open_crm().connection() as connection:
        if grouping is not None:
            found: Sequence[Reason | Quarantined] = list_reasons(
                connection, store=store, stream=one
            )
        else:
            found = list_quarantine(
                connection, store=store, stream=one, include_resolved=resolved, limit=limit
            )
    if as_json:
        print_json(found)
    elif not found:
        out.print("nothing waits")
    else:
        out.print(_table(found))


def _table(found: Sequence[Reason | Quarantined]) -> Table:
    reasons = [one for one in found if isinstance(one, Reason)]
    if reasons:
        table = Table("store", "stream", "code", "records", "for instance", "since", box=None)
        for reason in reasons:
            table.add_row(
                reason.store, reason.stream.value, reason.code, str(reason.records),
                escape(reason.example), f"{reason.first_seen_at:%Y-%m-%d}",
            )  # fmt: skip
        return table
    table = Table(
        "number", "store", "stream", "record", "code", "reason", "tries", "state", box=None
    )
    for row in found:
        if isinstance(row, Quarantined):
            table.add_row(
                str(row.id), row.store, row.stream.value, escape(row.external_id or "-"), row.code,
                escape(row.reason), str(row.attempts), row.resolution or row.state,
            )  # fmt: skip
    return table


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
    out.print(
        f"first seen {row.first_seen_at:%Y-%m-%d %H:%M} UTC, tried {row.attempts} times, last by "
        f"Storeloom {row.version or 'of an earlier version'} in run {row.run_id}",
        markup=False,
    )
    if row.resolved_at is not None:
        why = f": {row.resolved_reason}" if row.resolution == "discarded" else ""
        out.print(
            f"{row.resolution or 'resolved'} {row.resolved_at:%Y-%m-%d %H:%M} UTC by "
            f"{row.resolved_by or 'a sync'}{why}",
            markup=False,
        )
    # As ASCII: what cannot be printed is often why it is here.
    click.echo(json.dumps(json.loads(payload), indent=2))


@quarantine.command()
@click.argument("numbers", nargs=-1, type=int, required=True)
@click.option("--reason", required=True, help="Why nobody needs it; kept with the record.")
@click.option("--by", "person", help="Who decides.  [default: the user of this machine]")
@json_option
def discard(numbers: Sequence[int], *, reason: str, person: str | None, as_json: bool) -> None:
    """Put records aside for good: NUMBERS. One that changes in the store waits again."""
    by = person or getpass.getuser()
    with open_crm().connection() as connection:
        rows = discard_records(connection, list(numbers), by=by, reason=reason)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(f"{row.id} discarded ({row.store} {row.stream.value} {row.external_id or '-'})")


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
    settled: list[Quarantined] = []
    with crm.connection() as connection:
        if numbers:
            named = [show_record(connection, number)[0] for number in dict.fromkeys(numbers)]
            settled = [row for row in named if row.state == "resolved"]
            keys = {row.store for row in named if row.state != "resolved"}
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
        for row in settled:
            out.print(
                f"{row.id} waits no more: {row.resolution or 'resolved'} by "
                f"{row.resolved_by or 'a sync'}"
            )
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
