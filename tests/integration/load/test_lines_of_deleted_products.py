"""What an order line says of its product outlives the product, whatever the store says by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

from connectors.base import StoreConfig
from connectors.records import Order, OrderLine
from tests.integration.load.memory_store import DAY, MemoryStore, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
LATER = DAY + timedelta(hours=1)


def line(
    external_id: str | None, product_id: str | None, sku: str | None, **more: Any
) -> OrderLine:
    return OrderLine(
        **{
            "name": "Shirt",
            "quantity": Decimal(1),
            "external_id": external_id,
            "product_external_id": product_id,
            "sku": sku,
            **more,
        }
    )


def sold(*lines: OrderLine, **more: Any) -> Order:
    return order("1", lines=lines, **more)


def told(rows: Rows) -> list[tuple[Any, ...]]:
    return rows(
        "select l ->> 'external_id', l ->> 'ecommerce_product_id', l ->> 'sku', l ->> 'quantity' "
        "from crm_orders, jsonb_array_elements(items) with ordinality as t (l, turn) order by turn"
    )


def shop(config: StoreConfig) -> MemoryStore:
    return MemoryStore(
        config,
        product("7"),
        product("71", parent_external_id="7"),
        product("8"),
        sold(line("a", "71", "RED"), line("b", "8", "CUP"), line(None, "8", "CUP")),
    )


def test_a_known_line_keeps_its_product_and_sku_once_the_store_has_forgotten_them(
    config: StoreConfig, sync: Callable[..., Any], rows: Rows
) -> None:
    store = shop(config)
    sync(store)
    sync(
        store,
        sold(
            # The variant is gone, and then the product.
            line("a", "7", ""),
            line("b", None, None, quantity=Decimal(2)),
            # Nothing says that these are the same.
            line(None, None, None),
            line("c", None, None),
            source_updated_at=LATER,
        ),
    )
    assert told(rows) == [
        ("a", "71", "RED", "1"),
        ("b", "8", "CUP", "2"),
        (None, None, None, "1"),
        ("c", None, None, "1"),
    ]


def test_what_the_store_says_of_a_line_goes_before_what_was_known(
    config: StoreConfig, sync: Callable[..., Any], rows: Rows
) -> None:
    store = shop(config)
    sync(store)
    sync(
        store,
        sold(
            line("b", "71", "BLUE"),
            # A parent, but of another product.
            line("a", "8", "CUP"),
            source_updated_at=LATER,
        ),
    )
    assert told(rows) == [("b", "71", "BLUE", "1"), ("a", "8", "CUP", "1")]


def test_lines_that_nobody_can_read_are_the_stores_again(
    config: StoreConfig, sync: Callable[..., Any], rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    store = shop(config)
    sync(store)
    before = told(rows)
    for rubbish in ('"lines"', "{}", '[1, null, [], {"external_id": {}}]', "[]", "null"):
        connection.execute("update crm_orders set items = %s::jsonb", [rubbish])
        (repair,) = sync(store, full=False).repairs
        assert repair.columns == ("items",)
        assert told(rows) == before
