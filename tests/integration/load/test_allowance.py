"""One store's allowance, drawn from by several processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.allowance import StoreAllowance
from connectors.errors import DatabaseError
from connectors.sandbox import SandboxServer, SandboxSpec

Make = Callable[..., StoreConfig]
READERS = 4
PAGES = 8


@pytest.fixture
def allowance(database: str, config: StoreConfig) -> Iterator[StoreAllowance]:
    with closing(StoreAllowance(database, config)) as opened:
        yield opened


def slow(available: float) -> dict[str, float]:
    """What a store says whose bucket refills so slowly that a test's own time does not count."""
    return {"available": available, "maximum": 1000.0, "per_second": 0.001}


def test_nobody_waits_before_the_store_has_said_anything(allowance: StoreAllowance) -> None:
    assert allowance.take(5_000) == 0.0


def test_what_one_process_set_aside_another_one_cannot_spend(
    allowance: StoreAllowance, database: str, config: StoreConfig
) -> None:
    allowance.observe(**slow(1000))
    with closing(StoreAllowance(database, config)) as other:
        assert allowance.take(600) == 0.0
        # 200 points are missing, at one in a thousand seconds.
        assert other.take(600) == pytest.approx(200_000, rel=0.01)
        # Whoever comes later waits for those before as well.
        assert allowance.take(100) == pytest.approx(300_000, rel=0.01)


def test_what_was_not_spent_goes_back(allowance: StoreAllowance) -> None:
    allowance.observe(**slow(1000))
    allowance.take(900)
    allowance.observe(**slow(980), given_back=880)
    assert allowance.take(970) == 0.0


def test_the_store_may_lower_the_level_but_does_not_know_what_is_on_its_way(
    allowance: StoreAllowance,
) -> None:
    allowance.observe(**slow(1000))
    allowance.take(900)
    # Said before the 900 arrived: they are still to be spent.
    allowance.observe(**slow(1000))
    assert allowance.take(600) == pytest.approx(500_000, rel=0.01)
    allowance.observe(**slow(10), given_back=2000)
    assert allowance.take(10) == 0.0
    assert allowance.take(1) > 0.0


def test_more_than_the_bucket_holds_waits_for_it_to_be_full(allowance: StoreAllowance) -> None:
    allowance.observe(**slow(400))
    assert allowance.take(5_000) == pytest.approx(600_000, rel=0.01)


def test_the_level_rises_with_time_and_never_above_the_maximum(
    allowance: StoreAllowance, connection: psycopg.Connection[Any]
) -> None:
    allowance.observe(available=0, maximum=1000, per_second=10)
    connection.execute("update sync.allowances set as_of = as_of - interval '50 seconds'")
    assert allowance.take(490) == 0.0
    connection.execute("update sync.allowances set as_of = as_of - interval '1 year'")
    assert allowance.take(1000) == 0.0
    assert allowance.take(100) > 5.0


def test_a_connection_that_was_cut_is_opened_again(
    allowance: StoreAllowance, connection: psycopg.Connection[Any]
) -> None:
    allowance.observe(**slow(1000))
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'storeloom-allowance' and datname = current_database()"
    )
    assert allowance.take(10) == 0.0


def test_stores_do_not_share(allowance: StoreAllowance, database: str, make_store: Make) -> None:
    allowance.observe(**slow(1))
    with closing(StoreAllowance(database, make_store("other"))) as other:
        other.observe(**slow(1000))
        assert other.take(900) == 0.0


def test_a_database_that_is_away_is_named(config: StoreConfig) -> None:
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1"):
        StoreAllowance("postgresql://nobody@127.0.0.1:1/nowhere", config).take(1)


def read_at_once(database: str, home: Path, shares: str) -> int:
    """Read one store in several processes; return how often they were refused."""
    command = [sys.executable, "-m", "tests.integration.load.shared_store", database, str(home)]
    started = [
        subprocess.Popen(
            [*command, "shop", shares, "read", str(PAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * READERS
    return sum(int(refused) for refused in told)


def test_several_processes_on_one_store_are_hardly_ever_refused(
    make_store: Make, database: str, tmp_path: Path
) -> None:
    # Room for two and a half of the pages at a time, four readers.
    spec = SandboxSpec(
        orders=60, products=5, same_second=2, bucket_size=2_000, restore_per_second=3_000
    )
    with SandboxServer(spec) as sandbox:
        make_store(
            "shop",
            platform="shopify",
            base_url=sandbox.shopify_url,
            settings={"allow_http": True},
            credentials=sandbox.credentials("shopify"),
        )
        refused_alone = read_at_once(database, tmp_path, "alone")
        refused_together = read_at_once(database, tmp_path, "shared")
    assert refused_together <= 2, refused_alone
    assert refused_alone >= 5 * max(refused_together, 1)
