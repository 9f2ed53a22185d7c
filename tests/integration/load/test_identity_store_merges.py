"""Customers that the store merged are one client here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.records import Customer, Order
from tests.integration.load.memory_store import MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
CLIENTS = "select ecommerce_customer_id, full_name, total_orders from crm_clients order by 1"


@pytest.fixture
def store(config: StoreConfig, sync: Sync) -> MemoryStore:
    store = MemoryStore(
        config,
        customer("1"),
        customer("2"),
        customer("3"),
        order("1", customer_external_id="1"),
        order("2", customer_external_id="2"),
        order("3", customer_external_id="2"),
    )
    sync(store, full=False)
    return store


def merge(store: MemoryStore, gone: Customer, *orders: Order) -> None:
    """As Shopify does: the customer is gone, the orders are another's, and no date has moved."""
    store.remove(gone)
    store.put(*orders)


def test_a_customer_that_the_store_merged_into_another_is_one_client(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    rows("update crm_clients set lead_quality = 'hot' where full_name = 'Customer 2' returning 1")
    merge(
        store,
        customer("2"),
        order("2", customer_external_id="1"),
        order("3", customer_external_id="1"),
    )

    sync(store, full=False)
    sync(store, full=False)
    sync(store)

    assert rows(CLIENTS) == [("1", "Customer 1", 3), ("3", "Customer 3", 0)]
    assert rows("select lead_quality from crm_clients where total_orders = 3") == [("hot",)]
    assert rows(
        "select reason, evidence from sync.identity_links where reason = 'store_merge'"
    ) == [("store_merge", {"merged": "2", "into": "1"})]


@pytest.mark.parametrize(
    "second", [order("3", customer_external_id="3"), order("3", email="guest@example.com")]
)
def test_orders_that_went_to_several_tell_of_no_merge(
    store: MemoryStore, sync: Sync, rows: Rows, second: Order
) -> None:
    merge(store, customer("2"), order("2", customer_external_id="1"), second)

    sync(store, full=False)

    assert rows("select count(*) from sync.client_merges") == [(0,)]
    assert ("2", "Customer 2") in [row[:2] for row in rows(CLIENTS)]


def test_a_chain_of_merges_in_the_store_ends_with_one_client(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    merge(
        store,
        customer("2"),
        order("2", customer_external_id="1"),
        order("3", customer_external_id="1"),
    )
    sync(store, full=False)
    merge(
        store,
        customer("1"),
        *(order(number, customer_external_id="3") for number in ("1", "2", "3")),
    )

    sync(store, full=False)

    assert rows(CLIENTS) == [("3", "Customer 3", 3)]
