"""`storeloom up`: everything that runs, started and stopped as one."""

from __future__ import annotations

import signal
from threading import Event
from types import FrameType

import click

from connectors.crm.migrations import migrate
from orchestration.commands.shared import notes, out
from orchestration.lib.databases import open_databases, require_migrated
from orchestration.lib.dbt import ensure_manifest, environment_for
from orchestration.lib.processes import DagsterPlatform
from orchestration.settings import load_settings


@click.command()
@click.option("--host", help="Address to listen on. Default: STORELOOM_HOST or 127.0.0.1.")
@click.option("--port", type=int, help="Port of the UI. Default: STORELOOM_PORT or 3000.")
@click.option("--no-migrate", is_flag=True, help="Refuse to start instead of applying migrations.")
@click.option("--no-daemon", is_flag=True, help="UI only: no schedules, no sensors, no queue.")
def up(*, host: str | None, port: int | None, no_migrate: bool, no_daemon: bool) -> None:
    """Start the database (if embedded), the Dagster UI and the schedules; Ctrl-C stops them all.

    The UI has no login: keep it on the loopback address, or put a proxy that has one before it.
    """
    settings = load_settings()
    stopping = stop_on_signals()
    databases = open_databases(settings, migrated=not no_migrate)
    if no_migrate:
        require_migrated(databases.crm_url)
    else:
        for name in migrate(databases.crm_url):
            notes.print(f"migrated  {name}")
    platform = DagsterPlatform(
        settings, host=host or settings.host, port=settings.port if port is None else port
    )
    ensure_manifest(environment_for(databases.crm_url))
    try:
        platform.start(daemon=not no_daemon)
        notes.print("starting Dagster …", style="dim")
        # Meanwhile, since importing Dagster takes this process as long as it takes the others.
        from orchestration.lib.instance import open_instance, tidy_up  # noqa: PLC0415

        with open_instance(settings) as instance:
            tidy_up(instance, settings)
        platform.wait_until_ready(is_stopping=stopping.is_set)
        if not stopping.is_set():
            out.print(f"Storeloom is up: [bold]{platform.url}[/bold]   (Ctrl-C stops it)")
        while not stopping.wait(1.0):
            platform.check()
    finally:
        notes.print("stopping …", style="dim")
        platform.stop()


def stop_on_signals() -> Event:
    """Return an event that Ctrl-C, SIGTERM or a closed terminal sets."""
    stopping = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return stopping
