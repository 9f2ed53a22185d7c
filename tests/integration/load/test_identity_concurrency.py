"""Clients that are merged while others write to them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg

from connectors.base import StoreConfig
from connectors.crm.client_merge import Merge, lock_clients, merge_clients
from connectors.crm.client_restore import undo_merge
from connectors.crm.database import connect
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Stream
from tests.integration.load.memory_store import MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]


def client_of(rows: Rows, customer_id: str) -> UUID:
    found = rows("select id from crm_clients where ecommerce_customer_id = %s", customer_id)
    return UUID(str(found[0][0]))


def merge(organization: str, winner: UUID, loser: UUID) -> Merge:
    return Merge(
        organization_id=organization,
        winner_id=winner,
        loser_id=loser,
        reason="review",
        evidence={},
        run_id="test",
    )


def test_an_order_of_the_loser_that_is_being_loaded_by_another_store_is_not_lost(
    make_store: Callable[..., StoreConfig],
    database: str,
    sync: Sync,
    rows: Rows,
    organization: str,
) -> None:
    """The other store knows the loser when its batch begins; the merge has to wait for it."""
    first, second = make_store("one"), make_store("two")
    sync(MemoryStore(first, customer("1"), customer("2")))
    two = MemoryStore(second, customer("9", email="c2@example.com"))
    sync(two)
    winner, loser = client_of(rows, "1"), client_of(rows, "2")
    assert len(rows("select id from crm_clients")) == 2
    two.put(*(order(str(number), customer_external_id="9") for number in range(40)))

    done = threading.Event()

    def back_and_forth() -> int:
        times = 0
        with connect(database) as connection:
            while not done.is_set():
                with connection.transaction():
                    lock_clients(connection, organization)
                    number = merge_clients(connection, merge(organization, winner, loser))
                with connection.transaction():
                    lock_clients(connection, organization)
                    undo_merge(connection, organization, number, run_id="test")
                times += 1
        return times

    with ThreadPoolExecutor(1) as pool:
        merging = pool.submit(back_and_forth)
        try:
            result = sync_store(database, second, run_id=uuid.uuid4().hex, connector=two, full=True)
        finally:
            done.set()
        assert merging.result() > 0

    assert result.error is None
    assert result.streams[Stream.ORDERS].inserted == 40
    assert not result.degraded
    assert rows(
        "select r.client_id = %s, count(*), max(c.total_orders) from crm_orders r "
        "join crm_clients c on c.id = r.client_id group by 1",
        loser,
    ) == [(True, 40, 40)]


def test_a_deal_that_the_application_hangs_on_the_loser_is_moved_or_refused_never_lost(
    config: StoreConfig, database: str, sync: Sync, rows: Rows, organization: str
) -> None:
    sync(MemoryStore(config, customer("1"), customer("2")))
    winner, loser = client_of(rows, "1"), client_of(rows, "2")

    def deals() -> int:
        made = 0
        with connect(database) as connection:
            for number in range(200):
                try:
                    with connection.transaction():
                        connection.execute(
                            "insert into public.crm_deals (organization_id, client_id, name) "
                            "values (%s, %s, %s)",
                            (organization, loser, str(number)),
                        )
                except psycopg.errors.ForeignKeyViolation:
                    return made
                made += 1
        return made

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(deals)
        with connect(database) as connection, connection.transaction():
            lock_clients(connection, organization)
            merge_clients(connection, merge(organization, winner, loser))
        made = working.result()

    assert rows("select count(*), count(distinct client_id) from crm_deals") == [
        (made, 1 if made else 0)
    ]


def test_two_stores_with_the_same_ids_that_sweep_at_once_join_a_chat_once(
    make_store: Callable[..., StoreConfig],
    database: str,
    sync: Sync,
    rows: Rows,
    organization: str,
) -> None:
    stores = [
        MemoryStore(make_store(key), customer("7", email="ann@example.com"), order("1"))
        for key in ("one", "two")
    ]
    for store in stores:
        sync(store)
    rows(
        "with k as (insert into channels (organization_id, name, platform) "
        "values (%s, 'Line', 'web') returning id) "
        "insert into contacts (organization_id, channel_id, platform, platform_user_id, name) "
        "select %s, id, 'web', 'u', 'Annie' from k returning id",
        organization,
        organization,
    )
    rows("update crm_clients set email = 'ann@example.com' where source = 'web' returning 1")

    with ThreadPoolExecutor(2) as pool:
        results = list(
            pool.map(
                lambda store: sync_store(
                    database, store.config, run_id=uuid.uuid4().hex, connector=store, full=True
                ),
                stores,
            )
        )

    assert [one.error for one in results] == [None, None]
    assert rows(
        "select count(*), count(contact_id) from crm_clients where email = 'ann@example.com'"
    ) == [(1, 1)]
    assert rows("select count(*) from sync.client_merges") == [(1,)]


def test_two_organizations_with_the_same_address_stay_strangers(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    other = str(rows("insert into organizations (name) values ('B') returning id")[0][0])
    stores = [
        MemoryStore(make_store("one"), customer("7", email="ann@example.com")),
        MemoryStore(make_store("two", organization_id=other)),
    ]
    stores[1].put(order("1", email="ann@example.com", full_name="Ann"))

    for _ in range(2):
        for store in stores:
            sync(store)

    assert rows(
        "select count(*), count(distinct organization_id), sum(total_orders) from crm_clients"
    ) == [(2, 2, 1)]
    assert rows("select count(*) from sync.client_merges") == [(0,)]
