"""Errors that arrive with status 200, each by its code and path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fixtures.shopify.payloads import (
    page,
)
from fixtures.shopify.reading import ids, numbered, read
from fixtures.shopify.scripted import Answer, ScriptedStore, data, failed

from connectors.errors import AuthFailed, Permanent, Transient
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]


@pytest.mark.parametrize(
    "trouble",
    [
        {"errors": [failed("INTERNAL_SERVER_ERROR")]},
        {"data": None},
        {"data": None, "errors": [failed("INTERNAL_SERVER_ERROR", path=["orders"])]},
        {"data": {"orders": None}, "errors": [failed("TIMEOUT", path=["orders"])]},
        {"errors": [{"message": "Throttled"}]},
        {"errors": "something went wrong"},
        [],
    ],
)
def test_passing_trouble_inside_http_200_is_asked_again(
    shop: ScriptedStore, connect: Connect, trouble: Any
) -> None:
    shop.will("Orders", Answer(trouble), data(orders=page(numbered(1))))
    assert ids(read(connect(), Stream.ORDERS)) == ["1"]


def test_trouble_that_stays_ends_the_reading_and_names_the_store(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", Answer({"errors": [failed("INTERNAL_SERVER_ERROR", "we are sorry")]}))
    with pytest.raises(Transient, match=r'store "kettles".*we are sorry'):
        read(connect(), Stream.ORDERS)


def test_a_missing_scope_for_a_stream_is_named(shop: ScriptedStore, connect: Connect) -> None:
    denied = failed(
        "ACCESS_DENIED", path=["customers"], requiredAccess="`read_customers` access scope."
    )
    shop.will("Customers", Answer({"data": {"customers": None}, "errors": [denied]}))
    with pytest.raises(AuthFailed, match="read_customers"):
        read(connect(), Stream.CUSTOMERS)
    assert len(shop.requests) == 1


def test_a_forbidden_field_is_null_and_costs_neither_record_nor_page(
    shop: ScriptedStore, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    denied = [
        failed("ACCESS_DENIED", path=["orders", "nodes", index, "customer"]) for index in (0, 1)
    ]
    nodes = page(numbered(1, customer=None), numbered(2, customer=None))
    shop.will("Orders", Answer({"data": {"orders": nodes}, "errors": denied}))
    found = read(connect(), Stream.ORDERS)
    assert ids(found) == ["1", "2"]
    assert [record.message for record in caplog.records if "hidden" in record.message] == [
        'store "kettles": orders.nodes.customer is hidden from the token (no)'
    ]


def test_a_record_shopify_cannot_load_is_put_aside_and_the_page_goes_on(
    shop: ScriptedStore, connect: Connect
) -> None:
    broken = failed("INTERNAL_SERVER_ERROR", "oops", path=["orders", "nodes", 1, "totalTaxSet"])
    nodes = page(numbered(1), numbered(2, totalTaxSet=None), numbered(3))
    shop.will("Orders", Answer({"data": {"orders": nodes}, "errors": [broken]}))
    (found,) = read(connect(), Stream.ORDERS)
    assert ids([found]) == ["1", "3"]
    (rejected,) = found.rejected
    assert rejected.external_id == "2"
    assert "totalTaxSet" in rejected.reason
    assert "oops" in rejected.reason
    # Asked twice more first: it may have passed.
    assert len(shop.requests) == 3


def test_a_query_the_version_does_not_know_is_not_asked_again(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", Answer({"errors": [failed("undefinedField", "Field 'x' doesn't exist")]}))
    with pytest.raises(Permanent, match="api_version"):
        read(connect(), Stream.ORDERS)
    assert len(shop.requests) == 1


@pytest.mark.parametrize("orders", [{"nodes": None}, {"pageInfo": {"hasNextPage": False}}, 7])
def test_a_page_without_its_elements_never_passes_for_an_empty_one(
    shop: ScriptedStore, connect: Connect, orders: Any
) -> None:
    shop.will("Orders", data(orders=orders))
    with pytest.raises(Transient, match="holds no orders"):
        read(connect(), Stream.ORDERS)
