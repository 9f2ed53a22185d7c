"""A store and the CRM compared and put right, on a real PostgreSQL and a store in memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_ledger import Finding
from connectors.crm.reconcile_store import Asked, Reconciled, reconcile_store
from connectors.records import OrderStatus, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Database = psycopg.Connection[Any]
Rows = Callable[..., list[tuple[Any, ...]]]
WRONG = (State.DIFFERS, State.KEPT, State.UNKNOWN)


@pytest.fixture
def store(config: StoreConfig, sync: Callable[..., Any]) -> MemoryStore:
    """A synced store of two weeks of orders, its clock a day after the last."""
    opened = MemoryStore(config)
    sync(
        opened,
        *(customer(str(number)) for number in range(1, 6)),
        *(product(str(number)) for number in range(1, 6)),
        *(
            order(
                str(number),
                customer_external_id=str(number % 5 + 1),
                total=Decimal(number),
                order_date=DAY - timedelta(days=number % 14),
            )
            for number in range(1, 29)
        ),
    )
    return opened


@pytest.fixture
def reconcile(database: str) -> Callable[..., Reconciled]:
    def run(store: MemoryStore, **asked: Any) -> Reconciled:
        done = reconcile_store(
            database,
            store.config,
            run_id=uuid.uuid4().hex,
            asked=Asked(**asked) if asked else None,
            connector=store,
        )
        assert done.error is None, done.error
        return done

    return run


def behind_our_back(connection: Database, statement: str, *parameters: Any) -> None:
    """Change the CRM as nobody is told of: no trigger, no foreign key."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        assert connection.execute(statement, parameters).rowcount == 1


def by_kind(done: Reconciled, kind: str, *states: State) -> list[Finding]:
    return [one for one in done.findings if one.kind == kind and one.state in states]


def named(done: Reconciled, stream: Stream) -> dict[str, tuple[str, ...]]:
    """The records that the rows' findings call repaired, with their columns."""
    return {
        name: tuple(columns)
        for one in by_kind(done, "rows", State.REPAIRED)
        if one.stream is stream
        for name, columns in one.record_columns.items()
    }


def whole(rows: Rows) -> list[tuple[Any, ...]]:
    return rows(
        "select ecommerce_order_id, client_id, total, refunded_total, status, currency, order_date,"
        " items, shipping_address, tracking_number, subtotal, tax, exchange_rate, net_revenue"
        " from crm_orders order by 1"
    )


def test_equal_sides_are_equal_and_nothing_is_written(
    store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    before = rows("select xmin, * from crm_orders order by ecommerce_order_id")
    done = reconcile(store)
    assert {one.state for one in done.findings} == {State.EQUAL}
    assert rows("select xmin, * from crm_orders order by ecommerce_order_id") == before
    kept = rows(
        "select kind, count(*), sum(crm_rows) from sync.reconciliations group by 1 order by 1"
    )
    # The last seven days, today's without orders, and one day of history.
    assert {kind: int(crm) for kind, _, crm in kept} == {"count": 38, "day": 14, "rows": 38}


def test_freshly_written_rows_raise_no_suspicion(
    store: MemoryStore, sync: Callable[..., Any], rows: Rows
) -> None:
    sync(
        store,
        customer("1", phone="+12025550101", source_updated_at=DAY + timedelta(hours=1)),
        product("1", price=Decimal("1.10"), source_updated_at=DAY + timedelta(hours=1)),
        order("1", total=Decimal("7.70"), source_updated_at=DAY + timedelta(hours=1)),
    )
    differing = """
      select m.entity, m.external_id from sync.record_map as m
      join sync.row_digests as d using (organization_id, entity, crm_id)
      where m.row_digest is distinct from d.row_digest and m.content_hash is not null
    """
    assert rows(differing) == []
    assert rows("select count(*) from sync.record_map where row_digest is not null") == [(38,)]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("total = 999", "total"),
        ("refunded_total = 1", "refunded_total"),
        ("status = 'refunded'", "status"),
        ("currency = 'CHF'", "currency"),
        ("order_date = order_date - interval '3 days'", "order_date"),
        ("tax = 5", "tax"),
        ("items = '[]'", "items"),
        ("order_number = 'X'", "order_number"),
        ("exchange_rate = 2", "exchange_rate"),
        ("exchange_rate = null", "exchange_rate"),
    ],
)
def test_an_order_changed_past_every_trigger_is_put_back_and_named_with_its_column(
    connection: Database,
    store: MemoryStore,
    reconcile: Callable[..., Reconciled],
    rows: Rows,
    change: str,
    column: str,
) -> None:
    before = whole(rows)
    behind_our_back(connection, f"update crm_orders set {change} where ecommerce_order_id = '13'")
    done = reconcile(store)
    assert named(done, Stream.ORDERS) == {"13": (column,)}
    assert whole(rows) == before
    assert not by_kind(done, "day", *WRONG)
    again = reconcile(store)
    assert {one.state for one in again.findings} == {State.EQUAL}


