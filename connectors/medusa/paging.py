"""Whole lists out of an API that pages by position and sorts by one field.

Sorted by change, records with the same millisecond come in any order, a different one from page to
page, and a record that is edited moves to the end: pages cut by position lose some and show others
twice. So a list is never cut by position: each page asks for what changed at or after the last
millisecond seen, and those of that very millisecond are recognised by id. Only a millisecond larger
than a page (an import) is read by position, sorted by id and from its end: whatever leaves it
meanwhile shifts the rest towards the pages still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import msgspec

from connectors.errors import Permanent
from connectors.medusa.api import Listed, Query

MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Fetch = Callable[[Query], Listed]


class RawPage(msgspec.Struct, frozen=True, kw_only=True):
    """Elements not yielded before. `complete_until`: all changes before it are out."""

    nodes: list[Any]
    complete_until: datetime | None = None


class Changes:
    """Reads lists of one store by change. `size`: records a page."""

    def __init__(self, *, size: int, store: str) -> None:
        self._size = size
        self._store = store

    def pages(
        self, fetch: Fetch, start: datetime | None, end: datetime | None
    ) -> Iterator[RawPage]:
        """Yield what changed in `[start, end)`, oldest change first; None is open.

        `fetch`: runs the list with the given parameters; each element has `id` and `updated_at`.
        Raises Permanent when the list does not keep to its filter or its order.
        """
        mark = None if start is None else _floor(start)
        seen: set[str] = set()
        while True:
            listed = fetch([*_span(mark, end), ("order", "updated_at"), ("limit", self._size)])
            times = self._times(listed, mark, end)
            fresh = [node for node in listed.nodes if _id(node) not in seen]
            if listed.count <= len(listed.nodes):
                yield RawPage(nodes=fresh, complete_until=end)
                return
            if not times:
                raise self._disobedient("shows no times of change")
            last = times[-1]
            if last == mark:
                for nodes in self.by_position(fetch, _span(mark, mark + MILLISECOND)):
                    rest = [node for node in nodes if _id(node) not in seen]
                    seen.update(ids_of(rest))
                    yield RawPage(nodes=rest)
                mark, seen = mark + MILLISECOND, set()
                continue
            yield RawPage(nodes=fresh, complete_until=last)
            mark = last
            seen = set(ids_of([node for node in listed.nodes if changed_at(node) == last]))

    def by_position(self, fetch: Fetch, query: Query) -> Iterator[list[Any]]:
        """Yield a list by id, last page first; what is added meanwhile is not in it."""
        upper = fetch([*query, ("limit", 0)]).count
        while upper > 0:
            lower = max(0, upper - self._size)
            place = (("order", "id"), ("offset", lower), ("limit", upper - lower))
            yield fetch([*query, *place]).nodes
            upper = lower

    def _times(self, listed: Listed, mark: datetime | None, end: datetime | None) -> list[datetime]:
        """Return the times of the elements that have one, after checking what was asked for."""
        times = [at for node in listed.nodes if (at := changed_at(node)) is not None]
        if any(later < earlier for earlier, later in pairwise(times)):
            raise self._disobedient("is not sorted by `updated_at`")
        if times and ((mark and times[0] < mark) or (end and times[-1] >= end)):
            raise self._disobedient("ignores the filter by `updated_at`")
        return times

    def _disobedient(self, what: str) -> Permanent:
        return Permanent(
            f"a list of the Admin API {what}, so changes cannot be told from the rest. Ask whoever "
            "runs the shop whether a proxy or a changed route drops query parameters.",
            store=self._store,
        )


def changed_at(node: Any, name: str = "updated_at") -> datetime | None:
    """Return the time of an element's last change to the millisecond, None without a proper one."""
    value = node.get(name) if isinstance(node, dict) else None
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if found.tzinfo is None else _floor(found)


def stamp(moment: datetime) -> str:
    """Write a time as Medusa does; a plus sign in it would arrive as a space."""
    written = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


def _span(start: datetime | None, end: datetime | None) -> list[tuple[str, str | int]]:
    bounds = []
    if start is not None:
        bounds.append(("updated_at[$gte]", stamp(start)))
    if end is not None:
        bounds.append(("updated_at[$lt]", stamp(end)))
    return list(bounds)


def _floor(moment: datetime) -> datetime:
    try:
        at = moment.astimezone(UTC)
    except OverflowError:
        return _EPOCH
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _id(node: Any) -> str:
    return str(node.get("id", "")) if isinstance(node, dict) else ""


def ids_of(nodes: Sequence[Any]) -> list[str]:
    """Return the ids of the elements that have one."""
    return [found for node in nodes if (found := _id(node))]
