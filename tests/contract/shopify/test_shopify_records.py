"""Answers of any shape, and counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fixtures.shopify.payloads import (
    page,
)
from fixtures.shopify.reading import ids, numbered, read
from fixtures.shopify.scripted import Answer, ScriptedStore, data

from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]


def scopes(*handles: str) -> Answer:
    listed = [{"handle": handle} for handle in handles]
    return data(shop={"currencyCode": "EUR"}, currentAppInstallation={"accessScopes": listed})


def test_records_of_any_shape_are_put_aside_one_by_one(
    shop: ScriptedStore, connect: Connect
) -> None:
    strange: list[Any] = [None, 7, "order", [], {}, {"id": 1}, numbered(2, lineItems=3)]
    shop.will("Orders", data(orders=page(*strange, numbered(3))))
    (found,) = read(connect(), Stream.ORDERS)
    assert ids([found]) == ["3"]
    assert len(found.rejected) == len(strange)
    assert all(one.reason and one.code for one in found.rejected)


def test_elements_in_edges_are_read_as_well(shop: ScriptedStore, connect: Connect) -> None:
    edges = {"edges": [{"node": numbered(1)}, {"node": numbered(2)}], "pageInfo": {}}
    shop.will("Orders", data(orders=edges))
    assert ids(read(connect(), Stream.ORDERS)) == ["1", "2"]


def test_test_orders_are_counted_as_skipped(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Orders", data(orders=page(numbered(1), numbered(2, test=True))))
    (found,) = read(connect(), Stream.ORDERS)
    assert (ids([found]), found.skipped, found.fetched) == (["1"], 1, 2)


def test_a_count_is_whole_and_leaves_test_orders_out(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Shop", scopes("read_orders", "read_all_orders"))
    shop.will("CountOrders", data(ordersCount={"count": 123_456, "precision": "EXACT"}))
    assert connect().count(Stream.ORDERS) == 123_456
    assert connect(include_test=True).count(Stream.ORDERS) == 123_456
    first, second = shop.asked("CountOrders")
    assert "limit: null" in first.text
    assert first.variables == {"query": "test:false"}
    assert second.variables == {}


def test_orders_are_not_counted_by_a_token_that_sees_sixty_days_of_them(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", scopes("read_orders"))
    assert connect().count(Stream.ORDERS) is None
    assert shop.asked("CountOrders") == []


def test_a_bound_is_not_taken_for_a_count(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("CountCustomers", data(customersCount={"count": 10_000, "precision": "AT_LEAST"}))
    assert connect().count(Stream.CUSTOMERS) is None
