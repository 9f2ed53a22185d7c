"""What a reader has to know before believing a figure."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import msgspec

from connectors.report.figures import Report
from connectors.report.words import clock, day, days_of, money, plural


class Caution(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that makes figures misleading, and what to do about it."""

    text: str
    next_step: str


def cautions(report: Report) -> list[Caution]:
    """Return what would mislead a reader of this report, gravest first."""
    return [
        *_old(report),
        *_misdated(report),
        *_unrated(report),
        *_different(report),
        *_unproven(report),
    ]


def _misdated(report: Report) -> list[Caution]:
    if not report.misdated_orders:
        return []
    return [
        Caution(
            text=f"{plural(report.misdated_orders, 'order')} dated before 1990 or in the future "
            "are in no figure by time.",
            next_step="Correct order_date in the CRM.",
        )
    ]


def _unrated(report: Report) -> list[Caution]:
    found = [
        Caution(
            text=f"{plural(line.unrated_orders, 'order')} in {line.currency} of the last 90 days "
            f"have no exchange rate to {report.currency} and are in no sum here. All orders in "
            f"{line.currency} came to {money(line.net_amount, line.currency)} net.",
            next_step="Load exchange rates for the days; the amounts join the sums with the next "
            "build.",
        )
        for line in report.currencies
        if line.unrated_orders
    ]
    older = sum(one.unrated_orders for one in report.months)
    if older and not found:
        found.append(
            Caution(
                text=f"{plural(older, 'order')} of the last 13 months have no exchange rate to "
                f"{report.currency} and are in no sum here.",
                next_step="Load exchange rates for their days.",
            )
        )
    return found


def _different(report: Report) -> list[Caution]:
    return [
        Caution(
            text=f'Store "{store}" differs from the CRM on {days_of(days)}: revenue of '
            f"{'this day' if len(days) == 1 else 'these days'} may be wrong.",
            next_step=f"storeloom reconcile {store} --from {days[0]} --to {days[-1]}",
        )
        for store, days in _stores(report, {"differs"})
    ]


def _unproven(report: Report) -> list[Caution]:
    return [
        Caution(
            text=f'Of store "{store}", {plural(len(days), "day")} of the last 30 are not proven '
            f"complete ({days_of(days)}).",
            next_step=f"storeloom reconcile {store} --from {days[0]} --to {days[-1]}",
        )
        for store, days in _stores(report, {"open", "unchecked"})
    ]


def _stores(report: Report, states: set[str]) -> list[tuple[str, list[date]]]:
    found: dict[str, list[date]] = defaultdict(list)
    for one in report.sync_days:
        if one.state in states:
            found[one.store_key].append(one.day)
    return sorted(found.items())


def _old(report: Report) -> list[Caution]:
    """Marts that nobody built for days look like a shop that sells nothing."""
    if report.last_day is None or report.read_at.date() - report.last_day <= timedelta(days=2):
        return []
    return [
        Caution(
            text=f"Orders are known up to {day(report.last_day)} only, and this was written "
            f"{clock(report.read_at)}.",
            next_step="Look whether nightly_sync ran; storeloom analytics build brings the "
            "marts up to date.",
        )
    ]
