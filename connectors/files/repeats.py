"""One order in several files: the parts of one export, or exports that overlap.

Split by size, an export may cut an order in two, and both parts count. Of "the last thirty days",
exported daily, only the latest does: added up, every order would have grown with each file. The
files do not say which it is. So parts are added up unless the mapping says otherwise, and an order
of which the same line stands in two files is refused instead of being counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connectors.files.fields import Row


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A row and where it stands."""

    file: str
    line: int
    row: Row


def of_last_file(rows: Sequence[Placed]) -> list[Placed]:
    """Return the rows of the last file that has any; `rows` are in the order of the files."""
    return [one for one in rows if one.file == rows[-1].file]


def repeated(rows: Sequence[Placed]) -> str | None:
    """Return the places of a line that stands in two files alike, None when there is none."""
    if not rows or rows[0].file == rows[-1].file:
        return None
    seen: dict[tuple[tuple[str, str | None], ...], Placed] = {}
    for one in rows:
        before = seen.setdefault(tuple(one.row.items()), one)
        if before.file != one.file:
            return f"{before.file}:{before.line} and {one.file}:{one.line}"
    return None
