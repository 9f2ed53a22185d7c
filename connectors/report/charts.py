"""The report's figures over time: revenue, win rate, response times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from connectors.report.drawing import ROLE, Canvas, Drawing, canvas
from connectors.report.figures import Day, Report, Response, WinRate
from connectors.report.words import compact, day, duration, money, short_month

WIDE: Final = 1060
HALF: Final = 510
NARROW: Final = 350
# From what is done to what is still to come, then what was lost: the order of the stack.
STACK: Final = (
    ("delivered", "step-4"),
    ("shipped", "step-3"),
    ("processing", "step-2"),
    ("pending", "step-1"),
)
_NARROW_DAYS: Final = 30
# Percent from which a word above the point, or below it, leaves the figure.
_CEILING: Final = 88
_FLOOR: Final = 12
# A waiting time's natural marks, in seconds: 1 s to a week.
_MARKS: Final = (1, 10, 60, 600, 3600, 21_600, 86_400, 604_800)


def revenue_by_day(report: Report, first: date, last: date) -> Drawing:
    """Stacked bars by status; what was lost hangs below the line."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    title = "Net revenue by day and status"
    summary = (
        f"Stacked bars, one a day from {day(first)} to {day(last)}, in {report.currency}; "
        "cancelled and refunded orders below the line. The table below has every figure."
    )
    with canvas("revenue", title, summary, WIDE, 300) as wide:
        _stack(wide, report.days, days, report.currency)
    with canvas("revenue-phone", title, summary, NARROW, 250) as narrow:
        _stack(narrow, report.days, days[-_NARROW_DAYS:], report.currency)
    return Drawing(wide.svg, narrow.svg)


