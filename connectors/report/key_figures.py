"""The five figures an organization is looked at by first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from connectors.report.figures import Month, Report, month_before, month_end
from connectors.report.words import (
    NOTHING,
    day,
    headline,
    money,
    percent,
    plural,
    points,
    short_month,
)


class KeyFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One tile. `value` is the exact figure, None when there is nothing to measure."""

    key: str
    name: str
    value: Decimal | None
    shown: str
    means: str
    change: str | None = None


def key_figures(report: Report) -> list[KeyFigure]:
    """Return net revenue, order value, repeat rate, win rate and completeness, in this order."""
    return [
        *_of_the_month(report),
        _repeat_rate(report),
        _win_rate(report),
        _completeness(report),
    ]


def completeness(report: Report) -> Decimal | None:
    """Return the share of compared store days that equal their store; None without a store."""
    if not report.sync_days:
        return None
    equal = sum(one.state == "complete" for one in report.sync_days)
    return Decimal(equal) / len(report.sync_days)


def _of_the_month(report: Report) -> list[KeyFigure]:
    first = report.last_complete_month
    if first is None or report.first_day is None or report.first_day > month_end(first):
        waiting = "Shown once a whole month has orders."
        return [
            KeyFigure(
                key="net_revenue", name="Net revenue", value=None, shown=NOTHING, means=waiting
            ),
            KeyFigure(
                key="average_order_value", name="Order value", value=None, shown=NOTHING,
                means=waiting,
            ),
        ]  # fmt: skip
    now = report.month(first) or _empty(first)
    before = report.month(month_before(first)) or _empty(month_before(first))
    is_first = report.first_day >= first
    return [
        KeyFigure(
            key="net_revenue",
            name=f"Net revenue, {short_month(first)}",
            value=now.net_revenue,
            shown=headline(now.net_revenue, report.currency),
            means=f"{plural(now.orders, 'order')} less refunds, without cancelled ones. "
            "The last whole month known.",
            change=None if is_first else _change(now.net_revenue, before.net_revenue, first),
        ),
        KeyFigure(
            key="average_order_value",
            name=f"Order value, {short_month(first)}",
            value=now.average_order_value,
            shown=money(now.average_order_value, report.currency),
            means="Net revenue of the month per order that has an exchange rate.",
            change=None
            if is_first or now.average_order_value is None
            else _change(now.average_order_value, before.average_order_value, first),
        ),
    ]


def _empty(first: date) -> Month:
    """A month without orders, which is a figure too."""
    return Month(
        order_month=first, net_revenue=Decimal(0), orders=0, rated_orders=0, unrated_orders=0
    )


def _change(now: Decimal, before: Decimal | None, first: date) -> str | None:
    if not before:
        return None
    share = now / before - 1
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return f"{sign}{percent(abs(share))} on {short_month(month_before(first))}"


def _repeat_rate(report: Report) -> KeyFigure:
    buyers = report.buyers
    return KeyFigure(
        key="repeat_rate",
        name="Repeat rate",
        value=buyers.repeat_rate,
        shown=percent(buyers.repeat_rate),
        means=f"{buyers.repeat_buyers:,} of {plural(buyers.buyers, 'client')} who ever bought "
        "did so more than once.",
    )


def _win_rate(report: Report) -> KeyFigure:
    found = report.win_rate
    if found is None or found.win_rate is None:
        return KeyFigure(
            key="win_rate", name="Win rate", value=None, shown=NOTHING,
            means="Shown once a deal has been closed.",
        )  # fmt: skip
    closed = found.won_count + found.lost_count
    return KeyFigure(
        key="win_rate",
        name="Win rate",
        value=found.win_rate,
        shown=points(found.win_rate),
        means=f"{found.won_count:,} of {plural(closed, 'closed deal')} were won, by number; "
        f"measured {day(found.as_of)}.",
    )


def _completeness(report: Report) -> KeyFigure:
    share = completeness(report)
    equal = sum(one.state == "complete" for one in report.sync_days)
    return KeyFigure(
        key="sync_completeness",
        name="Sync completeness",
        value=share,
        shown=percent(share),
        means="Shown once a store has been compared."
        if share is None
        else f"{equal:,} of {plural(len(report.sync_days), 'store day')} of the last 30 days are "
        "proven equal to the store.",
    )
