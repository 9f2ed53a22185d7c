"""A field's text becomes the exact value it stands for, or is refused with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.errors import BadRecord
from connectors.files.fields import Field


def field(**how: object) -> Field:
    return Field(where="mapping.orders.fields.total", columns=("Total",), **how)  # type: ignore[arg-type]  # each test's own


@pytest.mark.parametrize(
    ("text", "how", "amount"),
    [
        ("19.90", {}, "19.90"),
        ("0.1", {}, "0.10"),
        ("1e3", {}, "1000.00"),
        ("-5", {}, "-5.00"),
        ("12.345", {}, "12.35"),
        (" £1,234.50", {"thousands": ","}, "1234.50"),
        ("1.234,50 €", {"decimal": ",", "thousands": "."}, "1234.50"),
        ("1\u202f234,50", {"decimal": ",", "thousands": "\u202f"}, "1234.50"),
        ("1234,5", {"decimal": ","}, "1234.50"),
    ],
)
def test_an_amount_is_read_as_it_is_written(text: str, how: dict[str, str], amount: str) -> None:
    assert field(**how).money({"Total": text}) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("1,234.50", {}),
        ("1,234", {}),
        ("1.234", {"decimal": ","}),
        ("NaN", {}),
        ("inf", {}),
        ("twelve", {}),
        ("0x10", {}),
        ("1_000", {}),
        ("٣", {}),
    ],
)
def test_an_amount_that_could_mean_two_things_is_refused(text: str, how: dict[str, str]) -> None:
    with pytest.raises(BadRecord, match=r'total is no number: .* in "Total" \(mapping.orders'):
        field(**how).money({"Total": text})


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("2024-07-01 12:00", None, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("2024-01-01", None, datetime(2023, 12, 31, 23, tzinfo=UTC)),
        ("2024-07-01T12:00:00-10:00", None, datetime(2024, 7, 1, 22, tzinfo=UTC)),
        ("2024-07-01T12:00:00Z", None, datetime(2024, 7, 1, 12, tzinfo=UTC)),
        ("01/07/2024 12:00", "%d/%m/%Y %H:%M", datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("1719828000", "unix", datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("1719828000123", "unix_ms", datetime(2024, 7, 1, 10, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_a_time_without_zone_is_taken_in_the_zone_of_the_shop(
    text: str, form: str | None, moment: datetime
) -> None:
    found = field(format=form, zone="Europe/Berlin").moment({"Total": text})
    assert found == moment


@pytest.mark.parametrize("text", ["31.02.2024", "yesterday", "2024-13-01", "0000-00-00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadRecord, match="no time"):
        field().moment({"Total": text})


def test_only_what_is_called_null_is_null() -> None:
    assert field().text({"Total": "NA"}) == "NA"
    assert field(nulls=frozenset({"", "NA"})).text({"Total": " NA "}) is None
    assert field().text({"Total": "  "}) is None
    assert field(default="x").text({"Total": ""}) == "x"


def test_several_columns_are_joined_without_those_that_are_empty() -> None:
    name = Field(where="w", columns=("First", "Middle", "Last"))
    assert name.text({"First": "Ada", "Middle": "", "Last": "Lovelace"}) == "Ada Lovelace"
    assert name.text({"First": "", "Middle": None, "Last": ""}) is None


def test_yes_and_no_are_words_of_the_mapping() -> None:
    is_active = field(words={"ja": "yes", "nein": "no"})
    assert is_active.flag({"Total": "ja"}) is True
    assert is_active.flag({"Total": "nein"}) is False
    with pytest.raises(BadRecord, match="neither yes nor no"):
        is_active.flag({"Total": "vielleicht"})
