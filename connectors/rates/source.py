"""Where the ECB's files come from: its web site, a mirror of it, or a file somebody brought in.

Which of the three files: the daily one has one day, and a night that failed would leave a hole that
nobody sees, since the day before is carried forward over it. So the file is chosen by what is held.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from connectors.base import StoreConfig
from connectors.errors import StoreError
from connectors.http import HttpClient
from connectors.rates.ecb import RatesError

# The whole history is about 8 MB.
LARGEST_BYTES: Final = 64 * 1024 * 1024
# The night has other things to do than to wait for a web site, but 8 MB must have time to arrive.
_ATTEMPTS: Final = 3
_BUDGET_SECONDS: Final = 180.0
_TIMEOUT_SECONDS: Final = 20.0
# Statuses that a second request would not change; the others are the client's to try again.
_FINAL: Final = frozenset({*range(300, 500)} - {408, 425, 429})
_OK: Final = 200


class Span(StrEnum):
    """How far back a file goes; the value is the ECB's name for it."""

    DAILY = "eurofxref-daily.xml"
    NINETY_DAYS = "eurofxref-hist-90d.xml"
    HISTORY = "eurofxref-hist.xml"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What we have of the ECB: first and last day (None: nothing) and the number of rates."""

    first_day: date | None
    last_day: date | None
    rows: int


def span_for(held: Held, today: date) -> Span:
    """Return the smallest file after which no day is missing.

    The full history until it was loaded once; after that by how long ago the last day was. Mondays
    take ninety days anyway, so a rate the ECB corrects is noticed within a week.
    """
    history_begins = date(1999, 12, 31)
    if held.first_day is None or held.last_day is None or held.first_day > history_begins:
        return Span.HISTORY
    age = today - held.last_day
    if age > timedelta(days=80):
        return Span.HISTORY
    return Span.DAILY if age <= timedelta(days=1) and today.weekday() != 0 else Span.NINETY_DAYS


def fetch(url: str, span: Span) -> bytes:
    """Return one of the ECB's files from the folder at `url`, as it is.

    Plain http is taken where somebody wrote it: rates are no secret, and a mirror in a closed
    network may have no certificate. Raises RatesError.
    """
    where = f"{url.rstrip('/')}/{span.value}"
    host = urlsplit(url).hostname or url
    config = StoreConfig(
        id="", organization_id="", key="exchange rates", platform="ecb", base_url=url,
        settings={"allow_http": True},
    )  # fmt: skip
    advice = (
        "Check STORELOOM_RATES_URL, bring the file and set STORELOOM_RATES_FILE, or set "
        "STORELOOM_RATES_URL=off to go without."
    )
    try:
        client = HttpClient(
            config,
            base_url=url,
            headers={"Accept": "application/xml, text/xml"},
            max_attempts=_ATTEMPTS,
            budget_seconds=_BUDGET_SECONDS,
            timeout_seconds=_TIMEOUT_SECONDS,
            largest_answer=LARGEST_BYTES,
        )
        try:
            # Whatever the file claims to be is for the parser to judge.
            answer = client.request("GET", span.value, accept=_FINAL, check=lambda _: None)
        finally:
            client.close()
    except StoreError as error:
        said = str(error).removeprefix(f'store "{error.store}": ')
        # The second sentence speaks of a shop's settings.
        raise RatesError(
            f"no exchange rates from {host}: {said.split('. ')[0].rstrip('.')}. {advice}"
        ) from None
    if answer.status != _OK:
        target = answer.headers.get("location")
        raise RatesError(
            f"no exchange rates from {where}: it answered {answer.status}"
            f"{f' and points to {target[:200]}' if target else ''}. {advice}"
        )
    return answer.body


def read_file(path: Path) -> bytes:
    """Return the content of a file of the ECB's. Raises RatesError."""
    try:
        with path.open("rb") as opened:
            body = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise RatesError(
            f"the file of exchange rates {path} cannot be read ({error.strerror}). Give one of the "
            "ECB's, such as eurofxref-hist.xml."
        ) from None
    if len(body) > LARGEST_BYTES:
        raise RatesError(f"the file {path} is too large to be one of the ECB's exchange rates")
    return body
