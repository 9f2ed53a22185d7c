from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.decoding import TruncatedJsonError, decode, decode_record, json_part
from connectors.errors import BadRecord
from connectors.unreadable import UNREADABLE, refuse_unreadable, without

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
        b'{"a": nan, "b": "not cut off"}',
        b"NaN",
    ],
)
def test_other_texts_are_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        decode(body)


def test_half_a_character_stays_in_its_place_for_the_record_s_own_check() -> None:
    assert decode(b'[{"name": "x\\ud800"}, {"name": "y"}]') == [{"name": "x\ud800"}, {"name": "y"}]


def test_bytes_that_are_no_text_stay_for_the_record_s_own_check() -> None:
    # Replaced by U+FFFD they were loaded, and a name was wrong for good.
    assert decode(b'[{"name": "caf\xe9"}, {"name": "Zo\xc3\xab"}]') == [
        {"name": "caf\udce9"},
        {"name": "Zoë"},
    ]


def test_a_control_character_inside_a_text_is_kept() -> None:
    assert decode(b'[{"name": "a\tb\x01\nc"}]') == [{"name": "a\tb\x01\nc"}]


@pytest.mark.parametrize(
    ("literal", "trouble"),
    [
        ("NaN", "NaN is no number"),
        ("Infinity", "Infinity is no number"),
        ("-Infinity", "-Infinity is no number"),
        ("9" * 5_000, "a number of 5,000 digits"),
        ("1e99999999999999999999", "the number 1e99999999999999999999 is too large to be one"),
    ],
)
def test_a_number_that_is_none_costs_its_own_record_only(literal: str, trouble: str) -> None:
    page = f'[{{"id": 1, "lines": [{{"price": {literal}}}], "total": 1.10}}, {{"id": 2}}]'

    bad, good = decode(page.encode())

    assert bad["id"] == 1
    assert bad["total"] == Decimal("1.10")
    assert bad["lines"][0]["price"] == literal
    assert bad[UNREADABLE] == [f"lines.0.price: {trouble}"]
    assert good == {"id": 2}
    with pytest.raises(BadRecord, match=re.escape(f"lines.0.price: {trouble}")) as caught:
        refuse_unreadable(bad)
    assert (caught.value.code, caught.value.field) == ("unreadable", "lines.0.price")
    refuse_unreadable(good)


def test_the_page_around_an_unreadable_record_stays_a_page() -> None:
    body = b'{"data": {"orders": {"nodes": [{"id": "1", "n": NaN}, NaN], "pageInfo": {}}}, "x": 1}'

    decoded = decode(body)

    assert UNREADABLE not in decoded
    first, second = decoded["data"]["orders"]["nodes"]
    assert first[UNREADABLE] == ["n: NaN is no number"]
    assert second == {UNREADABLE: ["NaN is no number"], "value": "NaN"}


def test_outside_of_every_list_each_object_on_the_way_is_marked() -> None:
    assert decode(b'{"order": {"id": 1, "total": NaN}, "page": {}}') == {
        "order": {"id": 1, "total": "NaN", UNREADABLE: ["total: NaN is no number"]},
        "page": {},
        UNREADABLE: ["order.total: NaN is no number"],
    }


def test_a_record_by_itself_never_raises_however_broken() -> None:
    assert decode_record(b'{"id": 1}') == {"id": 1}
    assert decode_record(b'{"id": x, "name": "not cut off"}') == {
        UNREADABLE: ["the answer is not JSON"],
        "text": '{"id": x, "name": "not cut off"}',
    }
    cut = decode_record(b'{"id": 1, "name": "\xff')
    assert cut[UNREADABLE] == ["the answer ends in the middle of its JSON"]


def test_a_member_that_is_taken_out_takes_what_was_wrong_in_it_along() -> None:
    (product,) = decode(b'[{"id": 1, "title": "x", "variants": [{"id": 2, "price": NaN}]}]')
    assert without(product, "variants") == {"id": 1, "title": "x"}
    (product,) = decode(b'[{"id": 1, "title": NaN, "variants": [{"id": 2, "price": NaN}]}]')
    assert without(product, "variants")[UNREADABLE] == ["title: NaN is no number"]


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
