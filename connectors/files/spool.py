"""All rows of one stream on disk, by id: what a folder of files lacks to be asked like a shop.

An order's rows may stand anywhere in several files, a record may be asked for by its name, and
memory has to stay small: so the rows go once through a SQLite file that lives as long as the
connector does.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec
import pandas as pd

from connectors.files.folder import File
from connectors.files.plan import Part
from connectors.files.repeats import Placed, of_last_file, repeated
from connectors.files.table import Chunk
from connectors.values import is_storable

_SQL: Final = files("connectors.files").joinpath("sql")
_EDGE: Final = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A record's rows as `mapping.map_rows` takes them."""

    external_id: str
    payload: dict[str, Any]


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to no record."""

    payload: dict[str, Any]
    reason: str
    code: str


class Spool:
    """The rows of one stream. Not for two threads at once.

    `only_latest`: of an order in several files only the last one's rows count.
    """

    def __init__(self, path: Path, *, only_latest: bool) -> None:
        self._only_latest = only_latest
        # One thread reads pages ahead, another asks for ids after it; never both at a time.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("pragma journal_mode = off")
        self._database.execute("pragma synchronous = off")
        for name in ("create", "create_broken"):
            self._database.execute(_statement(name))
        self._files: list[tuple[str, list[str]]] = []
        self._positions = itertools.count()

    def add(
        self, chunk: Chunk, part: Part, number: int, file: File, *, keeps_every_row: bool
    ) -> None:
        """Take in a chunk of `file`. `number`: 0 for the record's own rows, 1 for its lines.

        `keeps_every_row`: rows of one id belong together; else the last one counts.
        """
        frame = _without_skipped(chunk.frame, part)
        names = [str(name) for name in frame.columns]
        self._files.append((file.name, names))
        place = len(self._files) - 1
        self._database.execute("begin")
        for broken in chunk.broken:
            payload = {"file": file.name, "line": broken.line, "raw": broken.raw}
            self._put_broken(payload, broken.reason, "broken_row")
        ids = _ids(frame, part)
        is_damaged = ids.map(lambda text: text is not None and not is_storable(text)).astype(bool)
        self._put_aside(frame[is_damaged], file, "has an id that is not readable", "bad_id")
        frame, ids = frame[~is_damaged], ids[~is_damaged]
        if not part.skips_without_id:
            told = f"has no id: `{part.id.where}` finds none there"
            self._put_aside(frame[ids.isna()], file, told, "missing_id")
        is_kept = ids.notna()
        if not keeps_every_row:
            is_kept &= ~ids.duplicated(keep="last")
        rows = frame[is_kept].itertuples(name=None)
        self._database.executemany(
            _statement("put"),
            (
                {
                    "id": external_id,
                    "part": number,
                    "position": next(self._positions) if keeps_every_row else 0,
                    "file": place,
                    "line": int(line),
                    "cells": json.dumps(cells),
                }
                for external_id, (line, *cells) in zip(ids[is_kept], rows, strict=True)
            ),
        )
        self._database.execute("commit")

    def count(self) -> int:
        """Return how many records there are, unreadable ones included."""
        return int(self._database.execute(_statement("count")).fetchone()[0])

    def ids(self, *, after: str = _EDGE, size: int) -> Iterator[list[str]]:
        """Yield the ids in order, up to `size` at a time."""
        while True:
            rows = self._database.execute(
                _statement("ids"), {"edge": after, "size": size}
            ).fetchall()
            if not rows:
                return
            some = [str(name) for (name,) in rows]
            yield some
            after = some[-1]

    def records(self, first: str, last: str) -> Iterator[Found]:
        """Yield the records of the ids from `first` to `last`, both included."""
        rows = self._database.execute(
            _statement("rows"), {"lowest": first, "highest": last}
        ).fetchall()
        for name, group in groupby(rows, key=itemgetter(0)):
            yield self._found(name, list(group))

    def record(self, external_id: str) -> Found | None:
        """Return one record, None when no row has that id."""
        return next(self.records(external_id, external_id), None)

    def unreadable(self, *, size: int) -> Iterator[list[Unreadable]]:
        """Yield what belongs to no record, up to `size` at a time."""
        after = 0
        while True:
            rows = self._database.execute(
                _statement("broken"), {"edge": after, "size": size}
            ).fetchall()
            if not rows:
                return
            yield [
                Unreadable(payload=json.loads(payload), reason=reason, code=code)
                for _, payload, reason, code in rows
            ]
            after = rows[-1][0]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _put_aside(self, frame: pd.DataFrame, file: File, trouble: str, code: str) -> None:
        for line, *cells in frame.itertuples(name=None):
            raw = dict(zip(map(str, frame.columns), cells, strict=True))
            payload = {"file": file.name, "line": int(line), "raw": raw}
            self._put_broken(payload, f"line {line} of {file.name} {trouble}", code)

    def _put_broken(self, payload: dict[str, Any], reason: str, code: str) -> None:
        # What is no character of the encoding could be stored nowhere.
        text = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace").decode()
        reason = reason.encode("utf-8", "replace").decode()
        self._database.execute(
            _statement("put_broken"), {"payload": text, "reason": reason, "code": code}
        )

    def _found(self, external_id: str, rows: Collection[tuple[Any, ...]]) -> Found:
        parts: tuple[list[Placed], list[Placed]] = ([], [])
        for _, part, place, line, cells in rows:
            name, columns = self._files[place]
            row = dict(zip(columns, json.loads(cells), strict=True))
            parts[part].append(Placed(file=name, line=line, row=row))
        if self._only_latest:
            parts = (of_last_file(parts[0]), of_last_file(parts[1]))
        own, lines = parts
        payload: dict[str, Any] = {
            "rows": [one.row for one in own],
            "places": [f"{one.file}:{one.line}" for one in (*own, *lines)],
        }
        if lines:
            payload["lines"] = [one.row for one in lines]
        twice = repeated(lines or own)
        if twice:
            payload["repeated"] = twice
        return Found(external_id=external_id, payload=payload)


def _without_skipped(frame: pd.DataFrame, part: Part) -> pd.DataFrame:
    for column, pattern in part.skip:
        texts = frame[column].fillna("").astype(str).str.strip()
        frame = frame[~texts.map(lambda text: pattern.fullmatch(text) is not None).astype(bool)]  # noqa: B023 - called at once
    return frame


def _ids(frame: pd.DataFrame, part: Part) -> pd.Series:
    """Return the id of each row, None where there is none."""
    columns = list(part.id.columns)
    found = [
        part.id.text(dict(zip(columns, cells, strict=True)))
        for cells in frame[columns].itertuples(index=False, name=None)
    ]
    return pd.Series(found, index=frame.index, dtype=object)


@cache
def _statement(name: str) -> str:
    return _SQL.joinpath(f"{name}.sql").read_text(encoding="utf-8")
