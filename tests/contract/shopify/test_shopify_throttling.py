"""Shopify's cost bucket, and pages of a size it accepts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fixtures.shopify.payloads import (
    page,
)
from fixtures.shopify.reading import ids, numbered, read
from fixtures.shopify.scripted import COST, Answer, Request, ScriptedStore, data, failed

from connectors.errors import Permanent
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]


def drained(available: float, requested: int = 900) -> dict[str, Any]:
    status = {**COST["throttleStatus"], "currentlyAvailable": available}  # type: ignore[dict-item]
    return {"requestedQueryCost": requested, "throttleStatus": status}


def test_a_throttled_answer_is_asked_again_when_the_bucket_has_refilled(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    throttled = {"errors": [failed("THROTTLED")], "extensions": {"cost": drained(100)}}
    shop.will("Orders", Answer(throttled), data(orders=page(numbered(1))))
    assert ids(read(connect(), Stream.ORDERS)) == ["1"]
    # (900 - 100) points at 100 a second, and up to a second of jitter.
    assert 8.0 <= clock.slept[0] <= 9.0


def test_the_next_page_waits_until_the_bucket_holds_what_it_will_cost(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    shop.will(
        "Orders",
        data(drained(400), orders=page(numbered(1), cursor="a")),
        data(orders=page(numbered(2))),
    )
    assert ids(read(connect(), Stream.ORDERS)) == ["1", "2"]
    assert clock.slept == [pytest.approx(5.0)]


def test_nobody_waits_while_the_bucket_is_full(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    shop.will("Orders", data(orders=page(numbered(1), cursor="a")), data(orders=page(numbered(2))))
    read(connect(), Stream.ORDERS)
    assert clock.slept == []


def test_pages_grow_while_they_are_cheap_and_never_beyond_250(
    shop: ScriptedStore, connect: Connect
) -> None:
    cheap = [
        data({**COST, "requestedQueryCost": 12}, orders=page(numbered(n), cursor=str(n)))
        for n in range(1, 8)
    ]
    shop.will("Orders", *cheap, data(orders=page(numbered(9))))
    read(connect(), Stream.ORDERS)
    sizes = [request.variables["first"] for request in shop.asked("Orders")]
    assert sizes == [10, 20, 40, 80, 160, 250, 250, 250]


def test_a_query_that_is_too_expensive_is_asked_again_at_half_the_size(
    shop: ScriptedStore, connect: Connect
) -> None:
    def judge(request: Request) -> Answer:
        if request.variables["first"] > 3:
            return Answer({"errors": [failed("MAX_COST_EXCEEDED")]})
        return data(orders=page(numbered(1)))

    shop.will("Orders", judge)
    assert ids(read(connect(), Stream.ORDERS)) == ["1"]
    assert [request.variables["first"] for request in shop.asked("Orders")] == [10, 5, 2]


def test_a_query_that_is_too_expensive_for_single_orders_says_which_settings_help(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", Answer({"errors": [failed("MAX_COST_EXCEEDED")]}))
    with pytest.raises(Permanent, match="nested_page_size"):
        read(connect(), Stream.ORDERS)
