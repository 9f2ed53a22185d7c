"""`storeloom edits`: what people changed in columns that a store fills."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.markup import escape
from rich.table import Table

from connectors.crm.audit import list_edits, release_edits
from connectors.errors import ConfigurationError
from orchestration.commands.shared import json_option, open_crm, out, print_json


@click.group()
def edits() -> None:
    """What people changed in columns that a store fills (docs/ownership.md says which).

    The store's value comes back at the next sync. With the store's setting edits=crm_wins the
    person's value is held until it is released here.
    """


@edits.command(name="list")
@click.argument("store")
@click.option("--settled", is_flag=True, help="Those that are over, too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@json_option
def list_(store: str, *, settled: bool, limit: int, as_json: bool) -> None:
    """List the edits in rows of STORE, newest first. Values: storeloom audit."""
    with open_crm().connection() as connection:
        rows = list_edits(connection, store, include_settled=settled, limit=limit)
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("nobody changed what the store fills")
        return
    table = Table("number", "record", "column", "when (UTC)", "by", "state", box=None)
    for row in rows:
        table.add_row(
            str(row.id), escape(f"{row.stream or row.table} {row.external_id}"),
            row.column or "(removed)", f"{row.edited_at:%Y-%m-%d %H:%M}", row.edited_by or "-",
            row.state,
        )  # fmt: skip
    out.print(table)


@edits.command()
@click.argument("store")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="Everything that is held of this store.")
@json_option
def release(store: str, numbers: Sequence[int], *, every: bool, as_json: bool) -> None:
    """Let STORE have its way again in held columns, from its next sync on."""
    if bool(numbers) == every:
        raise ConfigurationError("name the numbers of edits, or --all")
    with open_crm().connection() as connection:
        released = release_edits(connection, store, None if every else numbers)
    missing = sorted(set(numbers) - set(released))
    if missing:
        raise ConfigurationError(
            f'store "{store}" holds no edit {", ".join(map(str, missing))}; '
            f"{len(released)} released. See storeloom edits list {store}"
        )
    if as_json:
        print_json({"released": released})
    else:
        out.print(f"{len(released)} released; storeloom sync {store} puts the store's values back")
