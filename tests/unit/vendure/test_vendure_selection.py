from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Window
from connectors.records import Stream
from connectors.vendure.selection import Selection, is_daily

START = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, START, True),
        (START, START + timedelta(hours=2), False),
        (START, START + timedelta(hours=14), True),
        (datetime(2026, 5, 3, 23, 59, 59, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC), True),
    ],
)
def test_a_window_is_the_days_first_when_it_holds_a_midnight(
    start: datetime | None, end: datetime, expected: bool
) -> None:
    assert is_daily(Window(start=start, end=end)) is expected


def test_between_daily_readings_only_recent_and_edited_orders_are_asked_for() -> None:
    selection = Selection()
    assert selection.changed(Stream.ORDERS, START)["_or"] == [
        {"updatedAt": {"after": "2026-05-04T10:29:59.999Z"}},
        {"orderPlacedAt": {"after": "2026-05-01T10:29:59.999Z"}},
    ]
    assert selection.thorough(Stream.ORDERS, START)["_or"][1] == {
        "orderPlacedAt": {"after": "2025-11-05T10:29:59.999Z"}
    }


def test_no_order_is_recent_that_is_too_old_to_be_read_again_at_all() -> None:
    selection = Selection(reread=timedelta(days=1), recent=timedelta(days=3))
    assert selection.changed(Stream.ORDERS, START) == selection.thorough(Stream.ORDERS, START)


def test_variants_of_an_edited_product_are_asked_for_with_the_edited_ones() -> None:
    conditions = Selection().changed(Stream.PRODUCTS, START, product_ids=["7", "12"])
    assert conditions["_or"][1] == {"productId": {"in": ["12", "7"]}}
