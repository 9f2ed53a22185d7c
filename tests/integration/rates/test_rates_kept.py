"""Fetched from a real server, kept in a real database: what is written, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from fixtures.http.scripted import Asked, ScriptedServer, Told

from connectors.errors import ConfigurationError
from connectors.rates.ecb import Quote, RatesError
from connectors.rates.findings import rates_on
from connectors.rates.keep import bring_up_to_date, held, keep, state_rate
from connectors.rates.source import Span

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "rates"
NOW = datetime(2017, 3, 1, 16, 30, tzinfo=UTC)


def recorded(asked: Asked) -> Told:
    """The three files at the ECB's paths; the history is the ninety days."""
    name = asked.path.rsplit("/", 1)[-1]
    known = {span.value: RECORDED / span.value for span in Span}
    known[Span.HISTORY.value] = RECORDED / Span.NINETY_DAYS.value
    if name not in known or not asked.path.startswith("/stats/eurofxref/"):
        return Told(status=404, body=b"no such file", media="text/plain")
    return Told(body=known[name].read_bytes(), media="text/xml")


@pytest.fixture
def ecb() -> Iterator[ScriptedServer]:
    with ScriptedServer(recorded) as running:
        yield running


def where(server: ScriptedServer) -> str:
    return f"{server.url}/stats/eurofxref"


def rows(connection: psycopg.Connection, statement: str) -> list[tuple[object, ...]]:
    return connection.execute(statement.encode()).fetchall()


def rate(connection: psycopg.Connection, base: str, quote: str, day: str) -> Decimal | None:
    row = connection.execute(
        "select sync.exchange_rate(%s, %s, %s::date)", [base, quote, day]
    ).fetchone()
    assert row is not None
    value = row[0]
    assert value is None or isinstance(value, Decimal)
    return value


def test_the_first_load_asks_for_the_history_and_the_second_one_writes_nothing(
    connection: psycopg.Connection, ecb: ScriptedServer
) -> None:
    first = bring_up_to_date(connection, url=where(ecb), now=NOW)
    versions = rows(connection, "select ctid::text, xmin::text from sync.exchange_rates")
    second = bring_up_to_date(connection, url=where(ecb), span=Span.NINETY_DAYS, now=NOW)

    assert first is not None
    assert second is not None
    assert (first.inserted, first.updated, first.kept) == (124, 0, 0)
    assert (second.inserted, second.updated, second.kept) == (0, 0, 0)
    assert rows(connection, "select ctid::text, xmin::text from sync.exchange_rates") == versions
    assert rows(connection, "select max(xmax::text) from sync.exchange_rates") == [("0",)]
    assert [asked.path.rsplit("/", 1)[-1] for asked in ecb.asked] == [
        Span.HISTORY.value,
        Span.NINETY_DAYS.value,
    ]
    assert held(connection).rows == 124


def test_only_a_revised_rate_is_written_again(
    connection: psycopg.Connection, ecb: ScriptedServer
) -> None:
    bring_up_to_date(connection, url=where(ecb), now=NOW)
    connection.execute(
        "update sync.exchange_rates set rate = 1.05 "
        "where quote_currency = 'USD' and rate_date = '2017-02-28'"
    )
    again = bring_up_to_date(connection, url=where(ecb), span=Span.NINETY_DAYS, now=NOW)

    assert again is not None
    assert (again.inserted, again.updated) == (0, 1)
    assert rate(connection, "EUR", "USD", "2017-02-28") == Decimal("1.0597")


def test_a_weekend_gets_the_rate_of_friday_and_both_directions_agree(
    connection: psycopg.Connection, ecb: ScriptedServer
) -> None:
    bring_up_to_date(connection, url=where(ecb), now=NOW)

    assert rate(connection, "EUR", "USD", "2017-02-26") == Decimal("1.0609")
    assert rate(connection, "USD", "EUR", "2017-02-26") == round(1 / Decimal("1.0609"), 8)
    # By way of the euro: neither was quoted in the other.
    assert rate(connection, "GBP", "USD", "2017-02-26") == round(
        Decimal("1.0609") / Decimal("0.84503"), 8
    )
    assert rate(connection, "EUR", "USD", "2017-02-23") is None


def test_a_currency_that_is_quoted_no_more_is_carried_ten_days_and_no_further(
    connection: psycopg.Connection, ecb: ScriptedServer
) -> None:
    bring_up_to_date(connection, url=where(ecb), now=NOW)

    assert rate(connection, "EUR", "RUB", "2017-03-11") == Decimal("61.419")
    for base, quote in (("EUR", "RUB"), ("RUB", "EUR"), ("RUB", "USD"), ("USD", "RUB")):
        assert rate(connection, base, quote, "2017-03-12") is None
    assert [
        (one.quote_currency, one.holds)
        for one in rates_on(connection, date(2017, 3, 12), currency="RUB")
    ] == [("RUB", False)]


def test_what_people_stated_stays_and_is_counted(
    connection: psycopg.Connection, ecb: ScriptedServer
) -> None:
    state_rate(
        connection, base="EUR", quote="USD", rate=Decimal("1.2"), first_day=date(2017, 2, 28),
        source="bank",
    )  # fmt: skip
    loaded = bring_up_to_date(connection, url=where(ecb), now=NOW)

    assert loaded is not None
    assert (loaded.inserted, loaded.kept) == (123, 1)
    assert rate(connection, "EUR", "USD", "2017-02-28") == Decimal("1.2")
    # A rate of one day ends where the next quotation begins.
    assert rate(connection, "EUR", "USD", "2017-03-01") == Decimal("1.0533")


