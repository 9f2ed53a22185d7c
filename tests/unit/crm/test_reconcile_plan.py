"""Which days a night compares: the last ones, and all of history once a period."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors.base import StoreConfig
from connectors.crm.reconcile_plan import Days, Limits, between, nightly
from connectors.errors import Permanent

TODAY = date(2026, 3, 31)
DAY = timedelta(days=1)


def config(**settings: Any) -> StoreConfig:
    return StoreConfig(
        id="1",
        organization_id="1",
        key="shop",
        platform="woocommerce",
        base_url="https://shop.example",
        settings=settings,
    )


def test_a_young_store_is_compared_whole() -> None:
    assert nightly(TODAY, TODAY - 2 * DAY, {}, Limits()) == [Days(TODAY - 2 * DAY, TODAY)]


def test_every_day_of_history_is_compared_once_a_period_and_the_last_ones_every_night() -> None:
    limits = Limits(days=7, period=30)
    oldest = date(2023, 1, 1)
    checked: dict[date, datetime] = {}
    seen: dict[date, int] = {}
    for night in range(30):
        today = TODAY + night * DAY
        planned = [day for piece in nightly(today, oldest, checked, limits) for day in piece.each]
        assert len(planned) == len(set(planned))
        assert set(planned) >= {today - place * DAY for place in range(7)}
        for day in planned:
            seen[day] = seen.get(day, 0) + 1
            checked[day] = datetime(today.year, today.month, today.day, 3, tzinfo=UTC)
    history = [oldest + place * DAY for place in range((TODAY - oldest).days - 6)]
    assert all(day in seen for day in history)


def test_days_that_a_night_could_not_do_are_the_next_nights_first() -> None:
    oldest = TODAY - 66 * DAY
    at = datetime(2026, 3, 30, tzinfo=UTC)
    checked = {oldest + place * DAY: at for place in range(60)}
    del checked[oldest + 41 * DAY]
    planned = nightly(TODAY, oldest, checked, Limits(days=7, period=30))
    assert planned[1:] == [Days(oldest, oldest), Days(oldest + 41 * DAY, oldest + 41 * DAY)]


@pytest.mark.parametrize(("orders", "longest"), [(0, 366), (7_300, 100), (730_000, 1)])
def test_a_long_range_comes_in_pieces_that_lose_no_day(orders: int, longest: int) -> None:
    pieces = between(date(2025, 1, 1), date(2025, 12, 31), orders=orders)
    days = [day for piece in pieces for day in piece.each]
    assert days == [date(2025, 1, 1) + place * DAY for place in range(365)]
    assert max(len(piece.each) for piece in pieces) == min(longest, 365)
    assert all(early.end == late.start for early, late in pairwise(pieces))


def test_settings_are_read_and_checked() -> None:
    assert Limits.of(config(reconcile_days=3, reconcile_calls=20)) == Limits(days=3, calls=20)
    for wrong in (0, -1, "7", True):
        with pytest.raises(Permanent, match="reconcile_days"):
            Limits.of(config(reconcile_days=wrong))
