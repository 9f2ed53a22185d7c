"""People and the application who write while a sync is under way."""

from __future__ import annotations

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
from connectors.crm.client_merge import lock_clients
from connectors.crm.sync import StoreResult
from connectors.records import Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Connection = psycopg.Connection[Any]
Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
TYPED = (
    "insert into crm_orders (organization_id, client_id, order_number, subtotal, total, currency, "
    "status, order_date) select organization_id, id, 'by hand', 50, 50, 'USD', 'processing', now() "
    "from crm_clients"
)


def wait_until_blocked(connection: Connection, *, by: int) -> None:
    query = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    deadline = time.monotonic() + 60
    while connection.execute(query, [by]).fetchone() == (0,):
        assert time.monotonic() < deadline, "nobody waits"
        threading.Event().wait(0.01)


def sync_behind(person: Connection, connection: Connection, work: Callable[[], object]) -> None:
    """Begin `work` while `person` has not committed; commit once it waits for that."""
    working = threading.Thread(target=work)
    working.start()
    try:
        wait_until_blocked(connection, by=person.info.backend_pid)
    finally:
        person.commit()
        working.join()


def test_an_order_that_comes_in_while_totals_are_put_right_counts(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, database: str
) -> None:
    store = MemoryStore(config, customer("1"), order("1", customer_external_id="1"))
    sync(store)
    connection.execute("update crm_clients set total_orders = 9, total_revenue = 9")
    with psycopg.connect(database) as application:
        application.execute(TYPED)
        sync_behind(application, connection, lambda: sync(store, full=False))
    assert rows("select total_orders, total_revenue from crm_clients") == [(2, Decimal(150))]


def test_an_order_that_changes_its_currency_while_rates_are_filled_gets_no_others_rate(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, database: str
) -> None:
    store = MemoryStore(config, customer("1"), order("1", customer_external_id="1"))
    sync(store)
    connection.execute(TYPED.replace("'USD'", "'EUR'"))
    connection.execute(
        "insert into sync.exchange_rates (base_currency, quote_currency, rate_date, rate) "
        "values ('EUR', 'USD', current_date, 2)"
    )
    with psycopg.connect(database) as person:
        person.execute("update crm_orders set currency = 'JPY' where order_number = 'by hand'")
        sync_behind(person, connection, lambda: sync(store, full=False))
    assert rows("select exchange_rate from crm_orders where currency = 'JPY'") == [(None,)]


@pytest.mark.parametrize("is_committed", [True, False])
def test_where_the_crm_wins_a_status_set_during_the_sync_outlives_the_orders_deletion(
    is_committed: bool,
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: Connection,
    database: str,
) -> None:
    """Set after the sync has looked for edits, before it marks what the store has no more."""
    config = make_store("shop", settings={"country": "US", "edits": "crm_wins"})
    store = MemoryStore(config, customer("1"), order("1", customer_external_id="1"), product("1"))
    sync(store)
    store.remove(store.records[Stream.ORDERS]["1"], store.records[Stream.PRODUCTS]["1"])
    with psycopg.connect(database) as person:
        read_ids = store.read_ids

        def edit_then_read(stream: Stream, ids: Any) -> Any:
            if stream is Stream.ORDERS:
                person.execute("update crm_orders set status = 'delivered'")
                if is_committed:
                    person.commit()
            elif stream is Stream.PRODUCTS:
                connection.execute("update crm_products set is_active = false")
                connection.execute("update crm_products set is_active = true")
            yield from read_ids(stream, ids)

        store.read_ids = edit_then_read  # type: ignore[method-assign]
        if is_committed:
            sync(store, accept_deletes=True)
        else:
            sync_behind(person, connection, lambda: sync(store, accept_deletes=True))

    for _ in range(2):
        assert rows("select status from crm_orders") == [("delivered",)]
        assert rows("select is_active from crm_products") == [(True,)]
        assert rows("select total_orders from crm_clients") == [(1,)]
        sync(store)
    assert rows("select distinct state from sync.field_edits") == [("held",)]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_load_that_waits_for_a_merge_of_clients_holds_no_row_the_merge_needs(
    is_deleted: bool,
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    connection: Connection,
    database: str,
    organization: str,
) -> None:
    """Each waited for the other, and a person who merged or unlinked was told of a deadlock."""
    config = make_store("shop", settings={"country": "US", "edits": "crm_wins"})
    store = MemoryStore(config, customer("1"), order("1", customer_external_id="1"))
    sync(store)
    if is_deleted:
        store.remove(store.records[Stream.ORDERS]["1"])
    else:
        store.put(order("1", customer_external_id="1", total=Decimal(7), source_updated_at=LATER))
    with psycopg.connect(database) as person:
        lock_clients(person, organization)
        working = threading.Thread(target=sync, args=(store,), kwargs={"accept_deletes": True})
        working.start()
        try:
            wait_until_blocked(connection, by=person.info.backend_pid)
            person.execute("select from crm_orders for update nowait")
            person.execute("select from crm_clients for update nowait")
        finally:
            person.commit()
            working.join()


@pytest.mark.parametrize("is_deleted", [False, True])
def test_who_edits_an_order_that_is_being_loaded_waits_and_is_not_turned_away(
    is_deleted: bool,
    config: StoreConfig,
    sync: Sync,
    rows: Rows,
    connection: Connection,
    database: str,
) -> None:
    """A load had the client and waited for the order, a person had the order and waited for the
    client: a deadlock, in which the person's edit was lost."""
    news = {"customer_external_id": "1", "source_updated_at": LATER}
    store = MemoryStore(
        config, customer("1"), *(order(one, customer_external_id="1") for one in "12")
    )
    sync(store)
    if is_deleted:
        store.remove(*(store.records[Stream.ORDERS][one] for one in "12"))
    else:
        store.put(*(order(one, total=Decimal(7), **news) for one in "12"))

    def edit() -> None:
        with psycopg.connect(database, application_name="person") as person:
            person.execute(
                "update crm_orders set status = 'refunded', tracking_number = 'T' "
                "where ecommerce_order_id = '2'"
            )

    with psycopg.connect(database) as other:
        other.execute("select from crm_orders where ecommerce_order_id = '1' for update")
        with ThreadPoolExecutor(2) as pool:
            syncing = pool.submit(sync, store, accept_deletes=True)
            wait_until_blocked(connection, by=other.info.backend_pid)
            editing = pool.submit(edit)
            waits_or_done = (
                "select count(*) from pg_stat_activity where application_name = 'person' "
                "and wait_event_type = 'Lock'"
            )
            while not editing.done() and rows(waits_or_done) == [(0,)]:
                threading.Event().wait(0.01)
            other.commit()
            syncing.result()
            editing.result()
    assert rows("select distinct tracking_number from crm_orders order by 1") == [("T",), (None,)]
    assert rows("select total_orders from crm_clients") == rows(
        "select count(*) from crm_orders where status not in ('cancelled', 'refunded')"
    )
