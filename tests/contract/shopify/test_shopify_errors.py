"""Errors that arrive with status 200, each by its code and path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fixtures.shopify.payloads import (
    line,
    page,
)
from fixtures.shopify.reading import ids, numbered, read
from fixtures.shopify.scripted import Answer, Request, ScriptedStore, data, failed

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


def test_a_record_that_makes_the_whole_page_fail_is_passed_and_put_aside(
    shop: ScriptedStore, connect: Connect
) -> None:
    rows = [numbered(number) for number in range(1, 8)]
    broken = 4

    def judge(request: Request) -> Answer:
        first = int(request.variables["after"] or 0)
        asked = rows[first : first + request.variables["first"]]
        reached = first + len(asked)
        if request.operation == "SkipOrder":
            asked = [{"id": row["id"], "updatedAt": row["updatedAt"]} for row in asked]
        elif first <= broken < reached:
            where = ["orders", "nodes", broken - first, "totalPriceSet"]
            return Answer({"data": None, "errors": [failed("INTERNAL_SERVER_ERROR", path=where)]})
        return data(orders=page(*asked, cursor=str(reached) if reached < len(rows) else None))

    shop.will("Orders", judge)
    shop.will("SkipOrder", judge)
    found = read(connect(), Stream.ORDERS)
    assert ids(found) == ["1", "2", "3", "4", "6", "7"]
    (rejected,) = [one for each in found for one in each.rejected]
    assert (rejected.external_id, rejected.code) == ("5", "partial_answer")
    assert "totalPriceSet" in rejected.reason
    (skipped,) = shop.asked("SkipOrder")
    assert skipped.variables["query"] == shop.asked("Orders")[0].variables["query"]


def test_a_part_of_an_order_that_shopify_cannot_load_puts_that_order_aside(
    shop: ScriptedStore, connect: Connect
) -> None:
    nodes = page(numbered(1, lineItems=page(line(1), cursor="l")), numbered(2))
    broken = failed("INTERNAL_SERVER_ERROR", path=["order", "lineItems", "nodes", 0, "name"])
    shop.will("Orders", data(orders=nodes))
    shop.will("OrderLines", Answer({"data": {"order": None}, "errors": [broken]}))
    (found,) = read(connect(), Stream.ORDERS)
    assert ids([found]) == ["2"]
    assert [(one.external_id, one.code) for one in found.rejected] == [("1", "partial_answer")]
