"""`storeloom store set`: settings of a store that exists, without its credentials."""

from __future__ import annotations

from collections.abc import Sequence

import click
import msgspec

from connectors.crm.fitness import check_store
from connectors.crm.opening import edits_of
from connectors.crm.stores import change_settings, load_config
from connectors.errors import ConfigurationError
from orchestration.commands.settings import parse_settings
from orchestration.commands.shared import json_option, open_crm, out, print_json


@click.command(name="set")
@click.argument("key")
@click.argument("pairs", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--unset", "removed", multiple=True, metavar="NAME", help="Take a setting away.")
@click.option("--no-check", is_flag=True, help="Save without asking the store whether all is well.")
@json_option
def set_(
    key: str, *, pairs: Sequence[str], removed: Sequence[str], no_check: bool, as_json: bool
) -> None:
    """Change settings of the store KEY; without any, show them.

    The store is asked first, with the new settings; nothing is saved when it refuses. They count
    from the next sync on. A VALUE that is JSON is taken as such, @FILE reads one from a file:

    \b
      storeloom store set eu-shop edits=crm_wins country=DE
      storeloom store set eu-shop --unset edits
    """
    given = parse_settings(pairs)
    crm = open_crm()
    with crm.connection() as connection:
        config = load_config(connection, crm.keys, key)
    unknown = [name for name in removed if name not in config.settings]
    if unknown:
        raise ConfigurationError(
            f'store "{key}" has no setting {", ".join(unknown)}; it has '
            f"{', '.join(sorted(config.settings)) or 'none'}"
        )
    settings = dict(config.settings)
    if given or removed:
        kept = {name: value for name, value in settings.items() if name not in removed}
        config = msgspec.structs.replace(config, settings={**kept, **given})
        edits_of(config)
        if not no_check:
            failures = check_store(crm.url, crm.keys, config).failures
            if failures:
                advice = f"; {failures[0].advice}" if failures[0].advice else ""
                raise ConfigurationError(
                    f'store "{key}" is left as it was: {failures[0].found}{advice}'
                )
        with crm.connection() as connection:
            settings = dict(change_settings(connection, key, given, removed).settings)
    if as_json:
        print_json(settings)
        return
    if not settings:
        out.print(f'store "{key}" has no settings')
    for name in sorted(settings):
        out.print(f"{name} = {settings[name]}", markup=False)
