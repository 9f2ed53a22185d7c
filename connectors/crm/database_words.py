"""What the database says when it refuses a record, in words a support person understands.

The server's own sentences name no column where it matters most ("numeric field overflow") and quote
values, which may be somebody's address. So column, rule and limit are said, and no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import psycopg

_COPIED: Final = re.compile(r"COPY (?:pg_temp\.)?staged_(\w+), line \d+, column (\w+)")
_FUNCTION: Final = re.compile(r"PL/pgSQL function (\S+?)\(")
_PRECISION: Final = re.compile(r"precision (\d+), scale (\d+)")
_KEY: Final = re.compile(r"Key \(([^)]*)\)")
_INDEX: Final = re.compile(r'index "([^"]+)"')
_QUOTED: Final = re.compile(r'"[^"]*"')
_TOTALS: Final = "update_client_revenue"


def in_words(error: psycopg.Error) -> str:
    """Return why the database refuses a record: which column, which rule, which limit."""
    explain = _EXPLAINED.get(error.sqlstate or "")
    return _other(error) if explain is None else explain(error)


def _overflow(error: psycopg.Error) -> str:
    most = _most(error.diag.message_detail or "")
    context = error.diag.context or ""
    if _TOTALS in context:
        return (
            f"with this order its client's total_revenue would pass {most}, the most that "
            "crm_clients can hold: check the order's amount and its exchange rate"
        )
    column = _copied(error)
    if column is not None:
        return f"{column} is larger than {most}, the most that the CRM can hold"
    return (
        f"an amount of it, or its worth in the reporting currency, is larger than {most}, the most "
        "that the CRM can hold"
    )


def _most(detail: str) -> str:
    found = _PRECISION.search(detail)
    if found is None:
        return "the column's limit"
    whole, places = int(found[1]) - int(found[2]), int(found[2])
    return f"{10**whole - 1:,}.{'9' * places}" if places else f"{10**whole - 1:,}"


def _check(error: psycopg.Error) -> str:
    return (
        f"the rule {error.diag.constraint_name} of {error.diag.table_name} does not allow it"
        f"{_column_of(error)}"
    )


def _column_of(error: psycopg.Error) -> str:
    """Name the column that the name of a constraint is made of, "crm_orders_status_check"."""
    table, name = error.diag.table_name or "", error.diag.constraint_name or ""
    if name.startswith(f"{table}_") and name.endswith("_check"):
        return f" (column {name.removeprefix(f'{table}_').removesuffix('_check')})"
    return ""


def _duplicate(error: psycopg.Error) -> str:
    columns = _KEY.search(error.diag.message_detail or "")
    what = columns[1].replace("organization_id, ", "") if columns else "key"
    return (
        f"{error.diag.table_name} has another row with the same {what} "
        f"(rule {error.diag.constraint_name})"
    )


def _missing(error: psycopg.Error) -> str:
    return f"{error.diag.column_name} of {error.diag.table_name} may not be empty"


def _reference(error: psycopg.Error) -> str:
    return (
        f"it refers to a row that is not there (rule {error.diag.constraint_name} of "
        f"{error.diag.table_name})"
    )


def _index(error: psycopg.Error) -> str:
    index = _INDEX.search(error.diag.message_primary or "")
    which = f" by the index {index[1]}" if index else ""
    return f"a text of it is too long to be found{which}, which takes about 2,700 bytes"


def _text(error: psycopg.Error) -> str:
    return f"{_copied(error) or 'a text of it'} contains a character that the database cannot hold"


def _format(error: psycopg.Error) -> str:
    return f"{_copied(error) or 'a value of it'} is not of the column's kind"


def _raised(error: psycopg.Error) -> str:
    rule = _FUNCTION.search(error.diag.context or "")
    return f"a rule of the database does not allow it ({rule[1] if rule else 'a trigger'})"


def _copied(error: psycopg.Error) -> str | None:
    found = _COPIED.search(error.diag.context or "")
    return found[2] if found else None


def _other(error: psycopg.Error) -> str:
    said = _QUOTED.sub("…", error.diag.message_primary or type(error).__name__)
    return f"the database refuses it ({said}, SQLSTATE {error.sqlstate or 'unknown'})"


_EXPLAINED: Final[Mapping[str, Callable[[psycopg.Error], str]]] = {
    "22003": _overflow,
    "22007": _format,
    "22008": _format,
    "22021": _text,
    "22P02": _format,
    "22P05": _text,
    "23502": _missing,
    "23503": _reference,
    "23505": _duplicate,
    "23514": _check,
    "54000": _index,
    "P0001": _raised,
}
