"""Connections: keyset paging with opaque cursors, at most 250 at a time.

A cursor holds the last row's sort value and id, so a row that changes while one pages moves to the
end and is met again, never lost; and it means nothing to another sort key, which is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

MOST = 250
Payload = dict[str, Any]


def connection(
    rows: Sequence[Any],
    pairs: Sequence[tuple[int, int]],
    payload: Callable[[Any], Payload],
    *,
    sort: str,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
) -> Payload:
    """Return a page of `rows`, whose sort values and ids are `pairs`, ascending."""
    size = _size(first, last)
    if reverse:
        rows = rows[::-1]
        pairs = [(-value, -identifier) for value, identifier in reversed(pairs)]
        sort = f"-{sort}"
    low = bisect_right(pairs, _read(after, sort)) if after else 0
    high = bisect_left(pairs, _read(before, sort)) if before else len(rows)
    if first is not None:
        start, end = low, min(low + size, high)
    else:
        start, end = max(low, high - size), high
    cursors = [_cursor(pair, sort) for pair in pairs[start:end]]
    nodes = [payload(row) for row in rows[start:end]]
    return {
        "nodes": nodes,
        "edges": [
            {"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": end < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def listed(nodes: Sequence[Payload]) -> Callable[..., Payload]:
    """Return the resolver of a nested connection over `nodes`, in their own order."""
    pairs = [(position, position) for position in range(len(nodes))]

    def resolve(info: Any, **arguments: Any) -> Payload:
        arguments.pop("sortKey", None)
        if info.context.is_bulk:
            # Bulk operations give everything, whatever `first` says.
            return {"edges": [{"node": node} for node in nodes], "nodes": nodes}
        return connection(nodes, pairs, lambda node: node, sort="position", **arguments)

    return resolve


def some(nodes: Sequence[Payload]) -> Callable[..., Sequence[Payload]]:
    """Return the resolver of a plain list with `first`: cut there, without a word."""

    def resolve(_info: object, first: int | None = None, **_ignored: Any) -> Sequence[Payload]:
        return nodes if first is None else nodes[:first]

    return resolve


def _size(first: int | None, last: int | None) -> int:
    size = first if first is not None else last
    if size is None:
        raise GraphQLError("you must provide one of first or last")
    if not 0 <= size <= MOST:
        raise GraphQLError(f"first and last must be between 0 and {MOST}, not {size}")
    return size


def _cursor(pair: tuple[int, int], sort: str) -> str:
    text = json.dumps({"last_id": pair[1], "last_value": pair[0], "sort": sort})
    return base64.b64encode(text.encode()).decode()


def _read(cursor: str, sort: str) -> tuple[int, int]:
    try:
        told = json.loads(base64.b64decode(cursor, validate=True))
        pair = (int(told["last_value"]), int(told["last_id"]))
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise GraphQLError(f"`{cursor}` is not a valid cursor") from None
    if told.get("sort") != sort:
        raise GraphQLError("Invalid cursor for current pagination sort.")
    return pair
