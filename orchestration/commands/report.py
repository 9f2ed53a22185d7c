"""`storeloom report`: an organization's report, made now and opened."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from connectors.report.building import build_report, find_organization
from orchestration.commands.shared import json_option, notes, open_crm, out, print_json


@click.command()
@click.argument("organization", metavar="ORG")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it. Default: STORELOOM_HOME/reports/<organization>/report.html",
)
@click.option("--open/--no-open", "opened", default=True, help="Open it in a browser.")
@json_option
def report(organization: str, *, output: Path | None, opened: bool, as_json: bool) -> None:
    """Write the report of ORG, a name or an id, from the marts as they are, and open it.

    One HTML page without scripts or anything from elsewhere: it can be mailed and printed. The file
    may be read by you only. The night makes the same page; `storeloom analytics build` brings the
    marts up to date.
    """
    crm = open_crm()
    with crm.connection() as connection:
        found = find_organization(connection, organization)
        connection.commit()
        with notes.status(f"report of {found.name}"):
            built = build_report(
                connection,
                found,
                crm.settings.home,
                output=None if output is None else output.expanduser().resolve(),
            )
    if as_json:
        print_json(built)
    else:
        for one in built.key_figures:
            out.print(
                f"{one.name}: [bold]{one.shown}[/bold]" + (f"  {one.change}" if one.change else "")
            )
        if built.cautions:
            out.print(f"{built.cautions} cautions stand at its top", style="yellow")
        out.print(built.path, soft_wrap=True, markup=False)
    if opened and not as_json and not webbrowser.open(Path(built.path).as_uri()):
        notes.print("no browser could be opened here: open the file yourself, or --no-open")
