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

from connectors.errors import Permanent, Transient
from connectors.records import Stream
from connectors.services import Services
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


@pytest.mark.parametrize(
    "slow",
    [
        Answer({"errors": "timeout"}, status=504),
        Answer({"errors": "timeout"}, status=408),
        Answer({"errors": [failed("TIMEOUT")]}),
        Answer({"data": {"orders": None}, "errors": [failed("TIMEOUT", path=["orders"])]}),
    ],
)
def test_a_page_that_takes_too_long_is_asked_for_at_half_the_size_at_once(
    shop: ScriptedStore, connect: Connect, clock: Any, slow: Answer
) -> None:
    def judge(request: Request) -> Answer:
        return slow if request.variables["first"] > 2 else data(orders=page(numbered(1)))

    shop.will("Orders", judge)
    assert ids(read(connect(), Stream.ORDERS)) == ["1"]
    assert [request.variables["first"] for request in shop.asked("Orders")] == [10, 5, 2]
    assert clock.slept == []


def test_a_single_order_that_takes_too_long_is_asked_for_again_a_few_times(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", Answer({"errors": [failed("TIMEOUT", "too slow")]}))
    with pytest.raises(Transient, match="too slow"):
        read(connect(), Stream.ORDERS)
    sizes = [request.variables["first"] for request in shop.asked("Orders")]
    assert sizes == [10, 5, 2, *[1] * 6]


def test_a_halved_page_grows_again_after_successes(shop: ScriptedStore, connect: Connect) -> None:
    cheap = {**COST, "requestedQueryCost": 12}
    rows = iter(range(1, 1000))

    def judge(request: Request) -> Answer:
        number = next(rows)
        return data(cheap, orders=page(numbered(number), cursor=str(number)))

    last = data(cheap, orders=page(numbered(1000)))
    shop.will("Orders", judge, Answer({}, status=504), *[judge] * 12, last)
    read(connect(page_size=40), Stream.ORDERS)
    sizes = [request.variables["first"] for request in shop.asked("Orders")]
    assert sizes == [10, 20, 10, 10, 10, 10, 20, 20, 20, 20, 40, 40, 40, 40, 40]


class Allowance:
    """What a database would keep, kept here; `takes`: what was asked of it."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.takes: list[float] = []
        self.observed: list[dict[str, float]] = []
        self.is_closed = False

    def take(self, points: float) -> float:
        self.takes.append(points)
        return self.waits.pop(0) if self.waits else 0.0

    def observe(self, **told: float) -> None:
        self.observed.append(told)

    def close(self) -> None:
        self.is_closed = True


def test_points_are_set_aside_before_they_are_spent_and_the_rest_goes_back(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    allowance = Allowance(0.0, 3.0)
    shop.will("Orders", data(orders=page(numbered(1), cursor="a")), data(orders=page(numbered(2))))
    connector = connect(services=Services(allowance=allowance))
    read(connector, Stream.ORDERS)
    # What a page costs is learned: ten elements were 100 points, so twenty are 200.
    assert allowance.takes == [900, 200]
    assert [told["given_back"] for told in allowance.observed] == [890, 190]
    assert allowance.observed[0]["available"] == COST["throttleStatus"]["currentlyAvailable"]  # type: ignore[index]
    assert clock.slept == [3.0]
    connector.close()
    assert allowance.is_closed


def test_a_refused_query_gives_back_what_it_took_and_queues_up_again(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    allowance = Allowance(0.0, 7.0)
    throttled = {"errors": [failed("THROTTLED")], "extensions": {"cost": drained(100, 600)}}
    shop.will("Orders", Answer(throttled), data(orders=page(numbered(1))))
    assert ids(read(connect(services=Services(allowance=allowance)), Stream.ORDERS)) == ["1"]
    assert allowance.takes == [900, 600]
    assert [told["given_back"] for told in allowance.observed] == [900, 590]
    assert 7.0 <= clock.slept[0] <= 8.0


@pytest.mark.parametrize(
    "cost",
    [
        None,
        "dear",
        {"throttleStatus": {"maximumAvailable": 0, "restoreRate": 0}},
        {"throttleStatus": {"maximumAvailable": 1e300, "restoreRate": 1e300}},
        {"throttleStatus": {"maximumAvailable": -1, "currentlyAvailable": -5, "restoreRate": -2}},
        {"requestedQueryCost": 10**400, "actualQueryCost": [], "throttleStatus": None},
    ],
)
def test_figures_that_make_no_sense_are_no_reason_to_wait_or_to_fail(
    shop: ScriptedStore, connect: Connect, clock: Any, cost: Any
) -> None:
    answer = {"data": {"orders": page(numbered(1), cursor="a")}, "extensions": {"cost": cost}}
    last = {"data": {"orders": page(numbered(2))}, "extensions": cost}
    shop.will("Orders", Answer(answer), Answer(last))
    assert ids(read(connect(), Stream.ORDERS)) == ["1", "2"]
    assert clock.slept == []
