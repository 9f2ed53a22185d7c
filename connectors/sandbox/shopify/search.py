"""Shopify's search syntax, as far as a sync uses it, with the ways it goes wrong.

A quoted time is read to the second; an unquoted one breaks at its first colon and counts as a day.
An offset is ignored. `>` lets equal times through. A filter without a value is an internal error,
a filter nobody knows is a warning and no filter at all. Each cost somebody rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_TERM = re.compile(
    r"""(?P<not>-|NOT\s+)?(?P<field>[a-z_]+):(?P<operator>>=|<=|>|<)?"""
    r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\s()]*))"""
)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2}))?")
DAY = 86_400


class InternalError(Exception):
    """What the real service answers with INTERNAL_SERVER_ERROR inside HTTP 200."""


@dataclass(frozen=True)
class Term:
    """One condition: `field` `operator` any of `values`."""

    field: str
    operator: str
    values: tuple[str, ...]
    is_quoted: bool
    is_negated: bool


@dataclass
class Search:
    """A parsed query string. `warnings`: unknown fields, as `extensions.search` shows them."""

    terms: list[Term] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def names(self) -> frozenset[str]:
        """Return the fields that are filtered."""
        return frozenset(term.field for term in self.terms)


def parse(query: str | None, known: frozenset[str]) -> Search:
    """Read `query`; all its terms must hold (OR of whole terms is not spoken here).

    Raises InternalError for a term without a value.
    """
    search = Search()
    for found in _TERM.finditer(query or ""):
        name = found["field"]
        quoted = found["single"] if found["single"] is not None else found["double"]
        text = quoted if quoted is not None else found["bare"]
        if not text:
            raise InternalError(f"no value for {name}")
        if name not in known:
            search.warnings.append(
                {
                    "field": name,
                    "message": f"Invalid search field for this query: {name}",
                    "code": "invalid_field",
                }
            )
            continue
        values = (text,) if quoted is not None else tuple(text.split(","))
        search.terms.append(
            Term(name, found["operator"] or "=", values, quoted is not None, bool(found["not"]))
        )
    return search


def matcher(
    search: Search,
    times: Mapping[str, Callable[[Any], int]],
    words: Mapping[str, Callable[[Any], set[str]]],
    *,
    by_day: frozenset[str] = frozenset(),
) -> Callable[[Any], bool]:
    """Return whether an entity meets every term.

    `times`: how to read a time field in seconds; those in `by_day` are compared as whole days.
    `words`: how to read the values of a word field, lower case.
    """
    checks = [
        _time_check(term, times[term.field], is_by_day=term.field in by_day)
        if term.field in times
        else _word_check(term, words[term.field])
        for term in search.terms
    ]
    return lambda entity: all(check(entity) for check in checks)


def _word_check(term: Term, values_of: Callable[[Any], set[str]]) -> Callable[[Any], bool]:
    wanted = {value.strip().lower() for value in term.values}
    return lambda entity: bool(wanted & values_of(entity)) is not term.is_negated


def _time_check(
    term: Term, time_of: Callable[[Any], int], *, is_by_day: bool
) -> Callable[[Any], bool]:
    found = _DATE.match(term.values[0])
    if found is None:
        raise InternalError(f"{term.field} is not a time")
    # The offset behind the seconds is not looked at; without quotes nor is the time of day.
    clock = found[2] if found[2] and term.is_quoted else "00:00:00"
    bound = int(datetime.fromisoformat(f"{found[1]}T{clock}").replace(tzinfo=UTC).timestamp())
    unit = DAY if is_by_day else 1
    bound //= unit
    if term.operator in (">", ">="):
        return lambda entity: time_of(entity) // unit >= bound
    if term.operator == "<":
        return lambda entity: time_of(entity) // unit < bound
    if term.operator == "<=":
        return lambda entity: time_of(entity) // unit <= bound
    # A bare day means all of it.
    width = 1 if is_by_day or clock != "00:00:00" else DAY
    return lambda entity: bound <= time_of(entity) // unit < bound + width
