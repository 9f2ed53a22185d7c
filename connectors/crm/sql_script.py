"""Splits a SQL script into statements where PostgreSQL would.

A semicolon ends a statement unless it stands in a string, a quoted name, a dollar-quoted body, a
comment or parentheses. The Supabase CLI splits by the same rules and stores what it found, which is
what our files are compared with later, so both must see the same statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_HEAD_CHARACTERS: Final = 120

_TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<escaped> \b[eE]'(?:[^'\\]|''|\\.)*' )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<name> "(?:[^"]|"")*" )
    | (?P<dollar> (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$ )
    | (?P<open> \( )
    | (?P<close> \) )
    | (?P<end> ; )
    | (?P<meta> ^[ \t]*\\\w+ )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<broken> ['"] )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

# The runner opens and ends the transaction; a file that did so itself could leave half of its work.
_FORBIDDEN: Final = frozenset({"abort", "begin", "commit", "end", "rollback", "savepoint", "start"})


class Statement(msgspec.Struct, frozen=True):
    """One statement without its semicolon, comments before it included; `line` counts from 1."""

    text: str
    line: int
    head: str


def split_statements(script: str) -> list[Statement]:
    """Split `script`; raises ValueError, naming the line, when it cannot run as one transaction."""
    return list(_statements(script))


def _statements(script: str) -> Iterator[Statement]:
    start = position = depth = 0
    words: list[str] = []
    first: int | None = None
    while (match := _TOKEN.search(script, position)) is not None:
        kind = str(match.lastgroup) if match.lastgroup != "tag" else "dollar"
        position = match.end()
        if kind == "comment":
            continue
        if kind == "block":
            position = _end_of_block(script, match.start())
            continue
        if kind in {"broken", "meta"}:
            what = "an unclosed quote" if kind == "broken" else "a psql command"
            raise ValueError(f"line {_line(script, match.start())}: {what}")
        if kind != "end" and first is None:
            first = match.start()
        if kind == "dollar":
            position = _end_of_dollar(script, match)
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "word":
            words.append(match.group().lower())
            if words[-2:] == ["begin", "atomic"]:
                raise ValueError(
                    f"line {_line(script, match.start())}: write the body between dollar quotes"
                )
        elif kind == "end" and depth == 0:
            yield from _statement(script, start, match.start(), first, words)
            start, first, words = position, None, []
    yield from _statement(script, start, len(script), first, words)


def _statement(
    script: str, start: int, end: int, first: int | None, words: list[str]
) -> Iterator[Statement]:
    text = script[start:end].strip()
    if not text:
        return
    line = _line(script, start + len(script[start:end]) - len(script[start:end].lstrip()))
    head = " ".join(script[first:end].split()) if first is not None else text
    if words and words[0] in _FORBIDDEN:
        raise ValueError(
            f'line {_line(script, first or start)}: "{words[0]}" has no place here, '
            "the runner applies each file in one transaction"
        )
    yield Statement(text, line, head[:_HEAD_CHARACTERS])


def _end_of_block(script: str, start: int) -> int:
    """Return the position after a block comment; they nest."""
    depth = 0
    for mark in re.finditer(r"/\*|\*/", script[start:]):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return start + mark.end()
    raise ValueError(f"line {_line(script, start)}: an unclosed comment")


def _end_of_dollar(script: str, opening: re.Match[str]) -> int:
    end = script.find(opening["dollar"], opening.end())
    if end < 0:
        raise ValueError(f"line {_line(script, opening.start())}: an unclosed {opening['dollar']}")
    return end + len(opening["dollar"])


def _line(script: str, position: int) -> int:
    return script.count("\n", 0, position) + 1
