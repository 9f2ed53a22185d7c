"""Figures as people read them, and the months they are of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connectors.report import words
from connectors.report.figures import last_complete_month, month_before, month_end


@pytest.mark.parametrize(
    ("last_day", "today", "expected"),
    [
        # A night on the first, that read to yesterday's end: the month is over and known.
        (date(2026, 10, 31), date(2026, 11, 1), date(2026, 10, 1)),
        # Its last evening: today is not over.
        (date(2026, 10, 31), date(2026, 10, 31), date(2026, 9, 1)),
        (date(2026, 10, 30), date(2026, 11, 1), date(2026, 9, 1)),
        # Nobody has synced since June: October was never known.
        (date(2026, 6, 12), date(2026, 11, 26), date(2026, 5, 1)),
        (date(2026, 12, 31), date(2027, 1, 1), date(2026, 12, 1)),
        (date(2027, 1, 5), date(2027, 1, 6), date(2026, 12, 1)),
        # An order dated tomorrow makes no month complete.
        (date(2026, 12, 2), date(2026, 11, 30), date(2026, 10, 1)),
        (None, date(2026, 11, 1), None),
    ],
)
def test_a_month_counts_when_each_of_its_days_is_over_and_known(
    last_day: date | None, today: date, expected: date | None
) -> None:
    assert last_complete_month(last_day, today) == expected


def test_months_end_and_begin_where_the_calendar_says() -> None:
    assert month_end(date(2024, 2, 1)) == date(2024, 2, 29)
    assert month_end(date(2026, 12, 1)) == date(2026, 12, 31)
    assert month_before(date(2026, 1, 31)) == date(2025, 12, 1)


def test_money_is_rounded_half_up_to_the_cent_and_grouped() -> None:
    assert words.money(Decimal("1234567.895"), "EUR") == "1,234,567.90 EUR"
    assert words.money(Decimal("-0.005")) == "-0.01"
    assert words.money(None, "EUR") == words.NOTHING
    assert words.headline(Decimal("9999.99"), "EUR") == "9,999.99 EUR"
    assert words.headline(Decimal("10000.50"), "EUR") == "10,001 EUR"


def test_shares_rates_and_times_say_their_unit() -> None:
    assert words.percent(Decimal("0.4835")) == "48.4 %"
    assert words.points(Decimal("35")) == "35.00 %"
    assert words.percent(None) == words.points(None) == words.duration(None) == words.NOTHING
    assert [words.duration(seconds) for seconds in (0.4, 59, 90, 5400, 200_000)] == [
        "0 s", "59 s", "1.5 min", "1.5 h", "2.3 d",
    ]  # fmt: skip
    assert [words.compact(value) for value in (0, 950, 1500, -2.5e6)] == [
        "0",
        "950",
        "1.5k",
        "−2.5M",
    ]


def test_quantities_keep_their_decimals_and_only_those() -> None:
    assert words.count(1234) == "1,234"
    assert words.count(Decimal("2.500")) == "2.5"
    assert words.count(Decimal("3.000")) == "3"


def test_days_are_told_as_stretches() -> None:
    days = [date(2026, 10, day) for day in (3, 5, 6, 7, 12, 20, 25, 26)]
    assert words.days_of(days, most=3) == "3 Oct, 5 Oct to 7 Oct, 12 Oct and 3 more days"
    assert words.days_of(days[:1]) == "3 Oct"
    assert words.days_of([date(2026, 10, 31), date(2026, 11, 1)]) == "31 Oct to 1 Nov"