def _stack(drawn: Canvas, rows: Sequence[Day], days: Sequence[date], currency: str) -> None:
    axes = drawn.axes
    amounts = {(row.order_day, row.status): float(row.amount) for row in rows}
    told: dict[date, list[str]] = defaultdict(list)
    for row in rows:
        told[row.order_day].append(f"{row.status}: {money(row.amount)} ({row.orders:,})")
    places = range(len(days))
    base = [0.0] * len(days)
    for status, role in STACK:
        heights = [amounts.get((one, status), 0.0) for one in days]
        axes.bar(places, heights, bottom=base, width=0.82, color=ROLE[role])
        base = [below + height for below, height in zip(base, heights, strict=True)]
    lost = [
        -amounts.get((one, "cancelled"), 0.0) - amounts.get((one, "refunded"), 0.0) for one in days
    ]
    axes.bar(places, lost, width=0.82, color=ROLE["lost"])
    # Without any amount matplotlib invents a scale of hundredths around the line.
    low, high = axes.get_ylim() if any(base) or any(lost) else (0.0, 1.0)
    axes.set_ylim(low, high)
    for place, one in zip(places, days, strict=True):
        lines = told.get(one) or ["no orders"]
        drawn.column(place, "\n".join([f"{day(one)}, {currency}", *lines]))
    axes.set_xlim(-0.7, len(days) - 0.3)
    axes.axhline(0, color=ROLE["muted"], linewidth=1)
    _money_axis(axes)
    step = max(1, len(days) // 6)
    shown = list(places)[::-step][::-1]
    axes.set_xticks(shown, [f"{days[n].day} {days[n]:%b}" for n in shown])


def win_rate_over_time(rates: Sequence[WinRate]) -> Drawing:
    """Percent of closed deals that were won, by month of closing, with the number closed."""
    title = "Win rate by month of closing"
    summary = "A line of the percentage of closed deals won, and bars of how many closed."

    def draw(drawn: Canvas, shown: Sequence[WinRate]) -> None:
        axes = drawn.axes
        places = range(len(shown))
        rate = [float("nan") if one.win_rate is None else float(one.win_rate) for one in shown]
        axes.plot(places, rate, color=ROLE["accent"], linewidth=2, marker="o", markersize=5)
        axes.set_ylim(0, 105)
        axes.set_xlim(-0.6, len(shown) - 0.4)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} %"))
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.grid(axis="y")
        for place, one in zip(places, shown, strict=True):
            closed = one.won_count + one.lost_count
            told = "nothing closed" if one.win_rate is None else f"{one.win_rate} %"
            drawn.column(place, f"{_month(one)}: {told}, {one.won_count} of {closed} won")
            if one.win_rate is not None:
                axes.annotate(
                    f"{one.won_count}/{closed}",
                    (place, float(one.win_rate)),
                    # Where the line does not pass: under a dip, and never through the ceiling.
                    xytext=(0, -17 if _is_dip(rate, place) or one.win_rate > _CEILING else 9),
                    textcoords="offset points",
                    ha="center",
                    fontsize=11,
                    color=ROLE["muted"],
                )
        step = -(-len(shown) // 6)
        ticks = list(places)[::-step][::-1]
        axes.set_xticks(ticks, [_month(shown[n]) for n in ticks])

    with canvas("wins", title, summary, HALF, 260) as wide:
        draw(wide, rates[-12:])
    with canvas("wins-phone", title, summary, NARROW, 230) as narrow:
        draw(narrow, rates[-6:])
    return Drawing(wide.svg, narrow.svg)


def _is_dip(rates: Sequence[float], place: int) -> bool:
    """Whether the line comes down to the point and goes up again, with room for a word below."""
    beside = [*rates[max(place - 1, 0) : place], *rates[place + 1 : place + 2]]
    return _FLOOR < rates[place] < min(beside, default=0.0)


def _month(rate: WinRate) -> str:
    return "" if rate.close_month is None else short_month(rate.close_month)


def response_times(responses: Sequence[Response]) -> Drawing:
    """Median and ninth decile of the wait by week, for the AI and for agents."""
    title = "Response time by week"
    summary = "Lines of the median waiting time by week, the band up to what nine in ten waited."
    weeks = sorted({one.week for one in responses})

    def draw(drawn: Canvas) -> None:
        axes = drawn.axes
        for who, role in (("ai", "accent"), ("agent", "accent-2")):
            mine = [one for one in responses if one.answered_by == who]
            places = [weeks.index(one.week) for one in mine]
            median = [max(one.median_seconds or 0, 1) for one in mine]
            ninth = [max(one.p90_seconds or 0, 1) for one in mine]
            axes.fill_between(places, median, ninth, color=ROLE[role], alpha=0.18, linewidth=0)
            axes.plot(places, median, color=ROLE[role], linewidth=2, marker="o", markersize=5)
        axes.set_yscale("log")
        axes.minorticks_off()
        low, high = axes.get_ylim()
        # From the mark below to the mark above, so that a line has something to be measured by.
        below = max((mark for mark in _MARKS if mark <= low), default=_MARKS[0])
        above = min((mark for mark in _MARKS if mark >= high), default=_MARKS[-1])
        marks = [mark for mark in _MARKS if below <= mark <= above]
        axes.set_yticks(marks, [duration(mark).replace(".0", "") for mark in marks])
        axes.set_ylim(min(below, low), max(above, high))
        for place, week in enumerate(weeks):
            lines = [
                f"{one.answered_by or 'unanswered'}: {one.turns:,}"
                + (f", median {duration(one.median_seconds)}" if one.answered_by else "")
                for one in responses
                if one.week == week
            ]
            drawn.column(place, "\n".join([f"week of {day(week)}", *lines]))
        axes.set_xlim(-0.6, len(weeks) - 0.4)
        axes.grid(axis="y")
        step = -(-len(weeks) // 5)
        ticks = list(range(len(weeks)))[::-step][::-1]
        axes.set_xticks(ticks, [f"{weeks[n].day} {weeks[n]:%b}" for n in ticks])

    with canvas("responses", title, summary, HALF, 260) as wide:
        draw(wide)
    with canvas("responses-phone", title, summary, NARROW, 240) as narrow:
        draw(narrow)
    return Drawing(wide.svg, narrow.svg)


def _money_axis(axes: Axes) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(abs(value))))
    axes.grid(axis="y")
