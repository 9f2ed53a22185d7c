"""Whole lists out of an API that pages by position.

Vendure only knows `skip` and `take`: a record that is deleted shifts the rest, and the next page
begins one record too late; sorted by `updatedAt`, every edit reshuffles the list. So lists are read
by id, which never changes, and each page begins with the last record of the one before. Where that
is not what comes first, the list has shifted and we step back until we recognise something. (A
second sort key would not help: the server applies the keys in the order of its schema, which puts
`id` first whatever was asked.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from connectors.errors import Transient

# The API's own limit for lists; more is an error, not a shorter page.
LARGEST_PAGE: Final = 1000
# One is the overlap; with a page of one nothing new would ever fit.
SMALLEST_PAGE: Final = 2
# How many pages back a shifted list is followed; more at once is a purge, not daily business.
_REMEMBERED_PAGES: Final = 8
# Enough to recognise the place although some of them were deleted, short enough to be kept.
_MARKED_IDS: Final = 20

Node = Mapping[str, Any]
Fetch = Callable[[Mapping[str, Any]], list[Node]]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reading stands: the position of the next page, and ids seen just before it."""

    skip: int
    seen: tuple[str, ...]


class RawPage(msgspec.Struct, frozen=True, kw_only=True):
    """Elements not yielded before. `is_last`: nothing follows. `mark`: where to go on from."""

    nodes: tuple[Node, ...]
    is_last: bool
    mark: Mark


def pages(
    fetch: Fetch,
    *,
    size: int,
    conditions: Mapping[str, Any],
    store: str,
    mark: Mark | None = None,
) -> Iterator[RawPage]:
    """Yield every element that stays in the list while it is read, once, by ascending id.

    `fetch`: runs a list document with the given list options and returns its items, each with an
    `id`. `conditions`: the list's filter. `mark`: goes on there, and from the beginning when the
    list has changed so much since that nothing near it is recognised. Raises Transient when the
    list shrinks faster than it can be read.
    """
    recent: deque[str] = deque(maxlen=_REMEMBERED_PAGES * size)
    skip, steps_back = 0, 0
    if mark is not None:
        skip = mark.skip
        recent.extend(mark.seen)
    while True:
        nodes = fetch(
            {"skip": skip, "take": size, "sort": {"id": "ASC"}, "filter": dict(conditions)}
        )
        known = set(recent)
        last_known = max((at for at, node in enumerate(nodes) if node["id"] in known), default=-1)
        if recent and last_known < 0 and skip > 0:
            steps_back += 1
            if steps_back > _REMEMBERED_PAGES and mark is not None:
                yield from pages(fetch, size=size, conditions=conditions, store=store)
                return
            if steps_back > _REMEMBERED_PAGES:
                raise Transient(
                    "records are deleted faster than the lists can be read. The next run will try "
                    "again.",
                    store=store,
                )
            skip = max(0, skip - (size - 1))
            continue
        steps_back = 0
        mark = None
        fresh = tuple(nodes[last_known + 1 :])
        recent.extend(node["id"] for node in fresh)
        is_last = len(nodes) < size
        skip += size - 1
        seen = tuple(islice(reversed(recent), _MARKED_IDS))
        yield RawPage(nodes=fresh, is_last=is_last, mark=Mark(skip=skip, seen=seen[::-1]))
        if is_last:
            return
