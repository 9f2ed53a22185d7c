"""What a request asks a list for: bounds, order, page, ids. Unknown parameters are ignored."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from connectors.sandbox.world import Entity

LARGEST_PAGE = 250
_DEFAULT_PAGE = 50

Kind = TypeVar("Kind", bound=Entity)


class Refused(Exception):
    """The request is answered with this status and these words."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


@dataclass(frozen=True)
class Cut:
    """A page of a list and the numbers that v3 tells of it."""

    rows: Sequence[Entity]
    total: int
    page: int
    limit: int

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return math.ceil(self.total / self.limit)


def between(
    rows: Iterable[Kind], query: Mapping[str, str], low: str, high: str, key: Callable[[Kind], int]
) -> list[Kind]:
    """Keep rows whose time is within the bounds, both of which include their own second."""
    first, last = moment(query.get(low)), moment(query.get(high))
    return [
        row
        for row in rows
        if (first is None or key(row) >= first) and (last is None or key(row) <= last)
    ]


def by_time(rows: Iterable[Kind], key: Callable[[Kind], int], salt: str) -> list[Kind]:
    """Sort by time alone: rows of one second come in another order with every question."""

    def place(row: Kind) -> tuple[int, bytes]:
        lot = f"{salt}/{row.id}".encode()
        return key(row), hashlib.blake2b(lot, digest_size=8).digest()

    return sorted(rows, key=place)


def by_id(rows: Iterable[Kind]) -> list[Kind]:
    """Sort by id."""
    return sorted(rows, key=lambda row: row.id)


def named(rows: Iterable[Kind], query: Mapping[str, str], name: str) -> list[Kind]:
    """Keep the rows whose ids a parameter names, all of them where it is not given."""
    if name not in query:
        return list(rows)
    wanted = {whole(one, name) for one in query[name].split(",") if one}
    return [row for row in rows if row.id in wanted]


def cut(rows: Sequence[Entity], query: Mapping[str, str]) -> Cut:
    """Cut the asked-for page out of a list."""
    limit = whole(query.get("limit", str(_DEFAULT_PAGE)), "limit")
    page = whole(query.get("page", "1"), "page")
    if limit > LARGEST_PAGE:
        raise Refused(413, f"The limit is {LARGEST_PAGE} at most.")
    if limit < 1 or page < 1:
        raise Refused(422, "page and limit begin at 1.")
    start = (page - 1) * limit
    return Cut(rows[start : start + limit], len(rows), page, limit)


def whole(written: str, name: str) -> int:
    """Read a whole number; anything else is refused."""
    if not written.isdigit():
        raise Refused(422, f"{name} is no number.")
    return int(written)


def moment(written: str | None) -> int | None:
    """Read a bound, RFC 2822 or ISO 8601; one without a zone is UTC."""
    if not written:
        return None
    try:
        parsed = (
            datetime.fromisoformat(written)
            if written[0].isdigit()
            else parsedate_to_datetime(written)
        )
    except ValueError:
        raise Refused(400, f"{written} is no date.") from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
