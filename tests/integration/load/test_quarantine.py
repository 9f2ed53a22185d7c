"""Records that cannot be loaded: kept, explained, counted once, and tried again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.counts import open_quarantine
from connectors.crm.quarantine import list_quarantine, show
from connectors.crm.reconcile import compare_store, count_store
from connectors.crm.replay import replay
from connectors.crm.stores import set_status
from connectors.crm.sync import StoreResult
from connectors.errors import ConfigurationError
from connectors.records import Rejected, Stream
from tests.integration.load.memory_store import MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

PAYLOAD = {
    "id": 5,
    "number": "5",
    "status": "completed",
    "currency": "USD",
    "total": "12.50",
    "customer_id": 0,
    "billing": {"first_name": "Ann", "email": "ann@example.com"},
    "line_items": [],
    "date_created_gmt": "2026-03-01T12:00:00",
    "date_modified_gmt": "2026-03-01T12:00:00",
}


def rejected(payload: Any, external_id: str | None = "5") -> Rejected:
    return Rejected(
        stream=Stream.ORDERS,
        payload=payload,
        reason="total is no amount",
        code="bad_amount",
        external_id=external_id,
    )


def test_a_bad_record_waits_once_however_often_it_fails_and_leaves_when_it_arrives_whole(
    config: StoreConfig, sync: Sync, connection: psycopg.Connection[Any], rows: Rows
) -> None:
    store = MemoryStore(config, order("1"))
    store.rejected = [rejected({"id": 5, "total": Decimal("1.10")}), rejected(["\x00\ud800"], None)]
    first = sync(store)
    sync(store)

    assert first.degraded
    assert first.streams[Stream.ORDERS].quarantined == 2
    nameless, known = list_quarantine(connection, store="shop")
    assert (known.external_id, known.code, known.attempts) == ("5", "bad_amount", 2)
    assert (nameless.external_id, nameless.attempts) == (None, 2)
    assert show(connection, known.id)[1] == '{"id":5,"total":1.10}'
    assert show(connection, nameless.id)[1] == '["\\u0000\\ud800"]'

    store.rejected = []
    sync(store, order("5"))
    assert list_quarantine(connection) == [], "one is whole by now, the other not in the store"
    assert rows("select count(*) from crm_orders") == [(2,)]


def test_a_record_the_database_refuses_is_isolated_and_the_rest_of_its_batch_loaded(
    config: StoreConfig, sync: Sync, connection: psycopg.Connection[Any], rows: Rows
) -> None:
    connection.execute("alter table crm_orders add constraint no_thirteen check (total <> 13)")
    store = MemoryStore(config, *(order(str(n), total=Decimal(n)) for n in range(40)))
    result = sync(store)

    assert result.streams[Stream.ORDERS].inserted == 39
    assert rows("select sum(total) from crm_orders") == [(Decimal(sum(range(40)) - 13),)]
    (refused,) = list_quarantine(connection)
    assert (refused.external_id, refused.code) == ("13", "database_23514")
    assert "no_thirteen" in refused.reason


def test_a_replay_loads_what_can_be_mapped_by_now_and_says_why_the_rest_cannot(
    config: StoreConfig,
    database: str,
    sync: Sync,
    connection: psycopg.Connection[Any],
    rows: Rows,
) -> None:
    connection.execute("alter table crm_orders add constraint no_thirteen check (total <> 13)")
    store = MemoryStore(config, order("13", total=Decimal(13)))
    store.rejected = [rejected(PAYLOAD), rejected({"id": 6, "status": "completed"}, "6")]
    sync(store)
    connection.execute("alter table crm_orders drop constraint no_thirteen")

    done = replay(database, config, run_id="replay")

    assert (done.attempted, done.loaded) == (3, 2)
    (failure,) = done.failures
    assert (failure.external_id, failure.code, failure.attempts) == ("6", "missing_time", 2)
    assert rows(
        "select o.order_number, o.total, c.email from crm_orders as o "
        "join crm_clients as c on c.id = o.client_id order by 1"
    ) == [("#13", Decimal(13), None), ("5", Decimal("12.50"), "ann@example.com")]
    assert replay(database, config, run_id="again").attempted == 1


def test_a_replay_of_one_number_leaves_the_others_alone(
    config: StoreConfig, database: str, sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(config)
    store.rejected = [rejected(PAYLOAD), rejected({**PAYLOAD, "id": 6}, "6")]
    sync(store)
    first, second = list_quarantine(connection)

    assert replay(database, config, run_id="r", numbers=[second.id]).loaded == 1
    assert [one.id for one in list_quarantine(connection)] == [first.id]
    assert list_quarantine(connection, include_resolved=True)[1].resolved_at is not None
    with pytest.raises(ConfigurationError, match="no quarantined record 999"):
        show(connection, 999)


def test_the_comparison_counts_both_sides_and_sums_each_currency(
    config: StoreConfig, database: str, sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(
        config,
        customer("1"),
        product("1"),
        order("1", total=Decimal("10.10"), refunded_total=Decimal("0.10")),
        order("2", total=Decimal(5), currency="EUR"),
        order("3", total=Decimal("0.01"), email="guest@example.com"),
    )
    sync(store)

    equal = compare_store(database, config, connector=store)
    assert [one.is_equal for one in equal] == [True, True, True]
    assert equal[2].store_totals == {"USD": Decimal("10.11"), "EUR": Decimal("5.00")}
    assert equal[2].crm_refunded == {"USD": Decimal("0.10"), "EUR": Decimal("0.00")}
    counts = count_store(database, config, connector=store)
    assert [(one.store_rows, one.crm_rows) for one in counts] == [(1, 1), (1, 1), (3, 3)]

    connection.execute("update crm_orders set total = total + 0.01 where order_number = '#1'")
    store.put(order("4"))
    unequal = compare_store(database, config, connector=store)[2]
    assert not unequal.is_equal
    assert (unequal.store_rows, unequal.crm_rows) == (4, 3)
    assert unequal.crm_totals["USD"] == Decimal("10.12")


def test_what_a_removed_store_left_waits_for_nobody(
    config: StoreConfig, sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(config)
    store.rejected = [rejected(PAYLOAD)]
    sync(store)
    assert [one.store for one in open_quarantine(connection)] == ["shop"]

    # Its credentials are gone with it: to try it again with all others failed them all.
    set_status(connection, "shop", "removed")

    assert open_quarantine(connection) == []
    assert [one.rows for one in open_quarantine(connection, "shop")] == [1]
