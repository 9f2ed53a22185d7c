"""The report's figures that have a shape instead of a course: cohorts, funnel, deciles, grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from matplotlib.ticker import FuncFormatter, MaxNLocator

from connectors.report.charts import HALF, NARROW, WIDE
from connectors.report.drawing import ROLE, Canvas, Drawing, canvas
from connectors.report.figures import Cohort, Decile, Stage, SyncDay
from connectors.report.words import compact, count, day, money, percent, short_month

_WIDE_MONTHS: Final = 13
_NARROW_MONTHS: Final = 7
_ROW: Final = 26
# Rows a phone scrolls past before it has lost the head line.
MOST_STORES: Final = 25
STATES: Final = {
    "complete": ("good", "equal to the store"),
    "differs": ("bad", "differs from the store"),
    "open": ("warn", "not settled yet"),
    "unchecked": ("none", "never compared"),
}


def cohort_map(cohorts: Sequence[Cohort]) -> Drawing:
    """Share of each month's new clients who bought again, month by month."""
    title = "Clients who bought again, by month of their first order"
    summary = "A table of percentages; the darker a cell, the more came back."
    months = sorted({one.cohort_month for one in cohorts})
    rows = {(one.cohort_month, one.months_since): one for one in cohorts}

    def draw(drawn: Canvas, shown: Sequence[date], columns: int) -> None:
        axes = drawn.axes
        # The strongest of what is shown is darkest; month 0 is everybody and says nothing.
        rates = [
            float(one.retention_rate or 0)
            for (first, since), one in rows.items()
            if first in shown and 1 <= since < columns
        ]
        top = max([*rates, 0.05])
        for line, first in enumerate(shown):
            for since in range(1, columns):
                one = rows.get((first, since))
                if one is None or one.retention_rate is None:
                    continue
                rate = float(one.retention_rate)
                drawn.box(
                    since - 0.475, line - 0.46, 0.95, 0.92, role="heat",
                    alpha=0.06 + 0.94 * rate / top,
                    tip=f"first order {short_month(first)}, {since} months later: "
                    f"{one.active_clients:,} of {one.cohort_size:,} bought",
                )  # fmt: skip
                axes.text(
                    since, line, f"{100 * rate:.0f}", ha="center", va="center",
                    fontsize=11, clip_on=True,
                )  # fmt: skip
        axes.set_xlim(0.5, columns - 0.5)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xticks(range(1, columns), [str(n) for n in range(1, columns)])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("months after the first order, percent of the clients at its left")
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        sizes = [_size(rows, first) for first in shown]
        axes.set_yticks(
            range(len(shown)),
            [f"{short_month(one)} · {n:,}" for one, n in zip(shown, sizes, strict=True)],
        )

    wide_months, narrow_months = months[-_WIDE_MONTHS:], months[-_NARROW_MONTHS:]
    with canvas("cohorts", title, summary, WIDE, 60 + _ROW * len(wide_months)) as wide:
        draw(wide, wide_months, max(3, min(_WIDE_MONTHS, len(wide_months))))
    with canvas("cohorts-phone", title, summary, NARROW, 60 + _ROW * len(narrow_months)) as narrow:
        draw(narrow, narrow_months, max(3, min(_NARROW_MONTHS, len(narrow_months))))
        narrow.axes.set_xlabel("months after the first order, percent")
    return Drawing(wide.svg, narrow.svg)


def _size(rows: dict[tuple[date, int], Cohort], first: date) -> int:
    found = rows.get((first, 0))
    return 0 if found is None else found.cohort_size


