"""When an order went and arrived: told by the store, taken back by it, or typed by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.records import OrderStatus
from tests.integration.load.memory_store import DAY, MemoryStore, order

Sent = tuple[OrderStatus, datetime | None, datetime | None]
Tell = Callable[[Sent], Sent]
WENT, CAME = DAY + timedelta(hours=3), DAY + timedelta(hours=9)
DELIVERED: Sent = (OrderStatus.DELIVERED, WENT, CAME)
SHIPPED: Sent = (OrderStatus.SHIPPED, WENT, None)
DATES = "select status, shipped_date, delivered_date from crm_orders"


@pytest.fixture
def tell(config: StoreConfig, sync: Callable[..., Any], rows: Callable[..., Any]) -> Tell:
    """Let the store say status, shipped_date, delivered_date, and sync; return the CRM's."""
    store = MemoryStore(config)
    hours = iter(range(1, 99))

    def put(said: Sent) -> Sent:
        status, shipped, delivered = said
        sync(
            store,
            order(
                "1", status=status, shipped_date=shipped, delivered_date=delivered,
                source_updated_at=DAY + timedelta(hours=next(hours)),
            ),
        )  # fmt: skip
        (found,) = rows(DATES)
        return OrderStatus(found[0]), found[1], found[2]

    return put


@pytest.mark.parametrize(
    "back", [OrderStatus.PENDING, OrderStatus.PROCESSING, OrderStatus.CANCELLED]
)
def test_an_order_that_is_taken_back_has_neither_gone_nor_arrived(
    tell: Tell, back: OrderStatus
) -> None:
    assert tell(DELIVERED) == DELIVERED
    assert tell((back, None, None)) == (back, None, None)
    assert tell(DELIVERED) == DELIVERED


def test_what_came_back_had_arrived_and_what_is_only_sent_has_not(tell: Tell) -> None:
    tell(DELIVERED)
    # A store that names no day any more says nothing of the day it named.
    assert tell((OrderStatus.REFUNDED, None, None)) == (OrderStatus.REFUNDED, WENT, CAME)
    assert tell(SHIPPED) == SHIPPED
    assert tell((OrderStatus.PROCESSING, None, None)) == (OrderStatus.PROCESSING, None, None)


def test_a_day_that_a_person_typed_stays_where_the_store_names_none(
    tell: Tell, connection: psycopg.Connection[Any]
) -> None:
    tell((OrderStatus.PROCESSING, None, None))
    connection.execute("update crm_orders set delivered_date = %s, status = 'delivered'", [CAME])
    for status in (OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.CANCELLED):
        assert tell((status, None, None)) == (status, None, CAME)
