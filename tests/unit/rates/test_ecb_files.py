from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.rates.ecb import RatesError, parse
from connectors.rates.source import Held, Span, span_for

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "rates"
TODAY = date(2026, 11, 26)
OPEN = (
    '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
    'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube>'
)
CLOSE = "</Cube></gesmes:Envelope>"


def day(content: str, when: str = "2026-11-25") -> bytes:
    return f'{OPEN}<Cube time="{when}">{content}</Cube>{CLOSE}'.encode()


def refusal(body: bytes) -> str:
    with pytest.raises(RatesError) as refused:
        parse(body, latest=TODAY)
    return str(refused.value)


def test_the_recorded_daily_file_is_read_to_the_last_digit() -> None:
    quotes = parse((RECORDED / Span.DAILY.value).read_bytes(), latest=TODAY)

    assert {quote.day for quote in quotes} == {date(2024, 6, 28)}
    rates = {quote.currency: quote.rate for quote in quotes}
    assert len(rates) == 30
    assert (rates["USD"], rates["IDR"], rates["GBP"]) == (
        Decimal("1.0705"), Decimal("17487.21"), Decimal("0.84638"),
    )  # fmt: skip


def test_each_rate_of_the_recorded_ninety_days_belongs_to_its_day() -> None:
    quotes = parse((RECORDED / Span.NINETY_DAYS.value).read_bytes(), latest=TODAY)

    dollars = {quote.day.isoformat(): quote.rate for quote in quotes if quote.currency == "USD"}
    assert dollars == {
        "2017-02-24": Decimal("1.0609"),
        "2017-02-27": Decimal("1.0587"),
        "2017-02-28": Decimal("1.0597"),
        "2017-03-01": Decimal("1.0533"),
    }
    assert len(quotes) == 4 * 31


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + day(""),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + day(""),
        b"<!doctype html><html><body>Access denied</body></html>",
        b"<!DOCTYPE html><html><body>Access denied</body></html>",
    ],
    ids=["expansion", "external entity", "html in lower case", "html"],
)
def test_a_document_type_is_refused_before_anything_in_it_is_read(body: bytes) -> None:
    said = refusal(body)
    assert "document type" in said or "no complete XML" in said
    assert "root:" not in said


def test_a_web_page_without_a_document_type_is_named_for_what_it_is() -> None:
    assert "begins with <html>" in refusal(b"<html><body><p>Maintenance</p></body></html>")


def test_a_file_of_the_same_elements_in_another_namespace_is_no_file_of_the_ecb() -> None:
    body = b'<Envelope><Cube><Cube time="2026-11-25"/></Cube></Envelope>'
    assert "begins with <Envelope>" in refusal(body)


def test_a_file_cut_anywhere_gives_no_rate_at_all() -> None:
    whole = (RECORDED / Span.NINETY_DAYS.value).read_bytes()
    chosen = random.Random(5)
    for cut in [0, 1, len(whole) - 1, *(chosen.randrange(len(whole)) for _ in range(60))]:
        assert "no complete XML" in refusal(whole[:cut]), cut


def test_a_file_with_flipped_bytes_is_read_rightly_or_refused_but_never_crashes() -> None:
    whole = (RECORDED / Span.DAILY.value).read_bytes()
    chosen = random.Random(7)
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(3):
            broken[chosen.randrange(len(broken))] = chosen.randrange(256)
        try:
            quotes = parse(bytes(broken), latest=TODAY)
        except RatesError:
            continue
        assert all(quote.rate > 0 and quote.day <= TODAY for quote in quotes)


@pytest.mark.parametrize(
    "rate",
    ["", "0", "0.0", "-1.1", "1,1", "1e3", "NaN", "Infinity", "N/A", "1.123456789", "12345678901",
     " 1.1", "1.1\n", "١٫١", "١"],
)  # fmt: skip
def test_what_is_no_rate_refuses_the_whole_file(rate: str) -> None:
    good = '<Cube currency="GBP" rate="0.85"/>'
    # Line breaks in an attribute reach us as spaces.
    assert "USD" in refusal(day(f'{good}<Cube currency="USD" rate="{rate}"/>'))


@pytest.mark.parametrize("currency", ["", "usd", "US", "USDT", "EUR", "U$D"])
def test_what_is_no_currency_beside_the_euro_refuses_the_file(currency: str) -> None:
    assert "no currency" in refusal(day(f'<Cube currency="{currency}" rate="1.1"/>'))


@pytest.mark.parametrize("when", ["2026-11-27", "1998-12-31", "26.11.2026", "2026-02-30", ""])
def test_a_day_that_cannot_be_refuses_the_file(when: str) -> None:
    assert "exchange rates of" in refusal(day('<Cube currency="USD" rate="1.1"/>', when))


def test_one_rate_stated_twice_counts_once_and_two_different_ones_refuse_the_file() -> None:
    one = '<Cube currency="USD" rate="1.1"/>'
    assert len(parse(day(one + one), latest=TODAY)) == 1
    assert "two different" in refusal(day(one + '<Cube currency="USD" rate="1.2"/>'))


def test_a_rate_outside_of_any_day_belongs_to_none() -> None:
    stray = '<Cube currency="USD" rate="1.1"/>'
    body = f'{OPEN}<Cube time="2026-11-25"/>{stray}{CLOSE}'.encode()
    assert "outside of any day" in refusal(body)


def test_an_empty_file_and_endless_nesting_are_refused() -> None:
    assert "holds no rate" in refusal(day(""))
    assert "nested deeper" in refusal((OPEN + "<Cube>" * 100_000).encode())


@pytest.mark.parametrize(
    ("first", "last", "today", "expected"),
    [
        (None, None, "2026-11-26", Span.HISTORY),
        # Somebody loaded the daily file only: the orders of other years would wait for ever.
        ("2026-11-25", "2026-11-25", "2026-11-26", Span.HISTORY),
        ("1999-01-04", "2026-11-25", "2026-11-26", Span.DAILY),
        ("1999-01-04", "2026-11-24", "2026-11-26", Span.NINETY_DAYS),
        ("1999-01-04", "2026-11-20", "2026-11-23", Span.NINETY_DAYS),
        ("1999-01-04", "2026-11-23", "2026-11-23", Span.NINETY_DAYS),
        ("1999-01-04", "2026-08-01", "2026-11-26", Span.HISTORY),
    ],
)
def test_the_smallest_file_that_leaves_no_hole_is_asked_for(
    first: str | None, last: str | None, today: str, expected: Span
) -> None:
    held = Held(
        first_day=date.fromisoformat(first) if first else None,
        last_day=date.fromisoformat(last) if last else None,
        rows=1,
    )
    assert span_for(held, date.fromisoformat(today)) is expected
