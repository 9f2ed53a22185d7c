"""Filters that are never narrower than the window, in whatever zone a store reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from connectors.base import Window
from connectors.shopify.windows import (
    Progress,
    changed_at,
    daily_filter,
    exact_filter,
    is_inside,
    up_to_second,
)

END = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("hours", range(-12, 15))
@pytest.mark.parametrize("hour", [0, 1, 11, 12, 13, 23])
def test_a_filter_by_whole_days_holds_the_window_in_every_zone(hours: int, hour: int) -> None:
    start = datetime(2026, 10, 10, hour, 59, 59, tzinfo=UTC)
    query = daily_filter(Window(start=start, end=END))
    assert query is not None
    day = date.fromisoformat(query.partition("'")[2][:10])
    zone = timezone(timedelta(hours=hours))
    # The store may take the day as its own and begin it by its own clock.
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    assert begins <= start
    assert start.astimezone(zone).date() >= day


def test_a_first_reading_of_customers_filters_nothing() -> None:
    assert daily_filter(Window(end=END)) is None


def test_times_of_another_zone_are_sent_in_utc() -> None:
    zone = timezone(timedelta(hours=13))
    window = Window(
        start=datetime(2026, 10, 11, 1, 30, tzinfo=zone), end=datetime(2026, 11, 1, 13, tzinfo=zone)
    )
    assert exact_filter(window) == (
        "updated_at:>='2026-10-10T12:30:00Z' AND updated_at:<'2026-11-01T00:00:00Z'"
    )


def test_the_window_contains_its_start_and_not_its_end() -> None:
    window = Window(start=datetime(2026, 10, 1, tzinfo=UTC), end=END)
    assert is_inside(window.start, window)
    assert not is_inside(END, window)
    assert is_inside(END - timedelta(microseconds=1), window)


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_the_second_of_the_end_belongs_to_the_window(microsecond: int) -> None:
    window = up_to_second(Window(end=END.replace(microsecond=microsecond), resume="there"))
    assert (window.end, window.resume) == (END + timedelta(seconds=1), "there")


def test_a_record_without_a_readable_time_is_always_inside() -> None:
    for node in ({}, {"updatedAt": None}, {"updatedAt": "soon"}, {"updatedAt": 3}, None, []):
        assert changed_at(node) is None
    assert is_inside(None, Window(end=END))


def test_nothing_is_promised_any_more_once_a_record_came_out_of_order() -> None:
    progress = Progress()
    progress.see(datetime(2026, 11, 2, tzinfo=UTC))
    assert progress.is_beyond(END)
    assert progress.complete_until(END) == END
    progress.see(datetime(2026, 10, 1, tzinfo=UTC))
    assert progress.complete_until(END) is None
    assert not progress.is_beyond(END)
    assert progress.reached is None
