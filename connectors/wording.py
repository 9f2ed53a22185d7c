"""What a decoder says about a record, in words a support person understands.

Fields are named and values of people never quoted: a reason is shown in tables and logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from connectors.errors import BadRecord

_EXPECTED: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_PLACE: Final = re.compile(r" - at (?:key in )?`\$\.?([^`]*)`")
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`")
_KINDS: Final = {
    "object": "an object",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "null": "nothing",
    "datetime": "a time",
}


def misfit(error: Exception, payload: Any) -> BadRecord:
    """Return the refusal of a payload that a typed decoder would not take."""
    if isinstance(error, msgspec.ValidationError):
        return BadRecord(_shape(error), code="bad_shape", field=_field(error))
    return BadRecord(broken_text(payload), code="bad_text")


def broken_text(payload: Any) -> str:
    """Return which text of a payload cannot be stored: half a character, or bytes of no text."""
    where = next(_broken(payload, ""), None)
    what = "a text of the record" if where is None else where
    return f"{what} contains half a character, or bytes that are no UTF-8 text"


def _shape(error: msgspec.ValidationError) -> str:
    """Return "billing is a whole number instead of an object" and the like."""
    said = str(error)
    place = _PLACE.search(said)
    where = _readable(place[1]) if place and place[1] else "the record"
    missing = _MISSING.search(said)
    if missing:
        inside = "" if where == "the record" else f"{where}."
        return f"{inside}{missing[1]} is missing"
    expected = _EXPECTED.search(said)
    if expected:
        wanted = [_kind(one) for one in expected[1].split(" | ") if one != "null"]
        return f"{where} is {_kind(expected[2])} instead of {' or '.join(wanted)}"
    # The values that other messages quote are an enum's words, not a person's.
    return f"{where}: {_PLACE.sub('', said)}"


def _field(error: msgspec.ValidationError) -> str | None:
    place = _PLACE.search(str(error))
    return _readable(place[1]) if place and place[1] else None


def _broken(node: Any, where: str) -> Iterator[str]:
    if isinstance(node, str):
        if not node.isascii() and any("\ud800" <= one <= "\udfff" for one in node):
            yield where or "the text"
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _broken(name, where)
            yield from _broken(value, f"{where}.{name}" if where else str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _broken(value, where)


def _kind(name: str) -> str:
    return _KINDS.get(name, name)


def _readable(path: str) -> str:
    return path.replace("[...]", "").strip(".") or "the record"
