"""Whose order it is: the person behind it, also when the store says less than before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors import records
from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.records import Order
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
PERSONS = (
    "select external_id, person_entity, person_external_id from sync.record_map_orders order by 1"
)


def test_every_order_knows_the_person_who_placed_it(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    sync(
        MemoryStore(
            config,
            order("1", customer_external_id="7"),
            order("2", email="Ann@Example.com"),
            order("3", phone="+1 512 555 0123"),
            order("4", full_name="Somebody"),
            order("5"),
        )
    )

    assert rows(PERSONS) == [
        ("1", "customers", "7"),
        ("2", "guests", "email:ann@example.com"),
        ("3", "guests", "phone:+15125550123"),
        ("4", "guests", "order:4"),
        ("5", "guests", "walk-in"),
    ]


def test_an_order_that_names_nobody_any_more_keeps_its_person_and_its_client(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(store, order("1", email="ann@example.com"))
    before = rows("select client_id from crm_orders")

    sync(store, order("1", source_updated_at=LATER))

    assert rows(PERSONS) == [("1", "guests", "email:ann@example.com")]
    assert rows("select client_id from crm_orders") == before


def test_a_full_sync_fills_in_the_persons_that_an_older_version_did_not_write(
    config: StoreConfig, sync: Sync, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore(config, customer("7"), order("1", customer_external_id="7"))
    with monkeypatch.context() as older:
        older.setitem(records._VERSIONS, Order, b"")
        sync(store)
    rows(
        "update sync.record_map_orders set person_entity = null, person_external_id = null "
        "returning 1"
    )

    first, second = sync(store), sync(store)

    assert rows(PERSONS) == [("1", "customers", "7")]
    outcomes = [one.streams[records.Stream.ORDERS] for one in (first, second)]
    assert [(one.updated, one.unchanged) for one in outcomes] == [(1, 0), (0, 1)]


def test_an_order_remembers_the_person_it_had_before(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, customer("7"), customer("8"))
    for hours, buyer in enumerate(("7", "8", "8", None)):
        at = DAY + timedelta(hours=hours)
        sync(store, order("1", customer_external_id=buyer, source_updated_at=at))

    assert rows(
        "select person_external_id, former_person_entity, former_person_external_id "
        "from sync.record_map_orders"
    ) == [("8", "customers", "7")]
