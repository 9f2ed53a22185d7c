"""`storeloom rates`: exchange rates, and the orders that follow them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from connectors.errors import ConfigurationError
from connectors.rates.findings import missing_rates, rates_on
from connectors.rates.keep import bring_up_to_date, state_rate
from connectors.rates.orders import Filled, fill_orders
from connectors.rates.source import Span
from orchestration.commands.shared import json_option, notes, open_crm, out, print_json

_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.group()
def rates() -> None:
    """The exchange rates that foreign orders are reported with.

    The ECB's are loaded every day by themselves. What people state comes before them.
    """


@rates.command(name="load")
@click.option("--history", "span", flag_value=Span.HISTORY.value, help="All since 1999.")
@click.option("--recent", "span", flag_value=Span.NINETY_DAYS.value, help="The last ninety days.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="One of the ECB's files, instead of its web site.",
)
@json_option
def load_(span: str | None, file: Path | None, *, as_json: bool) -> None:
    """Load the ECB's rates.

    What is missing, or what you choose. Then the orders follow.
    """
    crm = open_crm()
    with crm.connection() as connection, notes.status("loading exchange rates"):
        loaded = bring_up_to_date(
            connection,
            url=crm.settings.rates_url,
            file=file or (None if span else crm.settings.rates_file),
            span=Span(span) if span else None,
        )
        if loaded is None:
            raise ConfigurationError(
                "STORELOOM_RATES_URL is off: give a file with --file, or unset it"
            )
        connection.commit()
        filled = fill_orders(connection, run_id=f"cli-{uuid.uuid4()}")
    if as_json:
        print_json({"loaded": loaded, "filled": filled})
        return
    out.print(
        f"{loaded.quotes:,} rates of {loaded.first_day} to {loaded.last_day} in {loaded.origin}: "
        f"{loaded.inserted:,} new, {loaded.updated:,} revised",
        markup=False,
    )
    if loaded.kept:
        out.print(f"{loaded.kept:,} left as people stated them")
    _show_filled(filled)


@rates.command()
@json_option
def fill(*, as_json: bool) -> None:
    """Give orders the rates known by now.

    Names the orders that have none, and why.
    """
    crm = open_crm()
    with crm.connection() as connection:
        with notes.status("rating orders"):
            filled = fill_orders(connection, run_id=f"cli-{uuid.uuid4()}")
        missing = missing_rates(connection)
    if as_json:
        print_json({"filled": filled, "missing": missing})
        return
    _show_filled(filled)
    for one in missing:
        out.print(one.sentence, markup=False, soft_wrap=True)


@rates.command()
@click.argument("currency", required=False)
@click.option("--on", "day", type=_DAY, help="Day (UTC) the rates are for; today without it.")
@json_option
def show(currency: str | None, day: datetime | None, *, as_json: bool) -> None:
    """List rates, and orders without one.

    The rate of each pair on a day; of CURRENCY only when given.
    """
    when = day.date() if day else datetime.now(UTC).date()
    with open_crm().connection() as connection:
        found = rates_on(connection, when, currency.upper() if currency else None)
        missing = missing_rates(connection)
    if as_json:
        print_json({"day": when.isoformat(), "rates": found, "missing": missing})
        return
    if found:
        table = Table("1", "is worth", "of", "since", "until", "source", "", box=None)
        for one in found:
            table.add_row(
                one.base_currency,
                f"{one.rate.normalize():f}",
                one.quote_currency,
                str(one.rate_date),
                str(one.valid_until or ""),
                one.source or "",
                "" if one.holds else f"no longer holds on {when}",
                style=None if one.holds else "yellow",
            )
        out.print(table)
    else:
        out.print(f"no rate is known on {when}: storeloom rates load")
    for line in missing:
        out.print(line.sentence, markup=False, soft_wrap=True)


@rates.command(name="set")
@click.argument("base")
@click.argument("quote")
@click.argument("rate")
@click.option("--from", "first", type=_DAY, required=True, help="First day (UTC).")
@click.option("--until", "last", type=_DAY, help="Last day of a period that no quotation breaks.")
@click.option("--source", default="stated", show_default=True, help="Who says so.")
def set_(
    base: str, quote: str, rate: str, *, first: datetime, last: datetime | None, source: str
) -> None:
    """State a rate of your own.

    One BASE is worth RATE of QUOTE. The orders follow.

    With --until the rate holds for every day of the period, whatever is quoted; without, until the
    next rate of the pair.

    Example: storeloom rates set EUR USD 1.08 --from 2026-01-01 --until 2026-01-31
    """
    try:
        value = Decimal(rate)
    except InvalidOperation:
        raise ConfigurationError(f'"{rate}" is no number; write it like 1.0842') from None
    crm = open_crm()
    with crm.connection() as connection:
        is_new = state_rate(
            connection,
            base=base.upper(),
            quote=quote.upper(),
            rate=value,
            first_day=first.date(),
            last_day=_date(last),
            source=source,
        )
        connection.commit()
        filled = fill_orders(connection, run_id=f"cli-{uuid.uuid4()}")
    out.print("stated" if is_new else "already stated like that")
    _show_filled(filled)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _show_filled(filled: Filled) -> None:
    if filled.orders:
        out.print(
            f"{filled.orders:,} orders of {filled.organizations:,} organizations have another rate "
            "now"
        )
    else:
        out.print("no order needed another rate")
    if filled.refused:
        out.print(
            f"{filled.refused:,} orders keep what they had: converted, their amount or their "
            "client's total is more than its column holds",
            soft_wrap=True,
        )
