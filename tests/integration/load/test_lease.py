"""One loader a store: rivals, corpses, sleepers, and what is left after a kill -9."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.database import connect
from connectors.crm.lease import Lease, is_dead
from connectors.crm.load import Batch, load_batch
from connectors.crm.sync import StoreResult, sync_store
from connectors.crm.target import Target
from connectors.errors import LeaseLost, Transient
from connectors.records import Stream
from tests.integration.load.crash_sync import store as crashing_store
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]


@pytest.mark.parametrize("batches", [1, 3, 6, 14])
def test_a_sync_killed_at_any_batch_and_run_again_ends_equal_and_nothing_doubled(
    config: StoreConfig, database: str, sync: Sync, rows: Rows, batches: int
) -> None:
    command = [sys.executable, "-m", "tests.integration.load.crash_sync", database]
    with subprocess.Popen(
        [*command, config.id, config.organization_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(batches):
            assert process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()

    sync(crashing_store(config), full=False)

    assert rows(
        "select count(*), count(distinct ecommerce_order_id), sum(total) from crm_orders"
    ) == [(60, 60, Decimal(6000))]
    # Customers 20 to 24 are known from their orders alone.
    assert rows("select count(*), sum(total_orders) from crm_clients") == [(25, 60)]
    assert rows("select count(*) from sync.record_map") == [(85,)]


def test_two_syncs_of_one_store_at_once_the_second_waits_its_turn(
    config: StoreConfig, database: str, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, order("1"))
    rivals: list[StoreResult] = []

    def rival(_stream: Stream, _number: int) -> None:
        rivals.append(sync_store(database, config, run_id="rival", connector=MemoryStore(config)))

    store.before_page = rival
    sync(store)

    assert all(isinstance(one.error, Transient) for one in rivals)
    assert "another sync of it is running" in str(rivals[0].error)
    assert rows("select count(*) from crm_orders") == [(1,)]


def test_a_lease_silent_for_a_minute_is_taken_over_and_the_sleeper_cannot_commit(
    config: StoreConfig, database: str, connection: psycopg.Connection[Any], rows: Rows
) -> None:
    target = Target(
        organization_id=config.organization_id, store_id=config.id, key="shop", platform="p"
    )
    batch = Batch(stream=Stream.ORDERS, records=[order("1")], fetched=1)
    with Lease(database, config, run_id="sleeper") as sleeper:
        with pytest.raises(Transient), Lease(database, config, run_id="early"):
            pass
        connection.execute(
            "update sync.leases set heartbeat_at = now() - interval '61 s', holder = 'elsewhere/1'"
        )
        with (
            Lease(database, config, run_id="heir") as heir,
            connect(database, autocommit=True) as loading,
        ):
            assert heir.token == sleeper.token + 1
            with pytest.raises(LeaseLost, match="took over"):
                load_batch(loading, target, batch, lease=sleeper)
            assert rows("select count(*) from crm_orders") == [(0,)]
            load_batch(loading, target, batch, lease=heir)
    assert rows("select count(*) from crm_orders") == [(1,)]


def test_a_holder_that_died_on_this_host_need_not_be_waited_for(
    config: StoreConfig, database: str, connection: psycopg.Connection[Any]
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with Lease(database, config, run_id="first") as lease:
        row = connection.execute("select holder from sync.leases").fetchone()
        assert row is not None
        holder = str(row[0])
        host = holder.rpartition("/")[0]
        assert not is_dead(holder)
        assert is_dead(f"{host}/{gone.pid}")
        assert not is_dead(f"elsewhere/{gone.pid}")
        connection.execute("update sync.leases set holder = %s", [f"{host}/{gone.pid}"])
        with Lease(database, config, run_id="second") as second:
            assert second.token == lease.token + 1


def test_a_lease_shows_signs_of_life_also_after_its_connection_broke(
    config: StoreConfig, database: str, connection: psycopg.Connection[Any]
) -> None:
    beats = "select heartbeat_at from sync.leases"
    with Lease(database, config, run_id="alive", heartbeat_seconds=0.02):
        for _ in range(2):
            before = connection.execute(beats).fetchone()
            deadline = time.monotonic() + 20
            while connection.execute(beats).fetchone() == before and time.monotonic() < deadline:
                threading.Event().wait(0.02)
            assert connection.execute(beats).fetchone() != before
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'storeloom-lease'"
            )
    assert connection.execute("select released_at is null from sync.leases").fetchone() == (False,)


def test_two_stores_of_one_organization_loaded_at_once_share_their_persons_without_deadlock(
    make_store: Callable[..., StoreConfig], database: str, rows: Rows
) -> None:
    people = [str(number) for number in range(30)]

    def load(key: str, ids: list[str]) -> StoreResult:
        store = MemoryStore(configs[key], page_size=5)
        for place, number in enumerate(ids):
            at = DAY + timedelta(seconds=place)
            email = f"p{number}@example.com"
            store.put(
                customer(f"{key}{number}", email=email, source_updated_at=at),
                order(f"{key}{number}", email=email, source_updated_at=at),
            )
        return sync_store(database, store.config, run_id=key, connector=store)

    settings = {"batch_records": 5}
    configs = {key: make_store(key, settings=settings) for key in ("one", "two")}
    with ThreadPoolExecutor(2) as pool:
        # Opposite orders, so that each holds what the other one wants next.
        both = pool.map(load, configs, [people, people[::-1]])
        assert [result.error for result in both] == [None, None]

    assert rows("select count(*), sum(total_orders), sum(total_revenue) from crm_clients") == [
        (30, 60, Decimal(6000))
    ]
