"""What a first load has grown is counted for the planner; a night's few changes are not."""

from __future__ import annotations

from collections.abc import Callable

from connectors.base import StoreConfig
from connectors.crm.statistics import Growth
from connectors.records import Stream
from tests.integration.load.marked import Rows, Sync
from tests.integration.load.memory_store import MemoryStore, customer, order, product

_TABLES = (
    "crm_clients", "crm_orders", "crm_products", "record_map_clients", "record_map_orders",
    "record_map_products",
)  # fmt: skip
_COUNTED = "select relname, analyze_count from pg_stat_user_tables where relname = any(%s)"


def test_rows_are_counted_after_the_first_thousand_and_each_time_they_double() -> None:
    growth = Growth()
    turns = [growth.is_due(Stream.ORDERS, 400) for _ in range(12)]
    assert [400 * number for number, turn in enumerate(turns, 1) if turn] == [1_200, 2_000, 4_000]
    assert not growth.is_due(Stream.CUSTOMERS, 999)
    assert growth.is_due(Stream.CUSTOMERS, 100_000)
    assert not growth.is_due(Stream.CUSTOMERS, 27_000)
    assert growth.is_due(Stream.CUSTOMERS, 1)


def test_a_first_load_tells_the_planner_what_its_tables_hold(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(make_store("shop", settings={"country": "US", "batch_records": 250}))
    many = [str(number) for number in range(1_000)]
    sync(
        store,
        *(customer(one, email=f"c{one}@example.com") for one in many),
        *(product(one) for one in many),
        *(order(one, customer_external_id=one) for one in many),
    )
    first = dict(rows(_COUNTED, list(_TABLES)))
    assert first.keys() == set(_TABLES)
    assert min(first.values()) == 1
    # The person's number and the store's are what the batches look up by.
    assert rows(
        "select n_distinct from pg_stats where tablename = 'record_map_orders' and attname = %s",
        "store_id",
    ) == [(1.0,)]
    sync(store, order("new", customer_external_id="1"))
    assert dict(rows(_COUNTED, list(_TABLES))) == first
