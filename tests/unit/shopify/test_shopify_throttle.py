"""The cost bucket and the size of pages, by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.shopify.throttle import PageSize, Throttle


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def bucket(available: object, maximum: object = 1000, rate: object = 100) -> dict[str, Any]:
    status = {
        "currentlyAvailable": available,
        "maximumAvailable": maximum,
        "restoreRate": rate,
    }
    return {"requestedQueryCost": 500, "throttleStatus": status}


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def throttle(time: Time) -> Throttle:
    return Throttle(sleep=time.sleep, clock=time.clock)


def test_nobody_waits_before_the_first_answer(throttle: Throttle, time: Time) -> None:
    throttle.wait_for(1000)
    assert time.slept == []
    assert throttle.seconds_until(1000) is None


def test_the_wait_counts_what_was_restored_since(throttle: Throttle, time: Time) -> None:
    assert throttle.learn(bucket(100)) == 500
    time.now += 2
    throttle.wait_for(500)
    assert time.slept == [pytest.approx(2.0)]


def test_a_query_larger_than_the_bucket_waits_until_it_is_full(
    throttle: Throttle, time: Time
) -> None:
    throttle.learn(bucket(900))
    throttle.wait_for(5000)
    assert time.slept == [pytest.approx(1.0)]


@pytest.mark.parametrize(
    "cost",
    [
        None,
        [],
        {},
        {"throttleStatus": 3},
        bucket(None, None, None),
        bucket("9", "9", "9"),
        bucket(1, 1, 0),
    ],
)
def test_an_answer_that_tells_no_figures_makes_nobody_wait(
    throttle: Throttle, time: Time, cost: object
) -> None:
    throttle.learn(cost)
    throttle.wait_for(100)
    assert time.slept == []


def test_a_page_grows_to_what_the_points_allow_and_never_shrinks_to_nothing() -> None:
    size = PageSize(10)
    size.learn(100)
    assert size.current == 20
    size.learn(1800)
    assert size.current == 10
    size.learn(90_000)
    assert size.current == 1


def test_a_halved_page_does_not_grow_again_beyond_what_was_refused() -> None:
    size = PageSize(10)
    assert size.halve()
    size.learn(1)
    assert size.current == 5
    while size.halve():
        pass
    assert size.current == 1
