"""An order, a product and a customer there and back again: the CRM and the client's totals follow.

No date moves unless a test says so: everything is found by hints, counts and names.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.records import Order, OrderStatus, Refund, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
See = Callable[[], tuple[Any, ...]]

HALF = (Refund(external_id="r1", amount=Decimal(50)),)
WHOLE = (*HALF, Refund(external_id="r2", amount=Decimal(50)))


@pytest.fixture
def store(config: StoreConfig) -> MemoryStore:
    return MemoryStore(config, customer("1"), product("1"), placed(), placed("2", "20.00"))


def placed(external_id: str = "1", total: str = "100.00", **fields: Any) -> Order:
    return order(
        external_id, customer_external_id="1", status=OrderStatus.DELIVERED, total=Decimal(total),
        **fields,
    )  # fmt: skip


@pytest.fixture
def see(rows: Rows) -> See:
    """Return order 1's status and refunded total, and its client's orders and revenue."""

    def look() -> tuple[Any, ...]:
        (found,) = rows(
            "select o.status, o.refunded_total, c.total_orders, c.total_revenue"
            " from crm_orders as o join crm_clients as c"
            " on c.organization_id = o.organization_id and c.id = o.client_id"
            " where o.ecommerce_order_id = '1'"
        )
        return found

    return look


def test_refunds_come_and_go_and_the_client_s_totals_follow_each_time(
    store: MemoryStore, sync: Sync, see: See
) -> None:
    sync(store, full=False)
    assert see() == ("delivered", 0, 2, 120)
    store.hinted[Stream.ORDERS] = ["1"]

    sync(store, placed(refunded_total=Decimal(50), refunds=HALF), full=False)
    assert see() == ("delivered", 50, 2, 70)

    refunded = placed(refunded_total=Decimal(100), refunds=WHOLE)
    sync(store, order_with(refunded, OrderStatus.REFUNDED), full=False)
    assert see() == ("refunded", 100, 1, 20)

    sync(store, placed(refunded_total=Decimal(50), refunds=HALF), full=False)
    assert see() == ("delivered", 50, 2, 70)

    sync(store, placed(), full=False)
    assert see() == ("delivered", 0, 2, 120)


def order_with(one: Order, status: OrderStatus) -> Order:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return Order(**{**fields, "status": status})


@pytest.mark.parametrize("moves_date", [True, False])
def test_a_cancellation_taken_back_counts_again_and_an_edit_goes_both_ways(
    store: MemoryStore, sync: Sync, see: See, moves_date: bool
) -> None:
    sync(store, full=False)
    if not moves_date:
        store.hinted[Stream.ORDERS] = ["1"]

    def say(one: Order) -> None:
        store.now += timedelta(days=1)
        at = store.now - timedelta(hours=1) if moves_date else DAY
        fields = {name: getattr(one, name) for name in one.__struct_fields__}
        sync(store, Order(**{**fields, "source_updated_at": at}), full=False)

    say(order_with(placed(), OrderStatus.CANCELLED))
    assert see() == ("cancelled", 0, 1, 20)
    say(order_with(placed(), OrderStatus.PENDING))
    assert see() == ("pending", 0, 2, 120)
    say(placed(total="140.00"))
    assert see() == ("delivered", 0, 2, 160)
    say(placed(total="90.00"))
    assert see() == ("delivered", 0, 2, 110)


def test_an_order_trashed_restored_and_deleted_for_good(
    store: MemoryStore, sync: Sync, rows: Rows, see: See
) -> None:
    sync(store, full=False)
    store.now += timedelta(days=1)
    trashed_at = store.now - timedelta(hours=1)
    sync(store, placed(is_deleted=True, source_updated_at=trashed_at), full=False)
    assert see() == ("cancelled", 0, 1, 20)

    sync(store, placed(), full=False)
    assert see() == ("delivered", 0, 2, 120), "restored with the date it had before"

    store.remove(store.records[Stream.ORDERS]["1"])
    sync(store, full=False)
    assert see() == ("cancelled", 0, 1, 20)
    assert rows("select content_hash from sync.record_map where external_id = '1'"
                " and entity = 'orders'") == [(None,)]  # fmt: skip

    sync(store, placed(), full=False)
    assert see() == ("delivered", 0, 2, 120), "put back from a backup"


def test_a_product_trashed_restored_and_deleted_for_good(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    is_active = "select is_active from crm_products"
    sync(store, full=False)
    store.now += timedelta(days=1)
    at = store.now - timedelta(hours=1)
    sync(store, product("1", is_deleted=True, source_updated_at=at), full=False)
    assert rows(is_active) == [(False,)]

    sync(store, product("1"), full=False)
    assert rows(is_active) == [(True,)]

    store.remove(store.records[Stream.PRODUCTS]["1"])
    sync(store, full=False)
    assert rows(is_active) == [(False,)]
    assert sync(store, full=False).streams[Stream.PRODUCTS].deleted == 0


def test_a_customer_deleted_and_made_again_with_the_same_address_is_one_client(
    store: MemoryStore, sync: Sync, rows: Rows, see: See
) -> None:
    address = "c1@example.com"
    sync(store, full=False)
    store.remove(store.records[Stream.CUSTOMERS]["1"])
    store.put(
        *(order(str(n), email=address, status=OrderStatus.DELIVERED, total=Decimal(total))
          for n, total in ((1, "100.00"), (2, "20.00")))
    )  # fmt: skip
    sync(store, full=False)
    assert see() == ("delivered", 0, 2, 120), "guests' orders by now, of the same person"
    assert rows("select count(*) from crm_clients") == [(1,)]

    store.now += timedelta(days=1)
    soon = store.now - timedelta(hours=1)
    sync(
        store,
        customer("7", email=address, full_name="Again", source_updated_at=soon),
        order("3", customer_external_id="7", total=Decimal(5), source_updated_at=soon),
        full=False,
    )

    assert see() == ("delivered", 0, 3, 125)
    assert rows("select full_name, client_type, ecommerce_customer_id from crm_clients") == [
        ("Again", "customer", "7")
    ]
