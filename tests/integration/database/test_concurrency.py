"""Several writers at once: no total is lost, nobody deadlocks."""

from __future__ import annotations

import threading
import time
import uuid

import psycopg
import pytest
from fixtures.contract import VIEWS
from fixtures.tenants import insert, one

ORDER = (
    "insert into crm_orders (organization_id, client_id, order_number, total)"
    " values (%s, %s, %s, %s)"
)
TOTALS = (
    "select total_orders, total_revenue::text, average_order_value::text"
    " from crm_clients where id = %s"
)


@pytest.fixture
def home(committed: psycopg.Connection) -> str:
    return insert(committed, "organizations", name="Acme")


def wait_until_blocked(connection: psycopg.Connection, process: int) -> None:
    deadline = time.monotonic() + 20
    while not one(connection, "select cardinality(pg_blocking_pids(%s)) > 0", process):
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_two_concurrent_orders_of_one_client_are_both_counted(
    committed: psycopg.Connection, database: str, home: str
) -> None:
    client = insert(committed, "crm_clients", organization_id=home)
    with psycopg.connect(database) as first, psycopg.connect(database) as second:
        first.execute(ORDER, [home, client, "1", 100])
        late = threading.Thread(target=second.execute, args=(ORDER, [home, client, "2", 50]))
        late.start()
        # The second must wait for the first one's client before it adds anything up.
        wait_until_blocked(committed, second.info.backend_pid)
        first.commit()
        late.join()
        second.commit()
    assert committed.execute(TOTALS, [client]).fetchone() == (2, "150.00", "75.00")


def test_two_concurrent_messages_of_one_contact_are_both_counted(
    committed: psycopg.Connection, database: str, home: str
) -> None:
    channel = insert(committed, "channels", organization_id=home, name="Shop", platform="x")
    contact = insert(committed, "contacts", organization_id=home, channel_id=channel,
                     platform="x", platform_user_id="1")  # fmt: skip
    message = (
        "insert into messages (organization_id, channel_id, contact_id, sender_type)"
        " values (%s, %s, %s, 'user')"
    )
    with psycopg.connect(database) as first, psycopg.connect(database) as second:
        first.execute(message, [home, channel, contact])
        late = threading.Thread(target=second.execute, args=(message, [home, channel, contact]))
        late.start()
        wait_until_blocked(committed, second.info.backend_pid)
        first.commit()
        late.join()
        second.commit()
    assert one(committed, "select unread_count from contacts") == 2


def test_many_writers_of_the_same_clients_neither_deadlock_nor_lose_an_order(
    committed: psycopg.Connection, database: str, home: str
) -> None:
    # Stored against the order of their ids, so that reading the table and reading an index differ.
    clients = [
        insert(committed, "crm_clients", organization_id=home, id=str(uuid.UUID(int=n)))
        for n in range(40, 0, -1)
    ]
    failures: list[psycopg.Error] = []
    start = threading.Barrier(4)

    def write(writer: int) -> None:
        # Each names the clients in an order of its own, many in one statement.
        mine = clients[writer:] + clients[:writer]
        with psycopg.connect(database, autocommit=True) as own:
            path = ("enable_seqscan", "enable_indexscan, enable_bitmapscan")[writer % 2]
            for way in path.split(", "):
                own.execute(f"set {way} = off".encode())
            start.wait()
            for turn in range(25):
                try:
                    own.execute(
                        "insert into crm_orders (organization_id, client_id, order_number, total)"
                        " select %s, c, %s || c::text, 1 from unnest(%s::uuid[]) as c",
                        [home, f"{writer}-{turn}-", mine],
                    )
                except psycopg.Error as error:
                    failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = {committed.execute(TOTALS, [client]).fetchone() for client in clients}
    assert found == {(100, "100.00", "1.00")}


def test_readers_go_on_while_a_refresh_is_not_yet_committed(
    committed: psycopg.Connection, database: str
) -> None:
    for view in VIEWS:
        committed.execute(
            f"create materialized view {view} as select 1 as n;"
            f"create unique index on {view} (n)".encode()
        )
    with psycopg.connect(database) as refresher:
        refresher.execute("select refresh_all_analytics()")
        committed.execute("set lock_timeout = '1s'")
        for view in VIEWS:
            assert one(committed, f"select count(*) from {view}") == 1
