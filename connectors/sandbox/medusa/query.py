"""Reads the query of a list the way Medusa 2.21 was measured to: forgiving where it hurts.

Orders and products ignore what they do not know, so a misspelt filter answers the whole list; the
other lists refuse it. A value that makes no sense is no 400 but a 500 with `unknown_error`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "$gt": lambda at, bound: at > bound,
    "$gte": lambda at, bound: at >= bound,
    "$lt": lambda at, bound: at < bound,
    "$lte": lambda at, bound: at <= bound,
}
_FILTERED: Final = frozenset({"created_at", "updated_at"})
_COMMON: Final = frozenset({"limit", "offset", "order", "fields", "with_deleted", "q"})


class Refused(Exception):
    """The request is answered with `status` and Medusa's error body."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": kind, "type": kind, "message": message}


@dataclass
class ListQuery:
    """A list's query. `bounds`: which times pass; `shuffle`: makes equal keys come in any order."""

    limit: int
    shuffle: str
    offset: int = 0
    order: str = "id"
    is_descending: bool = False
    fields: frozenset[str] | None = None
    ids: frozenset[str] | None = None
    bounds: list[tuple[str, Callable[[float, float], bool], float]] = field(default_factory=list)

    def holds(self, identifier: str, times: Mapping[str, int]) -> bool:
        """Say whether a record passes the filters. `times`: by their names in a filter."""
        if self.ids is not None and identifier not in self.ids:
            return False
        return all(passes(times[name], bound) for name, passes, bound in self.bounds)


def read(
    raw: str, *, limit: int, sortable: Collection[str], filters: Collection[str], is_strict: bool
) -> ListQuery:
    """Return what the query string asks for; raises Refused.

    `limit`: the list's default. `filters`: names it knows besides those that all know.
    """
    query = ListQuery(limit=limit, shuffle=raw)
    for name, value in parse_qsl(raw, keep_blank_values=True):
        base, _, operator = name.partition("[")
        operator = operator.rstrip("]")
        if base not in _COMMON and base not in filters:
            if is_strict:
                raise Refused(
                    400, "invalid_data", f"Invalid request: Unrecognized fields: '{base}'"
                )
            continue
        if base in ("limit", "offset"):
            setattr(query, base, _number(value))
        elif base == "order":
            query.is_descending = value.startswith("-")
            query.order = value.removeprefix("-")
            if query.order not in sortable:
                raise Refused(500, "unknown_error", "An unknown error occurred.")
        elif base == "fields":
            query.fields = frozenset(one.lstrip("+*").partition(".")[0] for one in value.split(","))
        elif base == "id":
            query.ids = (query.ids or frozenset()) | {value}
        elif base in _FILTERED and operator in _OPERATORS:
            query.bounds.append((base, _OPERATORS[operator], _moment(value)))
        elif base in _FILTERED and not operator:
            raise Refused(500, "unknown_error", "An unknown error occurred.")
    return query


def _number(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise Refused(400, "invalid_data", "Invalid request: Expected type: 'number'") from None
    if number < 0:
        raise Refused(500, "unknown_error", "An unknown error occurred.")
    return number


def _moment(value: str) -> float:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        # An epoch number, or the space that an unescaped plus sign became.
        raise Refused(500, "unknown_error", "An unknown error occurred.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
