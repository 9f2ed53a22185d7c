"""`python -m bench.marts`: the marts at a million orders, against the times that were promised.

Times the whole project as a night runs it: a first `dbt build`, one after nothing has changed, one
after a night's changes, and the refresh of the five views beside their bare queries. The server has
the settings every embedded one has. Seconds on a machine that does something else mean little, so
the load is printed beside each.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.metrics import refresh_analytics
from connectors.crm.migrations import migrate
from orchestration.lib.dbt import build, ensure_manifest, environment_for

HERE = Path(__file__).parent
VIEWS = """
    select matviewname, definition from pg_matviews
    where schemaname = 'public' and matviewname like 'analytics\\_%'
"""


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def say(what: str, took: float, promised: str) -> None:
    print(f"{what:<44} {took:8.1f} s   {promised:<14} load {os.getloadavg()[0]:.1f}", flush=True)


def run(connection: psycopg.Connection, name: str, **settings: int) -> None:
    for setting, value in settings.items():
        connection.execute("select set_config(%s, %s, false)", [f"bench.{setting}", str(value)])
    connection.execute((HERE / name).read_bytes())
    # Autovacuum would come in a minute or two; nobody builds that soon after a first load.
    connection.execute("vacuum (analyze)")


def build_all(url: str, home: Path, *, slowest: int) -> None:
    built = build(url, home)
    if built.error is not None:
        raise SystemExit(built.error)
    for node in sorted(built.nodes, key=lambda node: -node.seconds)[:slowest]:
        print(f"    {node.seconds:6.1f}  {node.unique_id.split('.', 2)[2][:70]}")


def refreshes(connection: psycopg.Connection) -> Iterator[tuple[float, float]]:
    """Yield the time of a refresh of all five, and of their five queries, three times in turn."""
    queries = [str(query) for _, query in connection.execute(VIEWS).fetchall()]
    for _ in range(3):
        refreshed = seconds(lambda: refresh_analytics(connection))
        bare = sum(
            seconds(lambda query=query: connection.execute(query.encode()).fetchall())
            for query in queries
        )
        yield refreshed, bare


@contextmanager
def database(keep: Path | None) -> Iterator[tuple[str, Path]]:
    """A server of our own: under `keep`, where a next run finds its data, or thrown away."""
    with tempfile.TemporaryDirectory() as scratch:
        home = keep or Path(scratch)
        with EmbeddedServer(home) as server:
            with psycopg.connect(server.url(), autocommit=True) as admin:
                known = admin.execute("select 1 from pg_database where datname = 'crm'").fetchone()
                if known is None:
                    admin.execute("create database crm")
            yield server.url("crm"), home


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.marts", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--changed", type=int, default=2_000, help="orders that a night changes")
    parser.add_argument("--keep", type=Path, help="keep the database here, and use what is there")
    parser.add_argument("--slowest", type=int, default=6, help="nodes to name of each build")
    options = parser.parse_args()

    with (
        database(options.keep) as (url, home),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        migrate(url)
        if connection.execute("select 1 from crm_orders limit 1").fetchone() is None:
            took = seconds(lambda: run(connection, "generate.sql", orders=options.orders))
            say(f"{options.orders:,} orders made", took, "")
        # Parsed once after an installation, not every night.
        ensure_manifest(environment_for(url))

        connection.execute("drop schema marts cascade; create schema marts")
        for title, promised in (
            ("full build", "180 s"),
            ("build, nothing changed", "40 s"),
            (f"build, {options.changed:,} orders changed", "40 s"),
        ):
            if "orders changed" in title:
                run(connection, "change.sql", changed=options.changed)
            took = seconds(lambda: build_all(url, home, slowest=options.slowest))
            say(title, took, f"under {promised}")

        pairs = list(refreshes(connection))
        refreshed, bare = (median(pair[place] for pair in pairs) for place in (0, 1))
        say("refresh of the five views", refreshed, "")
        say("their bare queries", bare, "")
        print(f"ratio {refreshed / bare:.2f}, promised 1.5")


if __name__ == "__main__":
    main()
