"""`python -m bench`: the load path against a plain hand-written loader, interleaved, same database.

Ratios in one run on one machine mean something, seconds do not: both loaders get the same store
process, the same PostgreSQL with default durability, and a database of their own with every index
and trigger; the order of the two alternates.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.keys import KeyRing
from connectors.crm.migrations import migrate
from connectors.crm.stores import add_store, ensure_organization

WRITES = """
    select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
    from pg_stat_user_tables
    where schemaname = 'public' or relname like 'record\\_map%'
"""
TRUTH = """
    select (select count(*) from crm_orders), (select sum(total) from crm_orders),
      (select count(*) from crm_clients), (select sum(total_revenue) from crm_clients),
      (select count(*) from crm_products), (select sum(price) from crm_products)
"""


@contextmanager
def store(orders: int) -> Iterator[str]:
    """Run the store as a process and yield its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.shop_server", "--orders", str(orders)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Bench:
    """A server, and a migrated database for each run."""

    def __init__(self, server: EmbeddedServer, home: Path) -> None:
        self._server = server
        self._keys = KeyRing.load(home, {})
        self._create("template_bench")
        migrate(server.url("template_bench"))

    def _create(self, name: str, template: str = "template1") -> None:
        with psycopg.connect(self._server.url(), autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}")

    @contextmanager
    def database(self, store_url: str) -> Iterator[dict[str, str]]:
        """Yield the arguments of a run into a fresh database, dropped afterwards."""
        name = f"bench_{uuid.uuid4().hex[:8]}"
        self._create(name, "template_bench")
        url = self._server.url(name)
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                organization = ensure_organization(connection, "Bench")
                added = add_store(
                    connection,
                    self._keys,
                    organization_id=organization,
                    key="bench",
                    platform="woocommerce",
                    base_url=store_url,
                    credentials={},
                )
            yield {
                "--database-url": url,
                "--store-url": store_url,
                "--store-id": added.id,
                "--organization-id": organization,
            }
        finally:
            with psycopg.connect(self._server.url(), autocommit=True) as connection:
                connection.execute(f"drop database {name} with (force)")


def run(loader: str, arguments: dict[str, str]) -> dict[str, Any]:
    """Run one load in its own process and return what it measured."""
    words = [word for pair in arguments.items() for word in pair]
    done = subprocess.run(
        [sys.executable, "-m", "bench.run_once", loader, *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def ask(url: str, query: str) -> tuple[Any, ...]:
    """Return the only row of a query."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def compare(bench: Bench, orders: int, runs: int) -> dict[str, Any]:
    """Time both loaders in turn; afterwards sync a second time and count what that wrote."""
    measured: dict[str, list[dict[str, Any]]] = {"storeloom": [], "baseline": []}
    again: dict[str, Any] = {}
    written = -1
    with store(orders) as store_url:
        for number in range(runs):
            pair = ("storeloom", "baseline") if number % 2 == 0 else ("baseline", "storeloom")
            truths = {}
            for loader in pair:
                with bench.database(store_url) as arguments:
                    measured[loader].append(run(loader, arguments))
                    print(f"{orders:>8,} {loader:10} {measured[loader][-1]}", file=sys.stderr)
                    url = arguments["--database-url"]
                    truths[loader] = ask(url, TRUTH)
                    if loader == "storeloom" and number == 0:
                        before = ask(url, WRITES)[0]
                        again = run("storeloom", arguments)
                        written = ask(url, WRITES)[0] - before
            if truths["storeloom"] != truths["baseline"]:
                sys.exit(f"the loaders disagree: {truths}")
    seconds = {
        loader: median(one["seconds"] for one in found) for loader, found in measured.items()
    }
    return {
        "orders": orders,
        "runs": runs,
        "seconds": seconds,
        "ratio": round(seconds["baseline"] / seconds["storeloom"], 2),
        "orders_per_second": round(orders / seconds["storeloom"]),
        "peak_mb": max(one["peak_mb"] for one in measured["storeloom"]),
        "second_sync_seconds": again["seconds"],
        "second_sync_rows_written": written,
    }


def main() -> None:
    """Measure, print a table, exit 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storeloom-bench-") as home:
        Path(home).chmod(0o711)
        with EmbeddedServer(Path(home) / "server") as server:
            bench = Bench(server, Path(home))
            small = compare(bench, max(options.orders // 5, 1), 1)
            large = compare(bench, options.orders, options.runs)
    growth = large["peak_mb"] / small["peak_mb"]
    figures = {"small": small, "large": large, "memory_growth": round(growth, 2)}
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for found in (small, large):
            for name, value in found.items():
                print(f"{name:26} {value}")
            print()
        print(f"memory, 5 x the orders     {growth:.2f} x")
    if large["ratio"] < 2 or large["second_sync_rows_written"] != 0 or growth > 1.5:
        sys.exit("a promise is broken: at least 2 x as fast, no second write, flat memory")


if __name__ == "__main__":
    main()
