"""Rows of records that the store has no more, changed in the CRM where no trigger saw it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_store import Reconciled, reconcile_store
from connectors.records import OrderStatus, Stream
from tests.integration.load.memory_store import MemoryStore, customer, order, product

Database = psycopg.Connection[Any]
Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., Any]
REVENUE = "select ecommerce_order_id, status, net_revenue from crm_orders order by 1"


@pytest.fixture
def store(config: StoreConfig, sync: Sync) -> MemoryStore:
    """Order 1 and product 1 are gone from the store, order 2 lies in its trash, order 3 lives."""
    opened = MemoryStore(config)
    sync(
        opened,
        customer("1"),
        product("1"),
        product("2"),
        *(order(number, customer_external_id="1") for number in "123"),
    )
    opened.feed[Stream.ORDERS], opened.feed[Stream.PRODUCTS] = ["1"], ["1"]
    opened.remove(opened.records[Stream.ORDERS]["1"], opened.records[Stream.PRODUCTS]["1"])
    opened.put(
        order(
            "2",
            customer_external_id="1",
            status=OrderStatus.CANCELLED,
            is_deleted=True,
            source_updated_at=opened.now,
        )
    )
    opened.now += timedelta(days=1)
    sync(opened, full=False)
    return opened


def behind_our_back(connection: Database, statement: str) -> None:
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        assert connection.execute(statement.encode()).rowcount == 1


def reconciled(
    database: str, store: MemoryStore, run_id: str = "night"
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Reconcile and return (stream, record) -> columns of what was repaired."""
    done: Reconciled = reconcile_store(database, store.config, run_id=run_id, connector=store)
    assert done.error is None, done.error
    assert {one.state for one in done.findings} <= {State.EQUAL, State.REPAIRED}
    return {
        (one.stream.value, name): tuple(columns)
        for one in done.findings
        if one.kind == "rows"
        for name, columns in one.record_columns.items()
    }


def test_what_the_store_has_no_more_and_somebody_raised_is_ended_again_and_named(
    store: MemoryStore, database: str, connection: Database, rows: Rows
) -> None:
    before = rows(REVENUE)
    totals = rows("select total_orders, total_revenue from crm_clients")
    assert [row[1:] for row in before[:2]] == [("cancelled", 0), ("cancelled", 0)]
    for number in "12":
        behind_our_back(
            connection,
            f"update crm_orders set status = 'delivered' where ecommerce_order_id = '{number}'",
        )
    behind_our_back(
        connection, "update crm_products set is_active = true where ecommerce_product_id = '1'"
    )
    assert sum(row[2] for row in rows(REVENUE)) == Decimal(300)

    assert reconciled(database, store) == {
        ("orders", "1"): ("status",),
        ("orders", "2"): ("status",),
        ("products", "1"): ("is_active",),
    }

    assert rows(REVENUE) == before
    assert rows("select total_orders, total_revenue from crm_clients") == totals
    assert rows("select is_active from crm_products order by ecommerce_product_id") == [
        (False,),
        (True,),
    ]
    assert rows(
        "select external_id, new_value, state, run_id from sync.field_edits where login is null"
        " order by stream, external_id"
    ) == [
        ("1", "delivered", "overwritten", "night"),
        ("2", "delivered", "overwritten", "night"),
        ("1", True, "overwritten", "night"),
    ]
    assert reconciled(database, store, "the next night") == {}


def test_an_order_that_a_person_keeps_although_the_store_has_no_more_of_it_stays(
    store: MemoryStore, database: str, connection: Database, sync: Sync, rows: Rows
) -> None:
    store.config = msgspec.structs.replace(
        store.config, settings={**store.config.settings, "edits": "crm_wins"}
    )
    connection.execute("update crm_orders set status = 'shipped' where ecommerce_order_id = '1'")
    # Not looked at by a sync yet.
    assert reconciled(database, store) == {}
    sync(store, full=False)

    assert reconciled(database, store) == {}

    assert rows("select status from crm_orders where ecommerce_order_id = '1'") == [("shipped",)]


def test_totals_that_somebody_changed_unseen_are_added_up_again_and_named(
    store: MemoryStore, database: str, connection: Database, sync: Sync, rows: Rows
) -> None:
    sync(store, customer("2"), order("4", customer_external_id="2"))
    totals = (
        "select ecommerce_customer_id, total_orders, total_revenue, average_order_value"
        " from crm_clients order by 1"
    )
    before = rows(totals)
    behind_our_back(
        connection,
        "update crm_clients set total_revenue = 99999, total_orders = 77"
        " where ecommerce_customer_id = '1'",
    )
    # The other's totals are right, and are not to be added up from this.
    behind_our_back(connection, "update crm_orders set total = 5 where ecommerce_order_id = '4'")

    assert reconciled(database, store) == {
        ("customers", "1"): ("total_orders", "total_revenue"),
        ("orders", "4"): ("total",),
    }

    own = (1, Decimal(100), Decimal(100))
    assert rows(totals) == before == [("1", *own), ("2", *own)]
    assert reconciled(database, store, "the next night") == {}


def test_an_order_of_another_calendar_stops_no_comparison(
    store: MemoryStore, database: str, connection: Database, rows: Rows
) -> None:
    """Rows from before 20261126030400 keep what they have."""
    connection.execute("alter table crm_orders drop constraint crm_orders_order_date_sane_check")
    behind_our_back(
        connection, "update crm_orders set order_date = '-infinity' where ecommerce_order_id = '3'"
    )

    assert reconciled(database, store) == {("orders", "3"): ("order_date",)}

    assert rows("select extract(year from min(order_date))::integer from crm_orders") == [(2026,)]
