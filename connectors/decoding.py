"""JSON as stores really send it: exact numbers, byte order marks, PHP notices in front.

Amounts that pass through binary floating point are no longer the store's, so every literal with a
point or an exponent becomes a `Decimal`. Shops with debugging switched on print notices before the
JSON; such an answer is whole and usable. An answer that ends early is not, and must never be
mistaken for a shorter one: a page cut between two orders once counted as the end of the list.

One value that is no JSON costs its record, not the page: only where the strict decoder gives up is
the answer read again by one that keeps such values apart (`connectors.unreadable`).
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.unreadable import (
    UNREADABLE,
    Unreadable,
    constant,
    fraction,
    integer,
    marked,
)

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_BOM: Final = b"\xef\xbb\xbf"
_OPENINGS: Final = b"{["
_TOO_DEEP: Final = "the answer is nested deeper than any store's"
# Notices run to some kilobytes; beyond this a body is a web page, not JSON with a preface.
_PREFACE_BYTES: Final = 65_536
_TRAILING_COMMA: Final = re.compile(rb",\s*[}\]]")
# Texts are matched along and put back, so that a comma inside one stays.
_COMMAS_AND_TEXTS: Final = re.compile(rb'("(?:[^"\\]|\\.)*+")|(?<![\[{,])\s*,(?=\s*[}\]])')
_LONGEST_ESCAPE: Final = len(r"\ud83d\ude00")


class TruncatedJsonError(ValueError):
    """The answer stops in the middle of its JSON: ask again."""


def decode(body: bytes) -> Any:
    """Decode a JSON answer; integers as `int`, every other number literal as `Decimal`.

    Tolerates a byte order mark, notices printed before the JSON, control characters inside texts,
    and commas before a closing bracket. Half characters (lone surrogates) stay in their place, and
    bytes that are no UTF-8 come back as half characters, for the record's own check. Numbers that
    are none come back as text, the objects around them marked as UNREADABLE. Raises
    TruncatedJsonError when the body ends early and ValueError when it is no JSON.
    """
    try:
        return _DECODER.decode(body)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except (ValueError, ArithmeticError):
        return _decode_leniently(body)


def decode_record(text: bytes) -> Any:
    """Decode the text of one record; what cannot be read at all comes back marked, never raises."""
    try:
        return decode(text)
    except ValueError as error:
        return {UNREADABLE: [str(error)], "text": text.decode("utf-8", "surrogateescape")}


def json_part(body: bytes) -> bytes:
    """Return `body` without byte order mark and without what was printed before the JSON.

    Raises TruncatedJsonError or ValueError as `decode` does.
    """
    stripped = body.removeprefix(_BOM).strip()
    if not stripped:
        raise TruncatedJsonError("the answer is empty")
    if stripped[:1] in (b"{", b"["):
        found = _parse(stripped)
        if found is not _NOTHING:
            return stripped
    return _after_preface(stripped)


_NOTHING: Final = object()


def _decode_leniently(body: bytes) -> Any:
    stripped = body.removeprefix(_BOM).strip()
    if not stripped:
        raise TruncatedJsonError("the answer is empty")
    found = _parse(stripped)
    return _parse(_after_preface(stripped)) if found is _NOTHING else found


def _after_preface(body: bytes) -> bytes:
    """Return the JSON at the end of `body`: the leftmost bracket that opens a complete document.

    Leftmost, because brackets further right open its inner parts; and a bracket whose document
    ends early stops the search, else the last complete part of a cut answer would pass for it.
    """
    position = 0
    while (position := _next_opening(body, position)) >= 0:
        candidate = body[position:]
        if _parse(candidate) is not _NOTHING:
            return candidate
        position += 1
    raise ValueError("the answer is not JSON")


def _next_opening(body: bytes, start: int) -> int:
    places = [body.find(opening, start, _PREFACE_BYTES) for opening in (b"{", b"[")]
    return min((place for place in places if place >= 0), default=-1)


def _parse(text: bytes) -> Any:
    """Decode `text` or return `_NOTHING`; raises TruncatedJsonError when it ends early."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ArithmeticError:
        is_cut = False
    except ValueError as error:
        is_cut = "truncated" in str(error)
    if _TRAILING_COMMA.search(text):
        # Filters written by hand leave these behind. Taking them out closes no bracket, so an
        # answer that ends early still does.
        text = _COMMAS_AND_TEXTS.sub(rb"\1", text)
    # The strict decoder gives up on a whole page for one lone surrogate; the standard library
    # keeps it, and the record's own text check then rejects just that record.
    readable = text.decode("utf-8", "surrogateescape")
    try:
        found = json.loads(
            readable,
            strict=False,
            parse_float=fraction,
            parse_int=integer,
            parse_constant=constant,
        )
        return _NOTHING if isinstance(found, Unreadable) else marked(found)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError as error:
        is_cut = is_cut or _breaks_at_the_end(error, len(readable))
        if is_cut and text[:1] in (b"{", b"["):
            raise TruncatedJsonError("the answer ends in the middle of its JSON") from None
        return _NOTHING


def _breaks_at_the_end(error: ValueError, length: int) -> bool:
    """Say whether a number or an escape was cut in the middle, which decoders call malformed."""
    return (
        isinstance(error, json.JSONDecodeError)
        and not error.msg.startswith("Extra data")
        and error.pos >= length - _LONGEST_ESCAPE
    )
