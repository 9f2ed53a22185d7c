"""Values that are no JSON inside an answer that otherwise is: they cost one record, not a page.

PHP and Python print NaN, plugins print integers of thousands of digits. Each such value is kept as
the text it was sent as, and every object around it carries a mark, up to the element of the
outermost list: the mapping refuses what is marked, whatever else it could read of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.errors import BadRecord

# In an object: sentences that say what in it cannot be read.
UNREADABLE: Final = "__unreadable__"
# Beyond this Python refuses to make a number of the digits, and nobody means one.
_MOST_DIGITS: Final = 4_300
_MOST_FAULTS: Final = 5
_LONGEST: Final = 300
_MOST_QUOTED: Final = 40


class Unreadable(msgspec.Struct, frozen=True):
    """A value that is no JSON, as it was sent."""

    text: str
    trouble: str


def constant(text: str) -> Unreadable:
    """Take NaN, Infinity or -Infinity, none of which JSON has."""
    return Unreadable(text, f"{text} is no number")


def integer(text: str) -> int | Unreadable:
    """Return an integer, or what stands for one of thousands of digits."""
    if len(text) <= _MOST_DIGITS:
        return int(text)
    return Unreadable(text, f"a number of {len(text):,} digits")


def fraction(text: str) -> Decimal | Unreadable:
    """Return a number with a point or an exponent, exact; or what stands for one too large."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Unreadable(text, f"the number {text[:_MOST_QUOTED]} is too large to be one")


def marked(document: Any) -> Any:
    """Return a decoded document with each `Unreadable` in it as text, the objects around it marked.

    Marks end below the outermost list: a page stays a page.
    """
    return _read(document, is_in_list=False)[0]


# Where it is, and what is wrong with it.
_Fault = tuple[str, str]


def without(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object without one of its members, and without what was wrong inside that."""
    kept = {key: value for key, value in payload.items() if key != name}
    told = kept.get(UNREADABLE)
    if isinstance(told, list):
        own = [one for one in told if not str(one).startswith((f"{name}.", f"{name}:"))]
        if own:
            kept[UNREADABLE] = own
        else:
            del kept[UNREADABLE]
    return kept


def _read(node: Any, *, is_in_list: bool) -> tuple[Any, list[_Fault]]:
    if isinstance(node, Unreadable):
        return node.text, [("", node.trouble)]
    faults: list[_Fault] = []
    if isinstance(node, dict):
        found: dict[str, Any] = {}
        for name, value in node.items():
            found[name], below = _read(value, is_in_list=is_in_list)
            faults += _within(name, below)
        if faults:
            found[UNREADABLE] = _told(faults)
        return found, faults
    if isinstance(node, list):
        elements = []
        for place, value in enumerate(node):
            element, below = _read(value, is_in_list=True)
            if below and not is_in_list and not isinstance(element, dict):
                element = {UNREADABLE: _told(below), "value": element}
            elements.append(element)
            faults += _within(str(place), below)
        return elements, faults if is_in_list else []
    return node, []


def _within(name: str, faults: list[_Fault]) -> list[_Fault]:
    return [(f"{name}.{where}" if where else name, trouble) for where, trouble in faults]


def _told(faults: list[_Fault]) -> list[str]:
    return [f"{where}: {trouble}" if where else trouble for where, trouble in faults]


def refuse_unreadable(payload: Any) -> None:
    """Raise BadRecord for a payload in which something could not be read."""
    if isinstance(payload, Mapping) and UNREADABLE in payload:
        told = payload[UNREADABLE]
        faults = [str(one) for one in told] if isinstance(told, list) else [str(told)]
        shown = "; ".join(faults[:_MOST_FAULTS])[:_LONGEST]
        raise BadRecord(
            f"the store's answer for it is no proper JSON: {shown}",
            code="unreadable",
            field=faults[0].partition(":")[0] if faults else None,
        )
