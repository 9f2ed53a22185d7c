"""Any row says which run wrote it, from what payload, and when the store had changed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.audit import list_edits, origin, release_edits
from connectors.crm.results import StoreResult
from connectors.errors import ConfigurationError
from connectors.records import Stream, content_hash
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
RUNS = (
    "select entity, array_agg(distinct run_id) = array[%s] from sync.row_origins "
    "where payload_hash is not null or deleted_at is not null group by 1 order by 1"
)


def last_run(rows: Rows) -> str:
    return str(rows("select run_id from sync.loads order by id desc limit 1")[0][0])


def test_a_row_names_the_run_the_payload_and_the_stores_time(
    config: StoreConfig, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(config)
    sync(store, customer("1"), product("1"), order("1", customer_external_id="1"))
    first = last_run(rows)
    for stream in Stream:
        found = origin(connection, "shop", stream, "1")
        assert found.run_id == first
        assert found.payload_hash == content_hash(store.records[stream]["1"]).hex()
        assert found.source_updated_at == DAY
        assert rows("select stream, run_id from sync.loads where id = %s", found.load_id) == [
            (stream.value, first)
        ]

    changed = order("1", customer_external_id="1", total=Decimal(7), source_updated_at=LATER)
    sync(store, changed)
    second = last_run(rows)
    assert second != first
    found = origin(connection, "shop", Stream.ORDERS, "1")
    assert (found.run_id, found.source_updated_at) == (second, LATER)
    assert found.payload_hash == content_hash(changed).hex()
    assert origin(connection, "shop", Stream.PRODUCTS, "1").run_id == first, "it was not written"


def test_a_run_that_marks_a_row_as_gone_is_named(
    config: StoreConfig, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(config)
    everything = (customer("1"), product("1"), order("1", customer_external_id="1"))
    sync(store, *everything)
    store.remove(*everything)
    sync(store, accept_deletes=True)
    assert rows(RUNS, last_run(rows)) == [("customers", True), ("orders", True), ("products", True)]
    found = origin(connection, "shop", Stream.ORDERS, "1")
    assert (found.payload_hash, found.source_status) == (None, "deleted")
    assert found.deleted_at is not None


def test_what_people_changed_is_told_with_its_row(
    config: StoreConfig, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(config, product("1"))
    sync(store)
    connection.execute("update crm_products set price = 1")
    (waiting,) = list_edits(connection, "shop", include_settled=False, limit=9)
    assert (waiting.stream, waiting.external_id, waiting.column) == ("products", "1", "price")
    sync(store, full=False)

    (edit,) = origin(connection, "shop", Stream.PRODUCTS, "1").edits
    assert (edit.column, edit.earlier_value, edit.new_value, edit.state) == (
        "price",
        "9.90",
        "1.00",
        "overwritten",
    )
    assert (edit.run_id, edit.edited_by) == (last_run(rows), "postgres")
    assert list_edits(connection, "shop", include_settled=False, limit=9) == []
    assert len(list_edits(connection, "shop", include_settled=True, limit=9)) == 1


def test_releasing_takes_only_what_is_held_of_that_store(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    connection: psycopg.Connection[Any],
) -> None:
    settings = {"edits": "crm_wins"}
    one = MemoryStore(make_store("one", settings=settings), product("1"), product("2"))
    other = MemoryStore(make_store("other", settings=settings), product("1"))
    sync(one)
    sync(other)
    connection.execute("update crm_products set price = 1")
    sync(one)
    sync(other)
    held = list_edits(connection, "one", include_settled=False, limit=9)
    (foreign,) = list_edits(connection, "other", include_settled=False, limit=9)
    assert [edit.state for edit in (*held, foreign)] == ["held"] * 3
    assert release_edits(connection, "one", [held[0].id, foreign.id]) == [held[0].id]
    assert release_edits(connection, "one", None) == [held[1].id]
    sync(one)
    sync(other)
    prices = connection.execute(
        "select price from crm_products order by ecommerce_product_id"
    ).fetchall()
    assert sorted(prices) == [(Decimal(1),), (Decimal("9.90"),), (Decimal("9.90"),)]


def test_an_unknown_record_is_an_error_that_says_what_to_do(
    config: StoreConfig, connection: psycopg.Connection[Any]
) -> None:
    del config
    with pytest.raises(ConfigurationError, match='has no orders record "77" in the CRM; see'):
        origin(connection, "shop", Stream.ORDERS, "77")
