"""Every question one after the other; an answer that fails never hides the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from connectors.base import Connector, StoreConfig, StoreProbe, Window
from connectors.errors import StoreError
from connectors.preflight.findings import (
    Finding,
    Preflight,
    failure,
    ok,
    refused,
    warning,
)
from connectors.preflight.tls import certificate
from connectors.records import Stream

_SKEW_TO_MENTION: Final = timedelta(minutes=2)
# A request signed by OAuth 1.0a is refused when its time is further off.
_SKEW_TO_REFUSE: Final = timedelta(minutes=15)
# Where the last orders lie: a quiet shop may have none for weeks.
_SAMPLES: Final = (timedelta(days=2), timedelta(days=60), timedelta(days=730))
_SECONDS_PER_MINUTE: Final = 60


class Reporting(msgspec.Struct, frozen=True, kw_only=True):
    """The organization's side. `has_rate`: whether today's rate from the store's currency is known.

    `currency`: what the organization reports in.
    """

    currency: str
    has_rate: Callable[[str], bool]


def preflight(
    connector: Connector,
    config: StoreConfig,
    *,
    reporting: Reporting | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Preflight:
    """Look at a store: about ten calls, one page of orders at most.

    `reporting`: None for a store that belongs to nobody yet. Faults of the store become findings.
    """
    findings: list[Finding] = []
    probe: StoreProbe | None = None
    secured = certificate(config, now=clock())
    if secured is not None:
        findings.append(secured)
    before = clock()
    try:
        probe = connector.probe()
    except StoreError as error:
        # Without an answer the other questions would only say the same again.
        findings.append(refused("access", error))
        return Preflight(store=config.key, findings=tuple(findings))
    middle = before + (clock() - before) / 2
    findings.append(ok("access", f"it answers as {probe.name}; address and credentials are right"))
    if probe.api_version:
        findings.append(ok("api_version", f"it speaks version {probe.api_version}"))
    findings += [warning("store", said, "") for said in probe.warnings]
    findings.append(_clock(config, probe, middle))
    findings.append(_zone(probe))
    findings.append(_currency(probe, reporting))
    totals, counted = _counts(connector)
    findings += counted
    findings.append(_oldest(connector, totals.get(Stream.ORDERS)))
    findings.append(_duration(connector, probe, totals, clock))
    return Preflight(store=config.key, findings=tuple(findings), probe=probe)


def _clock(config: StoreConfig, probe: StoreProbe, ours: datetime) -> Finding:
    if probe.server_time is None:
        return ok("clock", "the store does not tell its time; ours is used")
    skew = probe.server_time - ours
    text = f"its clock is {_span(abs(skew))} {'ahead of' if skew > timedelta(0) else 'behind'} ours"
    if abs(skew) >= _SKEW_TO_REFUSE and config.base_url.startswith("http://"):
        return failure(
            "clock", f"{text}: signed requests are refused", "set the clock of either machine"
        )
    if abs(skew) >= _SKEW_TO_MENTION:
        return warning(
            "clock", f"{text}; reading goes by the store's", "set the clock of either machine"
        )
    return ok("clock", text)


def _zone(probe: StoreProbe) -> Finding:
    if probe.time_zone is None:
        return ok("time_zone", "the store tells none; its times are read as UTC")
    return ok("time_zone", f"its zone is {probe.time_zone}; times are kept in UTC")


def _currency(probe: StoreProbe, reporting: Reporting | None) -> Finding:
    if reporting is None or reporting.currency == probe.currency:
        return ok("currency", f"its currency is {probe.currency}")
    text = f"its currency is {probe.currency}, the organization reports in {reporting.currency}"
    if reporting.has_rate(probe.currency):
        return ok("currency", f"{text}; the exchange rate is known")
    return warning(
        "currency",
        f"{text}, and no exchange rate between them is known",
        "its orders count in no figure until sync.exchange_rates has a rate",
    )


def _counts(connector: Connector) -> tuple[dict[Stream, int], list[Finding]]:
    totals: dict[Stream, int] = {}
    findings: list[Finding] = []
    for stream in Stream:
        code = f"count_{stream.value}"
        try:
            total = connector.count(stream)
        except StoreError as error:
            findings.append(refused(code, error))
            continue
        if total is None:
            findings.append(
                warning(
                    code,
                    f"the store does not tell how many {stream.value} it has",
                    "deletions among them are only found by the store's own feed",
                )
            )
            continue
        totals[stream] = total
        findings.append(ok(code, f"{total:,} {stream.value}"))
    return totals, findings


def _oldest(connector: Connector, total: int | None) -> Finding:
    try:
        oldest = connector.oldest_order()
    except StoreError as error:
        return refused("oldest_order", error)
    if oldest is not None:
        return ok("oldest_order", f"the oldest order that can be read is of {oldest:%Y-%m-%d}")
    if total:
        return warning(
            "oldest_order",
            f"it counts {total:,} orders but shows none of them",
            "check what the credentials may see",
        )
    return ok("oldest_order", "there are no orders yet")


def _duration(
    connector: Connector,
    probe: StoreProbe,
    totals: dict[Stream, int],
    clock: Callable[[], datetime],
) -> Finding:
    """Time a page of the latest orders and extrapolate; a range, since shops have slow hours."""
    end = probe.server_time or clock()
    try:
        seconds, records = _sample(connector, end)
    except StoreError as error:
        return refused("first_sync", error)
    total = sum(totals.values())
    if not records or not total:
        return ok("first_sync", "a first sync takes moments: there is next to nothing to read")
    expected = seconds / records * total
    return ok(
        "first_sync",
        f"a first sync of {total:,} records takes about {_range(expected)} "
        f"({records:,} orders came in {seconds:.1f} s)",
    )


def _sample(connector: Connector, end: datetime) -> tuple[float, int]:
    seconds = 0.0
    for span in _SAMPLES:
        began = time.monotonic()
        pages = connector.read(Stream.ORDERS, Window(start=end - span, end=end))
        page = next(pages, None)
        if isinstance(pages, Generator):
            pages.close()
        seconds = time.monotonic() - began
        if page is not None and page.fetched:
            return seconds, page.fetched
    return seconds, 0


def _range(seconds: float) -> str:
    low, high = seconds / 2, seconds * 2
    if high < _SECONDS_PER_MINUTE:
        return "a minute or less"
    return f"{_span(timedelta(seconds=low))} to {_span(timedelta(seconds=high))}"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
