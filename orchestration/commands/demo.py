"""`storeloom demo`: the whole way once, on this machine, with proof at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import click
from rich.table import Table

from connectors.errors import StoreloomError
from orchestration.commands.shared import notes, out
from orchestration.commands.up import stop_on_signals
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.lib.demo import Line


class DemoDiffersError(StoreloomError):
    """The CRM does not hold what the stores hold."""


class Stopwatch:
    """Names and seconds of what was done, in order."""

    def __init__(self) -> None:
        self.laps: list[tuple[str, float]] = []

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time the block and say that it is being done."""
        began = time.monotonic()
        with notes.status(name):
            yield
        self.add(name, time.monotonic() - began)

    def add(self, name: str, seconds: float) -> None:
        """Note something that was timed elsewhere."""
        self.laps.append((name, seconds))
        notes.print(f"{name}  [dim]{seconds:.1f} s[/dim]")


@click.command()
@click.option("--no-ui", is_flag=True, help="End after the table instead of keeping the UI open.")
@click.option(
    "--orders",
    type=click.IntRange(10),
    default=2000,
    show_default=True,
    help="Orders in each store.",
)
@click.option(
    "--port", type=int, help="Port of the UI; default 3000, or a free one if it is taken."
)
def demo(*, no_ui: bool, orders: int, port: int | None) -> None:
    """Two sandbox stores, synced, modelled and measured; then compared, to the cent.

    A WooCommerce store in euros and a Shopify store in dollars run on this machine, in one
    organization that reports in euros. The nightly job syncs both, builds the views and computes
    the metrics; the table at the end counts both sides. Everything lives in its own database under
    STORELOOM_HOME/demo: your own data is not touched. Ends with code 1 when anything differs.
    """
    from orchestration.lib import demo as parts

    home = load_settings().home / "demo"
    parts.enter_demo(os.environ, home)
    settings = load_settings()
    stopping = stop_on_signals()
    watch = Stopwatch()
    with ExitStack() as stack:
        _run(settings, stack, watch, stopping, no_ui=no_ui, orders=orders, port=port)


def _run(
    settings: Settings,
    stack: ExitStack,
    watch: Stopwatch,
    stopping: Event,
    *,
    no_ui: bool,
    orders: int,
    port: int | None,
) -> None:
    from orchestration.lib import demo as parts
    from orchestration.lib.databases import open_databases

    spec, is_other = parts.plan(settings.home, orders)
    with watch.lap("database and migrations"):
        if is_other or parts.is_outdated(settings):
            parts.start_over(settings)
        databases = open_databases(settings)
    with watch.lap("sandbox stores"):
        sandbox = stack.enter_context(parts.open_sandbox(spec))
        parts.write_spec(settings.home, replace(spec, port=sandbox.port))
        organization_id = parts.connect_stores(databases.crm_url, settings, sandbox, spec)
    _prepare_dbt(watch, databases.crm_url)
    url = _sync(settings, stack, watch, stopping, with_ui=not no_ui, port=port)
    if stopping.is_set():
        return
    with watch.lap("comparison"):
        lines = parts.compare(databases.crm_url, sandbox)
    _show_comparison(lines)
    _show_kpis(parts.headline(databases.crm_url, organization_id))
    _show_times(watch)
    different = [line for line in lines if not line.is_equal]
    if different:
        raise DemoDiffersError(
            f"{len(different)} of {len(lines)} comparisons differ: "
            + ", ".join(f"{line.store} {line.stream}" for line in different)
        )
    if url is not None:
        out.print(f"\nThe UI is at [bold]{url}[/bold]   (Ctrl-C ends the demo)")
        stopping.wait()


def _prepare_dbt(watch: Stopwatch, url: str) -> None:
    from orchestration.lib.dbt import ensure_manifest, environment_for

    with watch.lap("dbt manifest"):
        ensure_manifest(environment_for(url))


def _sync(
    settings: Settings,
    stack: ExitStack,
    watch: Stopwatch,
    stopping: Event,
    *,
    with_ui: bool,
    port: int | None,
) -> str | None:
    """Run nightly_sync; return the UI's address if there is one."""
    from orchestration.lib.children import Children
    from orchestration.lib.instance import open_instance, tidy_up
    from orchestration.lib.launch import execute, failure_of, follow, launch
    from orchestration.lib.processes import DagsterPlatform, child_environment
    from orchestration.settings import PROJECT

    with watch.lap("Dagster"):
        instance = stack.enter_context(open_instance(settings))
        tidy_up(instance, settings)
        check: Callable[[], None]
        if with_ui:
            platform = stack.enter_context(
                DagsterPlatform(settings, host=settings.host, port=_choose_port(settings, port))
            )
            platform.start()
            platform.wait_until_ready(is_stopping=stopping.is_set)
            if stopping.is_set():
                return None
            run_id = launch(platform, "nightly_sync")
            check, url = platform.check, platform.url
        else:
            children = stack.enter_context(
                Children(
                    child_environment(settings), directory=PROJECT, logs=settings.log_directory
                )
            )
            run_id = execute(children, instance, "nightly_sync")
            check, url = children.check, None
    began = time.monotonic()
    with notes.status("nightly_sync"):
        run = follow(
            instance,
            run_id,
            on_step=lambda step: watch.add(f"  {step.name}", step.seconds),
            check=check,
            is_stopping=stopping.is_set,
        )
    watch.add("nightly_sync", time.monotonic() - began)
    if not run.is_success and not stopping.is_set():
        raise StoreloomError(
            f"nightly_sync ended as {run.status.value}: {failure_of(instance, run_id)}"
        )
    return url


def _choose_port(settings: Settings, port: int | None) -> int:
    """The port asked for, or the usual one unless somebody has it."""
    from connectors.errors import ConfigurationError
    from orchestration.lib.processes import free_port, require_free_port

    if port is not None:
        return port
    try:
        require_free_port(settings.host, settings.port)
    except ConfigurationError:
        return free_port(settings.host)
    return settings.port


def _show_comparison(lines: Sequence[Line]) -> None:
    table = Table("store", "entity", title="Stores against CRM")
    for name in ("rows in store", "rows in CRM", "sum in store", "sum in CRM", "equal"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(
            line.store,
            line.stream,
            f"{line.store_rows:,}",
            f"{line.crm_rows:,}",
            line.store_sums,
            line.crm_sums,
            "yes" if line.is_equal else "[red]NO[/red]",
        )
    out.print(table)


def _show_kpis(figures: Mapping[str, str]) -> None:
    table = Table("KPI", title="Headline figures")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, value)
    out.print(table)


def _show_times(watch: Stopwatch) -> None:
    table = Table("step", title="Time")
    table.add_column("seconds", justify="right")
    for name, seconds in watch.laps:
        table.add_row(name, f"{seconds:.1f}")
    out.print(table)