def test_inside_a_stated_period_no_quotation_counts_and_after_it_they_do(
    connection: psycopg.Connection, ecb: ScriptedServer
) -> None:
    bring_up_to_date(connection, url=where(ecb), now=NOW)
    for _ in range(2):
        state_rate(
            connection, base="EUR", quote="USD", rate=Decimal("1.25"),
            first_day=date(2017, 2, 1), last_day=date(2017, 2, 28), source="books",
        )  # fmt: skip
    bring_up_to_date(connection, url=where(ecb), span=Span.NINETY_DAYS, now=NOW)

    assert [rate(connection, "EUR", "USD", f"2017-02-{day}") for day in ("01", "24", "28")] == [
        Decimal("1.25")
    ] * 3
    assert rate(connection, "EUR", "USD", "2017-03-01") == Decimal("1.0533")
    assert rate(connection, "USD", "EUR", "2017-02-27") == Decimal("0.8")


def test_a_stated_rate_without_an_end_holds_as_long_as_nothing_newer_is_known(
    connection: psycopg.Connection,
) -> None:
    state_rate(
        connection, base="EUR", quote="HRK", rate=Decimal("7.5345"), first_day=date(2023, 1, 1)
    )
    assert rate(connection, "EUR", "HRK", "2026-11-26") == Decimal("7.5345")


def test_what_cannot_be_a_rate_is_not_stated(connection: psycopg.Connection) -> None:
    first = date(2026, 1, 1)
    for base, quote, value in (
        ("EUR", "EUR", "1"),
        ("EUR", "USD", "0"),
        ("EUR", "USD", "-1"),
        ("EUR", "USD", "NaN"),
        ("EUR", "USD", "Infinity"),
        ("EUR", "USD", "0.000000001"),
        ("EUR", "USD", "10000000000"),
    ):
        with pytest.raises(ConfigurationError):
            state_rate(connection, base=base, quote=quote, rate=Decimal(value), first_day=first)
    with pytest.raises(ConfigurationError, match="ECB"):
        state_rate(
            connection, base="EUR", quote="USD", rate=Decimal(1), first_day=first, source="ECB"
        )
    assert rows(connection, "select count(*) from sync.exchange_rates") == [(0,)]


def test_a_rate_too_small_for_eight_decimals_is_no_rate_rather_than_zero(
    connection: psycopg.Connection,
) -> None:
    keep(
        connection,
        [Quote(day=date(2026, 1, 1), currency="ZWL", rate=Decimal("9999999999"))],
        origin="test",
    )
    assert rate(connection, "ZWL", "EUR", "2026-01-01") is None


PAGE = b"<html><body>We are moving</body></html>"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Told(status=404, body=b"gone"), "answered 404"),
        (Told(status=403, body=b"blocked"), "answered 403"),
        (Told(status=302, headers={"Location": "https://elsewhere.example/"}), "elsewhere"),
        (Told(status=503, body=b"down"), "answered 503"),
        (Told(body=PAGE, media="text/html"), "begins with <html>"),
        (Told(body=b""), "no complete XML"),
        (Told(body=b"<a/>", declared_length=4000), "broke"),
        (Told(hangs_up=True), "no exchange rates from"),
    ],
    ids=["404", "403", "redirect", "503", "web page", "empty", "cut", "hangs up"],
)
def test_a_failing_site_writes_nothing_and_says_what_to_do(
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    told: Told,
    expected: str,
) -> None:
    # The pauses between attempts are the client's own, and tested there.
    monkeypatch.setattr("connectors.rates.source._ATTEMPTS", 1)
    with ScriptedServer(lambda _: told) as server, pytest.raises(RatesError) as refused:
        bring_up_to_date(connection, url=where(server), now=NOW)
    said = str(refused.value)
    assert expected in said
    assert "store" not in said.replace("STORELOOM", "")
    assert rows(connection, "select count(*) from sync.exchange_rates") == [(0,)]


def test_a_site_that_stumbles_once_is_asked_again(connection: psycopg.Connection) -> None:
    answers = iter([Told(status=503, body=b"busy")])
    with ScriptedServer(lambda asked: next(answers, None) or recorded(asked)) as server:
        loaded = bring_up_to_date(connection, url=where(server), now=NOW)
    assert loaded is not None
    assert loaded.inserted == 124
    assert len(server.asked) == 2


def test_a_file_is_taken_instead_of_the_web_and_off_asks_nobody(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    file = RECORDED / Span.NINETY_DAYS.value
    loaded = bring_up_to_date(connection, url="http://127.0.0.1:9/", file=file, now=NOW)
    assert loaded is not None
    assert (loaded.origin, loaded.inserted) == (str(file), 124)
    assert bring_up_to_date(connection, url="off") is None
    with pytest.raises(RatesError, match=r"No such file"):
        bring_up_to_date(connection, url="off", file=tmp_path / "none.xml")


def test_two_loads_at_once_write_each_rate_once(
    database: str, ecb: ScriptedServer, together: Callable[..., list[object]]
) -> None:
    def load_once() -> int:
        with psycopg.connect(database) as own:
            loaded = bring_up_to_date(own, url=where(ecb), span=Span.HISTORY, now=NOW)
        assert loaded is not None
        return loaded.inserted

    assert sorted(map(str, together(load_once, load_once))) == ["0", "124"]
