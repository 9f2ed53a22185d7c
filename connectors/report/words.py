"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

NOTHING: Final = "–"
_CENT: Final = Decimal("0.01")
_SECONDS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def money(amount: Decimal | None, currency: str = "") -> str:
    """An amount to the cent, such as 1,234.50 EUR."""
    if amount is None:
        return NOTHING
    text = f"{amount.quantize(_CENT, ROUND_HALF_UP):,}"
    return f"{text} {currency}" if currency else text


def headline(amount: Decimal | None, currency: str) -> str:
    """An amount that is read across a room: whole units from ten thousand on."""
    if amount is None or abs(amount) < 10_000:  # noqa: PLR2004 - five digits are a headline's worth
        return money(amount, currency)
    return f"{amount.quantize(Decimal(1), ROUND_HALF_UP):,} {currency}"


def compact(value: float) -> str:
    """An axis' number: 950, 1.5k, 20k, 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def percent(share: Decimal | float | None, digits: int = 1) -> str:
    """A share of 1 as 12.3 %."""
    return NOTHING if share is None else f"{100 * share:,.{digits}f} %"


def points(rate: Decimal | None) -> str:
    """A rate that is in percent already."""
    return NOTHING if rate is None else f"{rate:,.2f} %"


def count(number: Decimal | float | None) -> str:
    """A number of things; quantities may have decimals."""
    if number is None:
        return NOTHING
    return f"{number:,}" if isinstance(number, int) else f"{number:,.3f}".rstrip("0").rstrip(".")


def duration(seconds: float | None) -> str:
    """A waiting time in its largest fitting unit."""
    if seconds is None:
        return NOTHING
    for size, unit in _SECONDS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def day(moment: date | None) -> str:
    """26 Nov 2026."""
    return NOTHING if moment is None else f"{moment.day} {moment:%b %Y}"


def month(first: date | None) -> str:
    """November 2026."""
    return NOTHING if first is None else f"{first:%B %Y}"


def short_month(first: date) -> str:
    """Nov 26, where a year is no news: Nov '26."""
    return f"{first:%b} ’{first:%y}"


def clock(moment: datetime | None) -> str:
    """26 Nov 2026, 02:14 UTC."""
    return NOTHING if moment is None else f"{day(moment.date())}, {moment:%H:%M} UTC"


def days_of(days: Sequence[date], most: int = 4) -> str:
    """Ascending days as a short list of stretches: 3 Oct, 5 Oct to 12 Oct and 9 more days."""
    stretches: list[list[date]] = []
    for one in days:
        if stretches and one - stretches[-1][-1] == timedelta(days=1):
            stretches[-1].append(one)
        else:
            stretches.append([one])
    more = sum(len(stretch) for stretch in stretches[most:])
    told = ", ".join(_stretch(stretch) for stretch in stretches[:most])
    return told + (f" and {plural(more, 'more day')}" if more else "")


def _stretch(days: Sequence[date]) -> str:
    last = f"{days[-1].day} {days[-1]:%b}"
    return last if len(days) == 1 else f"{days[0].day} {days[0]:%b} to {last}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """1 order, 2 orders."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
