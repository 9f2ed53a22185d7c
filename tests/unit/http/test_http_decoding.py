from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.decoding import TruncatedJsonError, decode, json_part

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize("literal", ["0.1", "19.10", "33.333333333333336", "1e-7", "-0.00"])
def test_a_number_literal_is_the_store_s_own(literal: str) -> None:
    assert decode(literal.encode()) == Decimal(literal)
    assert isinstance(decode(literal.encode()), Decimal)


def test_integers_stay_integers_however_long() -> None:
    assert decode(b'{"id": 123456789012345678901234567890}') == {
        "id": 123456789012345678901234567890
    }


@given(values)
def test_decodes_what_the_standard_library_decodes(value: Any) -> None:
    assert decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize("escape", [True, False])
def test_no_cut_of_an_answer_passes_for_an_answer(escape: bool) -> None:
    rows = [
        {"id": 1, "total": "19.10", "name": 'Übergröße "XL" \\ 😀', "lines": [{"price": 1.5e3}]},
        {"id": 2, "meta": [[], {}, None, True, -0.5], "": {"a": {"b": []}}},
    ]
    body = json.dumps(rows, ensure_ascii=escape).encode()
    for cut in range(len(body)):
        with pytest.raises(TruncatedJsonError):
            decode(body[:cut])


@pytest.mark.parametrize("cut", [25, 30, 40, 50, 60])
def test_a_cut_behind_notices_is_seen_as_well(cut: int) -> None:
    body = b'<b>Notice</b>: a.php\n[{"id": 1, "b": [1, 2]}, {"id": 2, "c": {"d": 1}}]'
    with pytest.raises(ValueError, match="answer"):
        decode(body[:cut])


@pytest.mark.parametrize(
    "preface",
    [
        b"\xef\xbb\xbf",
        b" \r\n\t",
        b"<br />\n<b>Notice</b>: Undefined index: [x] in {closure} on line <b>1</b><br />\n",
        b"[24-Nov-2026 10:00:00 UTC] PHP Warning: foo\n",
        b"\xef\xbb\xbf<b>Deprecated</b>: Array[0]\n",
    ],
)
def test_what_is_printed_before_the_json_is_passed_over(preface: bytes) -> None:
    assert decode(preface + b'[{"id": 1}]') == [{"id": 1}]
    assert json_part(preface + b'[{"id": 1}]') == b'[{"id": 1}]'


@pytest.mark.parametrize(
    "body",
    [
        b"<html><style>p{color:red}</style>[]</html>",
        b"Briefly unavailable for scheduled maintenance.",
        b'{"a": 1} trailing',
        b'{"a": NaN}',
    ],
)
def test_other_texts_are_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        decode(body)


def test_half_a_character_stays_in_its_place_for_the_record_s_own_check() -> None:
    assert decode(b'[{"name": "x\\ud800"}, {"name": "y"}]') == [{"name": "x\ud800"}, {"name": "y"}]


def test_bytes_that_are_no_text_become_the_replacement_character() -> None:
    assert decode(b'{"name": "caf\xe9"}') == {"name": "caf\ufffd"}


@pytest.mark.parametrize("preface", [b"", b"<b>Notice</b> ", b"\xff"])
@pytest.mark.parametrize("depth", [2_000, 200_000])
def test_an_answer_nested_beyond_reason_is_refused_like_any_other_that_is_no_json(
    preface: bytes, depth: int
) -> None:
    body = preface + b'{"a":' * depth + b"1" + b"}" * depth
    with pytest.raises(ValueError, match="nested deeper"):
        decode(body)
    with pytest.raises(ValueError, match="nested deeper"):
        json_part(body)


def test_commas_before_a_closing_bracket_are_overlooked_and_an_early_end_is_not() -> None:
    assert decode(b'{"a": [1.50, ], "b": "x,]",}') == {"a": [Decimal("1.50")], "b": "x,]"}
    for cut in (b'[{"a": 1,}, {"b":', b'[{"a": 1,}', b'[{"a": ",}'):
        with pytest.raises(TruncatedJsonError):
            decode(cut)