def test_a_sync_that_fills_rates_leaves_the_lost_ones_to_be_named(
    connection: Database,
    store: MemoryStore,
    sync: Callable[..., Any],
    reconcile: Callable[..., Reconciled],
    rows: Rows,
) -> None:
    before = whole(rows)
    behind_our_back(
        connection, "update crm_orders set exchange_rate = null where ecommerce_order_id = '13'"
    )
    sync(store, full=False)
    assert named(reconcile(store), Stream.ORDERS) == {"13": ("exchange_rate",)}
    assert whole(rows) == before


def test_orders_whose_rate_came_late_raise_no_suspicion(
    connection: Database,
    store: MemoryStore,
    sync: Callable[..., Any],
    reconcile: Callable[..., Reconciled],
    rows: Rows,
) -> None:
    sync(store, order("29", currency="EUR", order_date=DAY, customer_external_id="1"))
    connection.execute(
        "insert into sync.exchange_rates (base_currency, quote_currency, rate_date, rate) "
        "values ('EUR', 'USD', %s, 2)",
        [DAY.date()],
    )
    sync(store, full=False)
    assert rows("select exchange_rate from crm_orders where currency = 'EUR'") == [(Decimal(2),)]
    store.asked.clear()
    assert {one.state for one in reconcile(store).findings} == {State.EQUAL}


def test_a_change_of_a_bucket_is_told_with_both_sides(
    connection: Database, store: MemoryStore, reconcile: Callable[..., Reconciled]
) -> None:
    behind_our_back(connection, "update crm_orders set total = 999 where ecommerce_order_id = '2'")
    (bucket,) = by_kind(reconcile(store), "day", State.REPAIRED)
    assert bucket.day == (DAY - timedelta(days=2)).date()
    # Orders 2 and 16 were placed that day.
    assert (bucket.store_total, bucket.crm_total, bucket.found_total) == (18, 18, 1015)
    assert bucket.record_ids == ("2",)


