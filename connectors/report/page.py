"""Renders a report as one HTML page: no script, no font, no image from anywhere else.

Everything that comes from the database is escaped by the template engine; only our own drawings are
let through, and those were escaped when they were written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from connectors.report import charts, shapes, words
from connectors.report.cautions import cautions
from connectors.report.drawing import Drawing
from connectors.report.figures import Report, SyncDay
from connectors.report.key_figures import key_figures
from connectors.report.reading import DAYS

_FOLDER: Final = files("connectors.report")
# The store shown first is the one somebody should look at.
_WORST_FIRST: Final = ("differs", "open", "unchecked", "complete")


def render(report: Report) -> str:
    """Return the page. The same report gives the same page."""
    return _template().render(context(report))


def context(report: Report) -> dict[str, Any]:
    """Return what the template is filled with."""
    stores, more_stores = _stores(report.sync_days)
    return {
        "report": report,
        "key_figures": key_figures(report),
        "cautions": cautions(report),
        "drawings": _drawings(report, stores),
        "stores": stores,
        "more_stores": more_stores,
        "sync_table": _sync_table(report.sync_days),
        "asked": sum(one.turns for one in report.responses),
        "unanswered": sum(one.turns for one in report.responses if one.answered_by is None),
        "first_day": _first_day(report),
        "has_chats": bool(report.responses),
        "has_deals": any(one.won_count + one.lost_count for one in report.win_rates),
        "checked_at": max(
            (one.checked_at for one in report.sync_days if one.checked_at), default=None
        ),
        "month": report.last_complete_month,
    }


def _first_day(report: Report) -> date | None:
    """The first day of the revenue figure: a young shop's own, not ninety empty ones."""
    if report.first_day is None or report.last_day is None:
        return None
    window = report.last_day - timedelta(days=DAYS - 1)
    # A single bar as wide as the page says nothing of time.
    return max(window, min(report.first_day, report.last_day - timedelta(days=13)))


def _drawings(report: Report, stores: Sequence[str]) -> dict[str, Drawing]:
    drawn: dict[str, Drawing] = {}
    first = _first_day(report)
    if first is not None and report.last_day is not None:
        drawn["revenue"] = charts.revenue_by_day(report, first, report.last_day)
    if any(one.months_since > 0 for one in report.cohorts):
        drawn["cohorts"] = shapes.cohort_map(report.cohorts)
    if any(one.clients for one in report.funnel):
        drawn["funnel"] = shapes.funnel(report.funnel)
    months = [one for one in report.win_rates if one.close_month is not None]
    if any(one.won_count + one.lost_count for one in months):
        drawn["wins"] = charts.win_rate_over_time(months)
    if report.deciles:
        drawn["ltv"] = shapes.ltv_deciles(report.deciles, report.currency)
    if stores:
        drawn["sync"] = shapes.sync_grid(report.sync_days, stores)
    if any(one.answered_by for one in report.responses):
        drawn["responses"] = charts.response_times(report.responses)
    return drawn


def _stores(days: Sequence[SyncDay]) -> tuple[list[str], int]:
    """The stores shown, those with most to look at first, and how many more there are."""
    counts = {line["store_key"]: line for line in _sync_table(days)}
    ordered = sorted(
        counts, key=lambda key: ([-counts[key][state] for state in _WORST_FIRST[:3]], key)
    )
    return ordered[: shapes.MOST_STORES], max(0, len(ordered) - shapes.MOST_STORES)


def _sync_table(days: Sequence[SyncDay]) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_WORST_FIRST, 0))
    for one in days:
        counts[one.store_key][one.state] += 1
    return [{"store_key": key, **line} for key, line in sorted(counts.items())]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(lambda name: _FOLDER.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        words.money, words.percent, words.points, words.count, words.duration, words.day,
        words.month, words.short_month, words.clock, words.plural,
    ):  # fmt: skip
        environment.filters[function.__name__] = function
    css = _FOLDER.joinpath("page.css").read_text(encoding="utf-8")
    # Our own file; as text it would be escaped, which style sheets do not understand.
    environment.globals["css"] = Markup(css)  # noqa: S704 - our own file
    return environment.get_template("page.html")
