"""The table of a reconciliation: what differed, in words a person reads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_ledger import Finding
from connectors.crm.reconcile_store import Reconciled
from connectors.records import Stream
from orchestration.lib.reconciled_text import markdown
from orchestration.lib.reconciling import Outcome, results


def bucket(state: State, **fields: Any) -> Finding:
    return Finding(
        **{
            "stream": Stream.ORDERS,
            "kind": "day",
            "state": state,
            "day": date(2026, 3, 2),
            "status": "shipped",
            "currency": "EUR",
            "store_rows": 12,
            "store_total": Decimal("1234.50"),
            "store_refunded": Decimal("0.00"),
            "crm_rows": 12,
            "crm_total": Decimal("1234.50"),
            "crm_refunded": Decimal("0.00"),
            **fields,
        }
    )


def test_equal_buckets_are_a_number() -> None:
    equal = [("shop", bucket(State.EQUAL))] * 1_234
    assert markdown(equal) == "1,234 buckets equal"


def test_a_difference_is_a_line_with_both_sides_as_found_and_the_columns_of_each_record() -> None:
    repaired = bucket(
        State.REPAIRED,
        found_rows=11,
        found_total=Decimal("1134.50"),
        found_refunded=Decimal("0.00"),
        record_ids=("77",),
        record_count=1,
    )
    rows = Finding(
        stream=Stream.ORDERS,
        kind="rows",
        state=State.REPAIRED,
        store_rows=50,
        crm_rows=600,
        record_ids=("77", "78"),
        record_count=2,
        record_columns={"77": (), "78": ("items", "tax")},
    )
    assert markdown([("shop", bucket(State.EQUAL)), ("shop", repaired), ("shop", rows)]) == (
        "1 bucket equal\n"
        "\n"
        "| store | what | in store | in CRM | sum in store | sum in CRM | refunded in store"
        " | refunded in CRM | now | records |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| shop | 2026-03-02 shipped EUR | 12 | 11 | 1,234.50 | 1,134.50 | 0.00 | 0.00"
        " | repaired | 77 |\n"
        "| shop | rows read again | 50 | 600 |  |  |  |  | repaired | 77, 78 |\n"
        "\n"
        "| store | record | changed in the CRM | now |\n"
        "| --- | --- | --- | --- |\n"
        "| shop | 77 | the whole row | repaired |\n"
        "| shop | 78 | items, tax | repaired |"
    )


def test_many_lines_and_ids_are_cut_and_counted() -> None:
    ids = tuple(map(str, range(100)))
    wrong = bucket(State.DIFFERS, record_ids=ids, record_count=2_500)
    text = markdown([("shop", wrong)] * 300)
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2,490 more" in text
    assert text.endswith("and 100 more: sync.reconciliations has them all")


def test_a_text_of_the_store_breaks_no_table() -> None:
    assert "shipped\\|x EUR" in markdown([("shop", bucket(State.DIFFERS, status="shipped|x"))])


def outcome(*findings: Finding) -> Outcome:
    return "shop", Reconciled(store="shop", organization_id="1", findings=list(findings))


def test_a_repair_is_a_warning_and_a_difference_an_error() -> None:
    def verdict(*outcomes: Outcome) -> tuple[bool, str]:
        checked = results(outcomes)[2]
        return checked.passed, checked.severity.value

    assert verdict(outcome(bucket(State.EQUAL), bucket(State.UNKNOWN)))[0] is True
    assert verdict(outcome(bucket(State.REPAIRED))) == (False, "WARN")
    assert verdict(outcome(bucket(State.REPAIRED)), outcome(bucket(State.DIFFERS))) == (
        False,
        "ERROR",
    )
    assert verdict(("shop", 'store "shop": it is away')) == (False, "WARN")
