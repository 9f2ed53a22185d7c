"""Quotes into `sync.exchange_rates`, and rates that people state.

People come first: a rate that somebody stated for a day is not replaced by the ECB's of that day,
and inside a stated period no quotation counts (`sync.quoted_rate`). Loading the ECB's files says
how many of its rates were left out for that reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql

from connectors.crm.statements import load
from connectors.errors import ConfigurationError
from connectors.rates import OFF
from connectors.rates.ecb import Quote, RatesError, parse
from connectors.rates.source import Held, Span, fetch, read_file, span_for
from connectors.values import check_currency

Connection = psycopg.Connection[Any]
_EIGHT_DECIMALS: Final = Decimal("0.00000001")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What one loading did.

    `origin`: file name or path; `quotes`: rates in it; `kept`: left as people stated them.
    """

    origin: str
    quotes: int
    first_day: date
    last_day: date
    inserted: int
    updated: int
    kept: int


def held(connection: Connection) -> Held:
    """Return what is held of the ECB's rates."""
    row = connection.execute(load("rates/held")).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always answers
    return Held(first_day=row[0], last_day=row[1], rows=row[2])


def bring_up_to_date(
    connection: Connection,
    *,
    url: str,
    file: Path | None = None,
    span: Span | None = None,
    now: datetime | None = None,
) -> Loaded | None:
    """Fetch the ECB's rates and keep what is new or different; None when `url` is "off".

    `file`: read this one instead of asking `url`. `span`: which file; None for the smallest after
    which no day is missing. `now`: for tests. Raises RatesError, and then nothing was written.
    """
    moment = now or datetime.now(UTC)
    if file is not None:
        origin, body = str(file), read_file(file)
    elif url == OFF:
        return None
    else:
        chosen = span or span_for(held(connection), moment.date())
        # The web is slow, and a transaction left open would hold back the vacuum meanwhile.
        connection.commit()
        origin, body = chosen.value, fetch(url, chosen)
    # The ECB's day ends before this machine's may begin, whatever the time zones.
    quotes = parse(body, latest=(moment + timedelta(days=1)).date())
    return keep(connection, quotes, origin=origin)


def keep(connection: Connection, quotes: Iterable[Quote], *, origin: str) -> Loaded:
    """Write the quotes that are new or differ, in one transaction. There must be at least one."""
    rows = [(quote.currency, quote.day, quote.rate) for quote in quotes]
    if not rows:
        raise RatesError(f"{origin} holds no exchange rate")
    with connection.transaction():
        connection.execute(load("rates/lock"))
        connection.execute(load("rates/stage"))
        table = sql.Identifier("pg_temp", "staged_rates")
        statement = sql.SQL("copy {} (currency, rate_date, rate) from stdin").format(table)
        with connection.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(sql.SQL("analyze {}").format(table))
        counts = connection.execute(load("rates/merge")).fetchone()
    assert counts is not None  # noqa: S101 - an aggregate always answers
    days = [row[1] for row in rows]
    return Loaded(
        origin=origin,
        quotes=len(rows),
        first_day=min(days),
        last_day=max(days),
        inserted=counts[0],
        updated=counts[1],
        kept=counts[2],
    )


def state_rate(
    connection: Connection,
    *,
    base: str,
    quote: str,
    rate: Decimal,
    first_day: date,
    last_day: date | None = None,
    source: str = "stated",
) -> bool:
    """State that one `base` is worth `rate` `quote` from `first_day` on; say whether that is new.

    `last_day`: inclusive end of a period in which no quotation counts; None: until the next rate of
    the pair. The ECB's rate of the first day, if held, is replaced.
    Raises ConfigurationError for what cannot be a rate.
    """
    for currency in (base, quote):
        check_currency(currency)
    if base == quote:
        raise ConfigurationError(f"a rate of {base} to itself is always 1")
    if source == "ECB":
        raise ConfigurationError('the source "ECB" is for what is loaded from the ECB; name yours')
    exact = rate.quantize(_EIGHT_DECIMALS) if rate.is_finite() and abs(rate) < 10**10 else None
    if exact is None or exact <= 0:
        raise ConfigurationError(
            f"{rate} is no exchange rate: above 0, below 10,000,000,000, with eight decimals"
        )
    if last_day is not None and last_day < first_day:
        raise ConfigurationError("the last day of the period must not be before its first")
    with connection.transaction():
        row = connection.execute(
            load("rates/put"),
            {
                "base": base,
                "quote": quote,
                "rate": exact,
                "first_day": first_day,
                "last_day": last_day,
                "source": source,
            },
        ).fetchone()
    return row is not None
