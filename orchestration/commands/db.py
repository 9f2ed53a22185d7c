"""`storeloom db`: bring the CRM's database up to date and say where it is."""

from __future__ import annotations

import click
from rich.table import Table

from connectors.crm.migrations import migrate as apply_migrations
from connectors.crm.migrations import status as migration_status
from connectors.errors import ConfigurationError
from orchestration.commands.shared import json_option, notes, out, print_json
from orchestration.lib.databases import open_databases
from orchestration.settings import load_settings


@click.group()
def db() -> None:
    """The CRM's database: STORELOOM_DATABASE_URL, or the embedded server under STORELOOM_HOME."""


@db.command()
@click.option("--dry-run", is_flag=True, help="Show what would be applied and write nothing.")
@json_option
def migrate(*, dry_run: bool, as_json: bool) -> None:
    """Apply the pending migrations, one transaction each.

    Safe to run twice, from two machines at once, and beside the Supabase CLI: both keep their
    state in supabase_migrations.schema_migrations.
    """
    url = open_databases(load_settings(), migrated=False).crm_url
    names = apply_migrations(
        url,
        dry_run=dry_run,
        on_applied=None if as_json else lambda name: out.print(f"applied  {name}"),
    )
    if as_json:
        print_json({"pending" if dry_run else "applied": names})
    elif dry_run:
        for name in names:
            out.print(f"pending  {name}")
    if not names and not as_json:
        out.print("nothing to apply")


@db.command()
@json_option
def status(*, as_json: bool) -> None:
    """List every migration and whether it is applied.

    Ends with code 1 when an applied file has changed or is missing.
    """
    url = open_databases(load_settings(), migrated=False).crm_url
    found = migration_status(url)
    if as_json:
        print_json([{"version": m.version, "name": m.name, "state": m.state} for m in found])
    else:
        table = Table("version", "name", "state", box=None)
        for entry in found:
            table.add_row(entry.version, entry.name, entry.state)
        out.print(table)
    wrong = [entry.name for entry in found if entry.state in {"changed", "missing"}]
    if wrong:
        raise ConfigurationError(
            f"the database and migrations/ disagree about {', '.join(wrong)}: "
            "restore the files from version control; changes go into a new file"
        )


@db.command()
def url() -> None:
    """Print the URL of the CRM's database, password included, for psql and other tools."""
    settings = load_settings()
    click.echo(open_databases(settings, migrated=False).crm_url)
    if settings.is_embedded:
        notes.print(
            "The embedded server runs while `storeloom up` or another Storeloom process does.",
            style="dim",
        )
