"""What a reader of files yields, and the errors that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import pandas as pd

from connectors.errors import Permanent, Transient
from connectors.files.folder import File

CHUNK_ROWS: Final = 5_000


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no row. `raw`: what stands there, as far as it could be read."""

    line: int
    reason: str
    raw: str


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one file: text or None in every cell; the index is the line (Parquet: row) number."""

    frame: pd.DataFrame
    broken: tuple[Broken, ...] = ()


class Lines:
    """The lines of a file, the latest kept for messages. `is_cut`: it has no end of line."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self.latest = ""

    @property
    def is_cut(self) -> bool:
        """Whether the latest line is the last one and was never finished."""
        return not self.latest.endswith(("\n", "\r"))

    def __iter__(self) -> Iterator[str]:
        for line in self._opened:
            self.latest = line
            yield line


def chunk_of(
    rows: Sequence[Sequence[str | None]],
    lines: Sequence[int],
    names: Sequence[str],
    broken: Sequence[Broken],
) -> Chunk:
    """Return the rows as a frame, `lines` its index."""
    # As objects: pandas' own text type would make NaN of what is None.
    frame = pd.DataFrame(list(rows), index=list(lines), columns=list(names), dtype=object)
    return Chunk(frame=frame, broken=tuple(broken))


def check_columns(file: File, names: Sequence[str], columns: Mapping[str, str], store: str) -> None:
    """Raise Permanent, naming file, column and mapping key, when a column is not there once."""
    double = {name for name in names if names.count(name) > 1}
    for column, where in columns.items():
        if column not in names:
            raise Permanent(
                f'{file.name} has no column "{column}", which `{where}` names. It has: '
                f"{', '.join(names)}.",
                store=store,
            )
        if column in double:
            raise Permanent(
                f'{file.name} has several columns "{column}", which `{where}` names. Give each a '
                'name of its own with "header".',
                store=store,
            )


def cut(file: File, how: str, store: str) -> Transient:
    """Return the error for a file that ends too early."""
    return Transient(
        f"{file.name} is not whole: {how}. If it is still being written, the next run will read "
        "it; write exports under another name and rename them when they are complete.",
        store=store,
    )
