"""Every code a refusal can have comes with what to do about it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from connectors.crm.advice import ADVICE, advised
from connectors.errors import BadRecord
from connectors.records import OrderLine, Product
from connectors.values import amount, check_text, check_time, utc_time
from connectors.wording import misfit

CONNECTORS = Path(__file__).resolve().parents[3] / "connectors"


def codes() -> dict[str, str]:
    """Return the literal codes of all refusals in the sources, and where one of them is."""
    found: dict[str, str] = {}
    for path in CONNECTORS.rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) == "Finding":
                continue
            for keyword in node.keywords:
                value = keyword.value
                if keyword.arg == "code" and isinstance(value, ast.Constant) and value.value:
                    found[str(value.value)] = f"{path.name}:{node.lineno}"
    return found


def test_every_code_in_the_sources_has_its_advice() -> None:
    assert {"bad_amount", "missing_id", "unreadable"} <= codes().keys()
    assert not {code: where for code, where in codes().items() if code not in ADVICE}


@pytest.mark.parametrize("advice", sorted(set(ADVICE.values())))
def test_advice_is_a_sentence(advice: str) -> None:
    assert advice[0].isupper()
    assert advice.endswith(".")


def test_a_reason_and_its_advice_are_two_sentences() -> None:
    assert advised("total is negative", "bad_amount") == (
        "total is negative. Correct it in the store; the next sync loads it."
    )
    assert advised("rule x of crm_orders", "database_23514").startswith("rule x of crm_orders. ")


def test_values_of_people_are_not_quoted_and_others_are_short() -> None:
    with pytest.raises(BadRecord) as text:
        check_text("Ada\x00 Lovelace", "full_name")
    assert text.value.reason == "full_name contains a NUL character (U+0000)"
    with pytest.raises(BadRecord) as money:
        amount("9" * 500, "total")
    assert len(money.value.reason) < 200
    assert "9,999,999,999.99" in money.value.reason
    with pytest.raises(BadRecord, match="in the year 9999, which cannot be meant"):
        check_time(utc_time("9999-01-01T00:00:00Z", "created_at"), "created_at")


def test_ids_inside_a_record_are_checked_like_every_text() -> None:
    # Found by mutation: half a character in a parent's id broke the whole batch.
    with pytest.raises(BadRecord, match=r"line\.product contains half a character"):
        OrderLine(name="Mug", quantity=amount("1", "quantity"), product_external_id="\ud800")
    with pytest.raises(BadRecord, match="parent id contains half a character"):
        Product(
            external_id="1",
            name="Mug",
            price=amount("1", "price"),
            currency="EUR",
            parent_external_id="\ud800",
        )


def test_a_text_that_cannot_be_decoded_is_named_by_its_place() -> None:
    payload = {"billing": {"first_name": "x\udce9"}, "lines": [{"name": "y"}]}
    refusal = misfit(UnicodeError(), payload)
    assert refusal.code == "bad_text"
    assert refusal.reason.startswith("billing.first_name contains half a character, or bytes")
