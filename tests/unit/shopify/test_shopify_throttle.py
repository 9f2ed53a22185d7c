"""The cost bucket and the size of pages, by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.shopify.throttle import LARGEST_PAGE, PageSize, Reservation, Throttle


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
    throttle.reserve(1000)
    assert time.slept == []
    assert throttle.seconds_until(1000) is None


def test_the_wait_counts_what_was_restored_since(throttle: Throttle, time: Time) -> None:
    assert throttle.learn(bucket(100), Reservation()) == 500
    time.now += 2
    throttle.reserve(500)
    assert time.slept == [pytest.approx(2.0)]


def test_a_query_larger_than_the_bucket_waits_until_it_is_full(
    throttle: Throttle, time: Time
) -> None:
    throttle.learn(bucket(900), Reservation())
    throttle.reserve(5000)
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
    throttle.learn(cost, Reservation())
    throttle.reserve(100)
    assert time.slept == []


def test_a_page_grows_to_what_the_points_allow_and_never_shrinks_to_nothing() -> None:
    size = PageSize(10)
    size.learn(100)
    assert size.current == 20
    size.learn(1800)
    assert size.current == 10
    size.learn(90_000)
    assert size.current == 1


def test_a_halved_page_does_not_grow_at_once_beyond_what_was_refused() -> None:
    size = PageSize(10)
    assert size.halve()
    size.learn(1)
    assert size.current == 5
    while size.halve():
        pass
    assert size.current == 1


def test_a_halved_page_grows_again_after_some_successes() -> None:
    size = PageSize(100)
    size.learn(100)
    assert size.current == 200
    for _ in range(3):
        size.halve()
    assert size.current == 25
    for _ in range(40):
        size.learn(size.current)
    assert size.current == LARGEST_PAGE


def test_a_size_that_fails_whenever_it_is_tried_is_tried_less_and_less_often() -> None:
    size = PageSize(100, largest=100)
    size.halve()
    pages_between = []
    for _ in range(4):
        came = 0
        while size.current <= 50:
            size.learn(None)
            came += 1
        pages_between.append(came)
        size.halve()
    assert pages_between == [4, 8, 16, 32]


def test_a_page_whose_cost_is_unknown_counts_as_dear() -> None:
    size = PageSize(10)
    assert size.points == 900
    size.learn(50)
    assert (size.current, size.points) == (20, 100)