def test_a_client_and_a_product_changed_past_every_trigger_are_put_back_and_named(
    connection: Database, store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    behind_our_back(
        connection, "update crm_clients set full_name = 'X' where ecommerce_customer_id = '2'"
    )
    behind_our_back(
        connection, "update crm_products set price = 0 where ecommerce_product_id = '3'"
    )
    done = reconcile(store)
    assert named(done, Stream.CUSTOMERS) == {"2": ("full_name",)}
    assert named(done, Stream.PRODUCTS) == {"3": ("price",)}
    assert rows("select full_name from crm_clients where ecommerce_customer_id = '2'") == [
        ("Customer 2",)
    ]
    assert rows("select price from crm_products where ecommerce_product_id = '3'") == [
        (Decimal("9.90"),)
    ]


def test_an_order_hung_on_another_client_is_hung_back(
    connection: Database, store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    before = whole(rows)
    behind_our_back(
        connection,
        "update crm_orders set client_id = (select id from crm_clients"
        " where ecommerce_customer_id = '5') where ecommerce_order_id = '1'",
    )
    assert named(reconcile(store), Stream.ORDERS) == {"1": ("client_id",)}
    assert whole(rows) == before


def test_rows_deleted_past_every_trigger_come_back_and_are_named(
    connection: Database, store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    for table, key, value in (
        ("crm_orders", "ecommerce_order_id", "7"),
        ("crm_products", "ecommerce_product_id", "2"),
    ):
        behind_our_back(connection, f"delete from {table} where {key} = %s", value)
    done = reconcile(store)
    assert named(done, Stream.ORDERS) == {"7": ()}
    assert named(done, Stream.PRODUCTS) == {"2": ()}
    assert rows("select total from crm_orders where ecommerce_order_id = '7'") == [(7,)]
    assert rows("select count(*) from crm_products") == [(5,)]
    assert {one.state for one in reconcile(store).findings} == {State.EQUAL}


def test_a_client_deleted_past_every_trigger_comes_back_with_the_orders_on_it(
    connection: Database, store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    behind_our_back(connection, "delete from crm_clients where ecommerce_customer_id = '2'")
    done = reconcile(store)
    assert named(done, Stream.CUSTOMERS) == {"2": ()}
    assert rows(
        "select count(*) from crm_orders as o join crm_clients as c on o.client_id = c.id"
    ) == [(28,)]
    assert rows(
        "select count(*) from crm_orders as o join crm_clients as c on o.client_id = c.id"
        " where c.ecommerce_customer_id = '2'"
    ) == [(6,)]


def test_rows_that_a_sync_brought_back_are_named_by_the_next_reconciliation(
    connection: Database,
    store: MemoryStore,
    reconcile: Callable[..., Reconciled],
    sync: Callable[..., Any],
) -> None:
    reconcile(store)
    # No trigger of ours, but the foreign keys: what sync remembers of it goes along.
    connection.execute("alter table crm_orders disable trigger user")
    connection.execute("delete from crm_orders where ecommerce_order_id = '9'")
    connection.execute("alter table crm_orders enable trigger user")
    store.now += timedelta(days=1)
    sync(store, full=False)
    assert named(reconcile(store), Stream.ORDERS) == {"9": ()}
    assert named(reconcile(store), Stream.ORDERS) == {}


def test_what_the_store_lost_or_changed_without_a_date_is_found_by_the_days(
    store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    store.remove(store.records[Stream.ORDERS]["3"])
    store.put(msgspec.structs.replace(store.records[Stream.ORDERS]["4"], refunded_total=Decimal(1)))
    done = reconcile(store)
    assert {one.record_ids for one in by_kind(done, "day", State.REPAIRED)} == {("3",), ("4",)}
    assert rows("select status from crm_orders where ecommerce_order_id = '3'") == [("cancelled",)]
    assert rows("select refunded_total from crm_orders where ecommerce_order_id = '4'") == [(1,)]


def test_an_order_changed_in_the_store_since_the_sync_is_loaded_and_no_difference(
    store: MemoryStore, reconcile: Callable[..., Reconciled], rows: Rows
) -> None:
    store.put(
        order(
            "1",
            customer_external_id="2",
            total=Decimal(1),
            status=OrderStatus.SHIPPED,
            order_date=DAY - timedelta(days=1),
            source_updated_at=store.now + timedelta(minutes=5),
        )
    )
    done = reconcile(store)
    assert not by_kind(done, "day", State.REPAIRED, *WRONG)
    assert rows("select status from crm_orders where ecommerce_order_id = '1'") == [("shipped",)]


def test_a_store_that_cannot_tell_days_is_unknown_there_and_its_rows_are_checked_all_the_same(
    connection: Database, store: MemoryStore, reconcile: Callable[..., Reconciled]
) -> None:
    store.tells_days = store.can_count = False
    behind_our_back(connection, "update crm_orders set total = 999 where ecommerce_order_id = '2'")
    done = reconcile(store)
    assert {one.state for one in done.findings if one.kind != "rows"} == {State.UNKNOWN}
    assert named(done, Stream.ORDERS) == {"2": ("total",)}


def test_the_calls_of_a_night_are_kept_and_the_next_nights_do_the_rest(
    make_store: Callable[..., StoreConfig],
    sync: Callable[..., Any],
    reconcile: Callable[..., Reconciled],
    rows: Rows,
) -> None:
    settings = {"reconcile_calls": 2, "reconcile_period": 3, "reconcile_sample": 0}
    config = make_store("old", settings=settings)
    store = MemoryStore(config)
    sync(
        store,
        *(order(str(number), order_date=DAY - timedelta(days=30 * number)) for number in range(40)),
    )
    before = store.calls
    done = reconcile(store)
    # The clock, the last days, and one piece of history: a year of the third that was due.
    assert store.calls - before == 3
    assert done.days == 7 + 366
    assert done.days_left == 23
    first = {
        day
        for (day,) in rows("select distinct day from sync.reconciliations where day is not null")
    }
    for _ in range(12):
        store.now += timedelta(days=1)
        reconcile(store)
    later = {
        day
        for (day,) in rows("select distinct day from sync.reconciliations where day is not null")
    }
    assert len(later) > len(first) + 100


def test_a_range_of_days_can_be_asked_for(
    store: MemoryStore, reconcile: Callable[..., Reconciled]
) -> None:
    first, last = date(2026, 2, 20), date(2026, 2, 22)
    done = reconcile(store, first=first, last=last, share=1.0)
    days = {one.day for one in done.findings if one.kind == "day"}
    assert days == {first, first + timedelta(days=1), last}
    assert {one.store_rows for one in by_kind(done, "rows", State.EQUAL)} == {5, 28}


def test_one_organizations_reconciliation_touches_no_other(
    connection: Database,
    make_organization: Callable[[str], str],
    make_store: Callable[..., StoreConfig],
    store: MemoryStore,
    sync: Callable[..., Any],
    reconcile: Callable[..., Reconciled],
    rows: Rows,
) -> None:
    other = MemoryStore(make_store("other", organization_id=make_organization("Other")))
    sync(other, order("2", total=Decimal(2)))
    behind_our_back(
        connection,
        "update crm_orders set total = 5 where ecommerce_order_id = '2' and organization_id = %s",
        other.config.organization_id,
    )
    done = reconcile(store)
    assert {one.state for one in done.findings} == {State.EQUAL}
    assert rows(
        "select total from crm_orders where organization_id = %s", other.config.organization_id
    ) == [(5,)]
    assert named(reconcile(other), Stream.ORDERS) == {"2": ("total",)}
