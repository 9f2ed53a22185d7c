"""What a reconciliation found, as text: only what differed, the rest as a number. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_ledger import Finding

# A page shows so many lines; all of them are in sync.reconciliations.
MOST_LINES: Final = 200
_SHOWN_IDS: Final = 10
BUCKETS: Final = (
    "store", "what", "in store", "in CRM", "sum in store", "sum in CRM", "refunded in store",
    "refunded in CRM", "now", "records",
)  # fmt: skip


def markdown(findings: Sequence[tuple[str, Finding]]) -> str:
    """Return a table of what was not equal, by their stores' keys, and of the rows behind it."""
    wrong = [(store, one) for store, one in findings if one.state is not State.EQUAL]
    lines = [_equal(len(findings) - len(wrong))]
    if wrong:
        lines += ["", *_table(BUCKETS, [bucket_row(store, one) for store, one in wrong])]
    records = [
        (store, name, ", ".join(columns) or "the whole row", one.state.value)
        for store, one in wrong
        for name, columns in one.record_columns.items()
    ]
    if records:
        lines += ["", *_table(("store", "record", "changed in the CRM", "now"), records)]
    return "\n".join(lines)


def bucket_row(store: str, one: Finding) -> tuple[str, ...]:
    """Return a finding as a line of the table; the CRM's side as it was found."""
    found = one.found
    is_sum = one.kind == "day"
    return (
        store,
        _what(one),
        _number(one.store_rows),
        _number(found.rows),
        _amount(one.store_total) if is_sum else "",
        _amount(found.total) if is_sum else "",
        _amount(one.store_refunded) if is_sum else "",
        _amount(found.refunded) if is_sum else "",
        one.state.value,
        _ids(one),
    )


def _equal(number: int) -> str:
    return f"{number:,} {'bucket' if number == 1 else 'buckets'} equal"


def _what(one: Finding) -> str:
    if one.kind == "day":
        parts = (str(one.day), one.status or "no status", one.currency or "")
        return " ".join(part for part in parts if part)
    return "number of records" if one.kind == "count" else "rows read again"


def _ids(one: Finding) -> str:
    shown = ", ".join(one.record_ids[:_SHOWN_IDS])
    more = one.record_count - min(len(one.record_ids), _SHOWN_IDS)
    if not more:
        return shown
    return f"{shown} and {more:,} more" if shown else f"{more:,}"


def _number(value: int | None) -> str:
    return "cannot tell" if value is None else f"{value:,}"


def _amount(value: Decimal | None) -> str:
    return "cannot tell" if value is None else f"{value:,.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    shown = [head, ["---"] * len(head), *rows[:MOST_LINES]]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in shown]
    if len(rows) > MOST_LINES:
        lines += ["", f"and {len(rows) - MOST_LINES:,} more: sync.reconciliations has them all"]
    return lines