def funnel(stages: Sequence[Stage]) -> Drawing:
    """How many clients got at least that far, and the share of the stage before."""
    shown = [one for one in stages if one.lifecycle_stage not in {None, "churned"}]
    title = "Clients who reached each stage"
    summary = "Bars, one a stage, each as long as the number of clients who got at least that far."

    def draw(drawn: Canvas) -> None:
        axes = drawn.axes
        top = max([one.clients_reached or 0 for one in shown] + [1])
        for line, one in enumerate(shown):
            reached = one.clients_reached or 0
            bar = axes.barh([line], [reached], height=0.66, color=ROLE["accent"])
            said = f"{reached:,}"
            if one.conversion_from_previous is not None:
                said += f" · {percent(one.conversion_from_previous, 0)}"
            drawn.tip(bar[0], f"{one.lifecycle_stage}: {reached:,} reached, {one.clients:,} here")
            is_long = reached > 0.4 * top
            axes.text(
                0.015 * top if is_long else reached + 0.02 * top, line, said, va="center",
                color=ROLE["paper" if is_long else "ink"], fontsize=12,
            )  # fmt: skip
        axes.set_yticks(range(len(shown)), [str(one.lifecycle_stage) for one in shown])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(0, top * 1.02)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)

    height = 30 + 36 * len(shown)
    with canvas("funnel", title, summary, HALF, height) as wide:
        draw(wide)
    with canvas("funnel-phone", title, summary, NARROW, height) as narrow:
        draw(narrow)
    return Drawing(wide.svg, narrow.svg)


def ltv_deciles(deciles: Sequence[Decile], currency: str) -> Drawing:
    """Average lifetime value in each tenth of the clients, so far and expected in a year."""
    title = "Lifetime value by decile of clients"
    summary = f"Two bars a decile: average so far and predicted for a year, in {currency}."
    has_predictions = any(one.predicted_average is not None for one in deciles)

    def draw(drawn: Canvas) -> None:
        axes = drawn.axes
        width = 0.4 if has_predictions else 0.75
        for one in deciles:
            place = one.ltv_decile - (width / 2 if has_predictions else 0)
            height = float(one.historic_average)
            bar = axes.bar([place], [height], width=width, color=ROLE["accent"])
            drawn.tip(
                bar[0],
                f"decile {one.ltv_decile}, {count(one.clients)} clients: "
                f"{money(one.historic_average, currency)} each so far",
            )
            if one.predicted_average is not None:
                predicted = axes.bar(
                    [one.ltv_decile + width / 2], [float(one.predicted_average)], width=width,
                    color=ROLE["accent-2"],
                )  # fmt: skip
                drawn.tip(
                    predicted[0],
                    f"decile {one.ltv_decile}: {money(one.predicted_average, currency)} each "
                    f"in a year, of {count(one.predicted_clients)} clients with a prediction",
                )
        axes.set_xlim(0.4, 10.6)
        axes.set_xticks(range(1, 11))
        axes.set_xlabel("decile of clients, 10 is the most valuable")
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
        axes.grid(axis="y")

    with canvas("ltv", title, summary, HALF, 260) as wide:
        draw(wide)
    with canvas("ltv-phone", title, summary, NARROW, 240) as narrow:
        draw(narrow)
    return Drawing(wide.svg, narrow.svg)


def sync_grid(days: Sequence[SyncDay], stores: Sequence[str]) -> Drawing:
    """One cell per store and day, coloured by whether the CRM holds what the store has."""
    title = "Sync completeness by store and day"
    summary = "A grid of days by store: equal, different, not settled or never compared."
    calendar = sorted({one.day for one in days})
    states = {(one.store_key, one.day): one.state for one in days}

    def draw(drawn: Canvas, shown: Sequence[date], longest: int, ticks: int) -> None:
        axes = drawn.axes
        for line, store in enumerate(stores):
            for place, one in enumerate(shown):
                state = states.get((store, one))
                if state is None:
                    continue
                role, said = STATES[state]
                drawn.box(
                    place - 0.43, line - 0.4, 0.86, 0.8, role=role,
                    hatch="xxx" if state == "differs" else None,
                    tip=f"{store}, {day(one)}: {said}",
                )  # fmt: skip
        axes.set_xlim(-0.6, len(shown) - 0.4)
        axes.set_ylim(len(stores) - 0.5, -0.5)
        axes.set_yticks(range(len(stores)), [_cut(store, longest) for store in stores])
        marked = list(range(len(shown)))[:: -max(1, len(shown) // ticks)][::-1]
        axes.set_xticks(marked, [f"{shown[n].day} {shown[n]:%b}" for n in marked])
        axes.spines["bottom"].set_visible(False)

    height = 40 + _ROW * len(stores)
    with canvas("sync", title, summary, WIDE, height) as wide:
        draw(wide, calendar, 40, 6)
    with canvas("sync-phone", title, summary, NARROW, height) as narrow:
        draw(narrow, calendar[-14:], 16, 3)
    return Drawing(wide.svg, narrow.svg)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
