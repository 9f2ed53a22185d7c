"""Texts of megabytes in refused payloads, cut to what a person would look at.

Forty pages wait to be loaded at a time; with a hundred texts of ten megabytes on each, keeping them
whole would fill the memory first and the database next. What was cut cannot be replayed: the record
is read from the store again instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from connectors.records import Rejected

# In a payload: the fields that were cut.
SHORTENED: Final = "__shortened__"
MOST_CHARACTERS: Final = 1_000_000
_SHOWN: Final = 1_000


def shortened(rejected: Sequence[Rejected]) -> tuple[Rejected, ...]:
    """Return refused payloads without their longest texts; the same objects where none is long."""
    return tuple(map(_shortened, rejected))


def is_shortened(payload: Any) -> bool:
    """Say whether a payload was kept in part only."""
    return isinstance(payload, dict) and SHORTENED in payload


def _shortened(rejected: Rejected) -> Rejected:
    cut: list[str] = []
    payload = _cut(rejected.payload, "", cut)
    if not cut:
        return rejected
    kept = payload if isinstance(payload, dict) else {"value": payload}
    return msgspec.structs.replace(rejected, payload={**kept, SHORTENED: cut})


def _cut(node: Any, where: str, cut: list[str]) -> Any:
    if isinstance(node, str):
        if len(node) <= MOST_CHARACTERS:
            return node
        cut.append(where)
        return f"{node[:_SHOWN]}… ({len(node):,} characters)"
    if isinstance(node, list):
        found = [_cut(value, f"{where}.{place}", cut) for place, value in enumerate(node)]
        return found if cut else node
    if isinstance(node, dict):
        members = {
            _cut(name, where, cut): _cut(value, f"{where}.{name[:_SHOWN]}".strip("."), cut)
            for name, value in node.items()
        }
        return members if cut else node
    return node
