"""What orders make of a client: a customer, totals and dates, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from connectors.base import StoreConfig
from connectors.crm.ownership import SYNCED
from connectors.crm.results import StoreResult
from connectors.records import Order, OrderStatus, Refund, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
CLIENT = (
    "select client_type, lifecycle_stage, total_orders, total_revenue, average_order_value "
    "from crm_clients"
)


@pytest.fixture
def state(config: StoreConfig, sync: Sync, rows: Rows) -> Callable[..., tuple[Any, ...]]:
    """Put an order of customer 1 into a store, a while later each time, and see the client."""
    store = MemoryStore(config, customer("1"))
    hours = iter(range(1, 99))

    def put(external_id: str = "1", **fields: Any) -> tuple[Any, ...]:
        at = DAY + timedelta(hours=next(hours))
        sync(
            store,
            order(external_id, customer_external_id="1", source_updated_at=at, **fields),
        )
        (found,) = rows(CLIENT)
        return found

    return put


def sold(orders: int, revenue: str, average: str | None = None) -> tuple[Any, ...]:
    return ("customer", "customer", orders, Decimal(revenue), Decimal(average or revenue))


def test_who_only_ever_cancelled_is_no_customer(state: Callable[..., tuple[Any, ...]]) -> None:
    assert state(status=OrderStatus.CANCELLED) == ("lead", "lead", 0, Decimal(0), Decimal(0))
    assert state("2", is_deleted=True) == ("lead", "lead", 0, Decimal(0), Decimal(0))


def test_a_reopened_order_makes_a_customer_and_counts_again(
    state: Callable[..., tuple[Any, ...]],
) -> None:
    state(status=OrderStatus.CANCELLED)
    assert state(status=OrderStatus.PROCESSING) == sold(1, "100")


def test_a_customer_stays_one_when_the_only_order_is_cancelled_refunded_or_deleted(
    state: Callable[..., tuple[Any, ...]],
) -> None:
    assert state() == sold(1, "100")
    assert state(status=OrderStatus.CANCELLED) == sold(0, "0")
    assert state(status=OrderStatus.DELIVERED) == sold(1, "100")
    assert state(status=OrderStatus.REFUNDED, refunded_total=Decimal(100)) == sold(0, "0")
    assert state(is_deleted=True) == sold(0, "0")
    assert state() == sold(1, "100")


def test_refunds_and_edits_count_forwards_and_backwards(
    state: Callable[..., tuple[Any, ...]], rows: Rows
) -> None:
    state("2", total=Decimal(50))
    assert state() == sold(2, "150", "75")
    refund = Refund(external_id="r1", amount=Decimal(30))
    assert state(refunds=(refund,), refunded_total=Decimal(30)) == sold(2, "120", "60")
    assert rows("select status from crm_orders where ecommerce_order_id = '1'") == [
        ("processing",)
    ], "a part of the money back is no other status"
    assert state(total=Decimal(40)) == sold(2, "90", "45"), "the refund was withdrawn, a line taken"
    assert state(total=Decimal(400)) == sold(2, "450", "225")


@pytest.mark.parametrize("stage", ["customer", "evangelist", "churned"])
def test_the_stage_never_goes_back(
    state: Callable[..., tuple[Any, ...]],
    connection: psycopg.Connection[Any],
    stage: str,
) -> None:
    state()
    connection.execute("update crm_clients set lifecycle_stage = %s", [stage])
    assert state("2")[1] == stage


@pytest.mark.parametrize("stage", ["lead", "mql", "sql", "opportunity"])
def test_an_order_moves_every_earlier_stage_on(
    state: Callable[..., tuple[Any, ...]],
    connection: psycopg.Connection[Any],
    stage: str,
) -> None:
    state(status=OrderStatus.CANCELLED)
    connection.execute(
        "update crm_clients set lifecycle_stage = %s, client_type = 'prospect'", [stage]
    )
    assert state("2")[:2] == ("customer", "customer")


def test_contact_dates_follow_the_orders_in_whatever_sequence_they_come(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    def placed(external_id: str, days: int) -> Order:
        at = DAY + timedelta(days=days)
        return order(external_id, customer_external_id="1", order_date=at)

    store = MemoryStore(config)
    sync(store, customer("1"), placed("1", 3))
    sync(store, placed("2", -400), placed("3", 9))
    sync(store, placed("4", 5))
    assert rows("select first_contact_date, last_contact_date from crm_clients") == [
        (DAY - timedelta(days=400), DAY + timedelta(days=9))
    ]


def test_no_time_in_the_crm_is_the_syncs_own(
    config: StoreConfig, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    unknown = {"source_created_at": None}
    store = MemoryStore(
        config,
        customer("1", **unknown),
        customer("2", **unknown, source_updated_at=None),
        product("1", **unknown),
        order("1", customer_external_id="2", **unknown, source_updated_at=None),
        order("2", email="g@example.com"),
    )
    sync(store)
    store.remove(store.records[Stream.ORDERS]["2"])
    sync(store, accept_deletes=True)
    today = datetime.now(UTC) - timedelta(days=1)
    for table in SYNCED:
        times = connection.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 "
            "and not attisdropped and format_type(atttypid, null) like 'timestamp%%' "
            "and attname <> 'updated_at'",
            [table],
        ).fetchall()
        assert times
        for (name,) in times:
            query = sql.SQL("select count(*) from {} where {} > %s").format(
                sql.Identifier(table), sql.Identifier(name)
            )
            assert connection.execute(query, [today]).fetchone() == (0,), f"{table}.{name}"
    assert rows("select distinct created_at from crm_clients") == [(DAY,)]
