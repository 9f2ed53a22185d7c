"""`storeloom channel`: the chat channels' platform credentials."""

from __future__ import annotations

import os
import re
import sys

import click
from rich.table import Table

from connectors.crm.channels import find_channel, list_channels, seal_channel
from connectors.errors import ConfigurationError
from orchestration.commands.shared import json_option, notes, open_crm, out, print_json


@click.group()
def channel() -> None:
    """The chat channels' credentials, encrypted like the stores' (`storeloom keys`).

    The database refuses them in plain text: every member of an organization may read the column.
    """


@channel.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the channels and whether they have credentials."""
    with open_crm().connection() as connection:
        rows = list_channels(connection)
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("no channels yet: the chat application makes them")
        return
    table = Table("channel", "organization", "name", "platform", "credentials", box=None)
    for row in rows:
        table.add_row(
            row.id, row.organization_name, row.name, row.platform,
            "encrypted" if row.is_sealed else "none",
        )  # fmt: skip
    out.print(table)


@channel.command()
@click.argument("channel_id", metavar="CHANNEL")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def seal(channel_id: str, names: tuple[str, ...]) -> None:
    """Give CHANNEL (its id) new credentials, by NAME, e.g. access_token.

    Each value comes from STORELOOM_CHANNEL_<NAME> or a prompt, never from the command line.
    """
    crm = open_crm()
    with crm.connection() as connection:
        found = find_channel(connection, channel_id)
        values = {name: _value(name) for name in names}
        seal_channel(connection, crm.keys, found, values)
    out.print(f'channel "{found.name}" has new credentials: {", ".join(sorted(values))}')


def _value(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigurationError(
            "a credential's name is in lower-case letters, digits and _, e.g. access_token"
        )
    variable = f"STORELOOM_CHANNEL_{name.upper()}"
    given = os.environ.get(variable)
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigurationError(f"set {variable}, or run this where it can ask you")
    notes.print(f"{name}; it is stored encrypted.")
    return str(click.prompt(name.replace("_", " "), hide_input=True, err=True))
