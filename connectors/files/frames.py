"""Files as data frames of text, some thousand rows at a time, each row with its line number.

The frames are filled by Python's own csv reader and not by `pandas.read_csv`: that one fills a row
that is too short without a word, and cannot say in which line a row that is too long stands. A
purchase that lost a column would have become one of nothing.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from connectors.errors import Permanent, Transient
from connectors.files.folder import File
from connectors.files.jsonl import json_chunks
from connectors.files.parquet import parquet_chunks
from connectors.files.spec import Habits
from connectors.files.table import CHUNK_ROWS, Broken, Chunk, Lines, check_columns, chunk_of, cut

_LONGEST_FIELD: Final = 1_000_000
_FORMATS: Final[Mapping[str, str]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def chunks(
    file: File, habits: Habits, columns: Mapping[str, str], *, store: str
) -> Iterator[Chunk]:
    """Yield the file's rows.

    `columns`: those that are needed -> the place in the mapping that needs them. Raises Permanent
    for a file that lacks one or is of another kind, Transient for one that ends early: it is
    probably still being written.
    """
    kind = kind_of(file, habits)
    if kind == "parquet":
        yield from (
            Chunk(frame=frame)
            for frame in parquet_chunks(file, columns, rows=CHUNK_ROWS, store=store)
        )
        return
    if kind not in ("csv", "jsonl"):
        raise Permanent(
            f'{file.name}: the kind of the file is not known by its name; set "format" to csv, '
            "jsonl or parquet in `mapping`.",
            store=store,
        )
    encoding = habits.encoding or "utf-8"
    try:
        with _opened(file, encoding) as opened:
            if kind == "csv":
                yield from _csv_chunks(opened, file, habits, columns, store)
            else:
                yield from json_chunks(opened, file, columns, store=store)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise cut(file, str(error), store) from None
    except (UnicodeError, LookupError) as error:
        raise Permanent(
            f'{file.name} is not written in {encoding} ({error}); set "encoding" in `mapping`, '
            "cp1252 for instance.",
            store=store,
        ) from None
    except OSError as error:
        raise Transient(
            f"{file.name} cannot be read ({error.strerror or error}). The next run will try again.",
            store=store,
        ) from None


def kind_of(file: File, habits: Habits) -> str:
    """Return csv, jsonl or parquet, "" when the name does not tell."""
    if habits.format:
        return habits.format
    suffixes = [suffix.lower() for suffix in file.path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return _FORMATS.get(suffixes[-1] if suffixes else "", "")


@contextmanager
def _opened(file: File, encoding: str) -> Iterator[io.TextIOBase]:
    # A byte that is no character becomes half a surrogate, which the record's own check refuses:
    # one damaged name must not cost the file.
    errors = "surrogateescape" if not encoding.lower().startswith("utf-16") else "strict"
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    with file.path.open("rb") as raw:
        unpacked: Any = gzip.GzipFile(fileobj=raw) if file.path.suffix.lower() == ".gz" else raw
        with io.TextIOWrapper(unpacked, encoding=encoding, errors=errors, newline="") as text:
            yield text


def _csv_chunks(
    opened: Any, file: File, habits: Habits, columns: Mapping[str, str], store: str
) -> Iterator[Chunk]:
    csv.field_size_limit(_LONGEST_FIELD)
    source = Lines(opened)
    rows = _csv_rows(source, file, habits, store)
    names = list(habits.header)
    if not names:
        _, first = next(rows, (0, None))
        if not isinstance(first, list):
            raise cut(file, "there is no header", store)
        names = [name.strip() for name in first]
    check_columns(file, names, columns, store)
    gathered: list[list[str]] = []
    lines: list[int] = []
    broken: list[Broken] = []
    for line, row in rows:
        if isinstance(row, str):
            broken.append(Broken(line=line, reason=row, raw=source.latest))
        elif len(row) != len(names):
            if source.is_cut and len(row) < len(names):
                raise cut(file, f"line {line} ends in the middle of a row", store)
            reason = f"line {line} of {file.name} has {len(row)} columns instead of {len(names)}"
            broken.append(Broken(line=line, reason=reason, raw=source.latest))
        else:
            gathered.append(row)
            lines.append(line)
        if len(gathered) + len(broken) >= CHUNK_ROWS:
            yield chunk_of(gathered, lines, names, broken)
            gathered, lines, broken = [], [], []
    yield chunk_of(gathered, lines, names, broken)


def _csv_rows(
    source: Lines, file: File, habits: Habits, store: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each row, or why it is none, with the number of the line it begins in."""
    separator = habits.separator or ("\t" if ".tsv" in file.name.lower() else ",")
    if separator == "whitespace":
        for number, line in enumerate(source, 1):
            if line.strip():
                yield number, line.split()
        return
    if len(separator) != 1:
        raise Permanent(
            f'`separator` must be one character or "whitespace", not {separator!r}.', store=store
        )
    reader = csv.reader(source, delimiter=separator, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            told = str(error)
            if "unexpected end" in told or "field limit" in told:
                raise cut(
                    file, f"a quote that opens in the row of line {begins} never closes", store
                ) from None
            yield begins, f"line {begins} of {file.name} is no row: {told}"
            continue
        if row:
            yield begins, row
