"""JSON Lines: an object a line, read as the flat text that the other kinds of files hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from connectors.decoding import decode
from connectors.files.folder import File
from connectors.files.table import CHUNK_ROWS, Broken, Chunk, Lines, check_columns, chunk_of, cut

_JSON: Final = msgspec.json.Encoder(decimal_format="number")


def json_chunks(
    opened: Any, file: File, columns: Mapping[str, str], *, store: str
) -> Iterator[Chunk]:
    """Yield the file's objects, the wanted values in columns; numbers keep every digit.

    Raises Permanent when no object has a wanted key, Transient when the last line is cut.
    """
    source = Lines(opened)
    gathered: list[list[str | None]] = []
    lines: list[int] = []
    broken: list[Broken] = []
    names: dict[str, None] = dict.fromkeys(columns)
    seen: set[str] = set()
    is_empty = True
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        is_empty = False
        try:
            found = decode(line.encode("utf-8", "surrogateescape"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            if source.is_cut:
                raise cut(file, f"line {number} ends in the middle of its JSON", store)
            reason = f"line {number} of {file.name} is no JSON object"
            broken.append(Broken(line=number, reason=reason, raw=line))
        else:
            cells = _flat(found, names)
            seen.update(name for name, cell in zip(names, cells, strict=True) if cell is not None)
            seen.update(found)
            gathered.append(cells)
            lines.append(number)
        if len(gathered) + len(broken) >= CHUNK_ROWS:
            yield chunk_of(gathered, lines, list(names), broken)
            gathered, lines, broken = [], [], []
    if not is_empty:
        check_columns(file, sorted(seen), columns, store)
    yield chunk_of(gathered, lines, list(names), broken)


def _flat(found: Mapping[str, Any], names: Mapping[str, None]) -> list[str | None]:
    """Return the wanted values as text; "buyer.email" looks inside unless there is such a key."""
    return [_text(_value(found, name)) for name in names]


def _value(found: Mapping[str, Any], name: str) -> Any:
    if name in found:
        return found[name]
    value: Any = found
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return _JSON.encode(value).decode()
    return str(value)
