from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Permanent
from connectors.medusa.api import Listed, Query
from connectors.medusa.paging import Changes, stamp

BASE = datetime(2026, 5, 1, tzinfo=UTC)


def at(milliseconds: int) -> datetime:
    return BASE + timedelta(milliseconds=milliseconds)


class List:
    """A list as Medusa pages it: sorted by one field, changing between two requests."""

    def __init__(
        self, times: dict[str, int], change: Callable[[List, int], None] | None = None
    ) -> None:
        self.times = dict(times)
        self.requests = 0
        self._change = change

    def fetch(self, query: Query) -> Listed:
        if self._change is not None and self.requests:
            self._change(self, self.requests)
        self.requests += 1
        asked = dict(query)
        rows = [
            (moment, one)
            for one, moment in self.times.items()
            if stamp(at(moment)) >= str(asked.get("updated_at[$gte]", ""))
            and stamp(at(moment)) < str(asked.get("updated_at[$lt]", "9"))
        ]
        if asked.get("order") == "id":
            rows.sort(key=lambda row: row[1])
        else:
            # A tie comes in another order each time.
            rows.sort(key=lambda row: (row[0], hash((row[1], self.requests))))
        offset, limit = int(asked.get("offset", 0)), int(asked["limit"])
        page = [
            {"id": one, "updated_at": stamp(at(moment))}
            for moment, one in rows[offset : offset + limit]
        ]
        return Listed(nodes=page, count=len(rows))


def read(source: List, size: int, start: datetime | None = None) -> list[str]:
    pages = Changes(size=size, store="shop").pages(source.fetch, start, at(10**6))
    return [node["id"] for page in pages for node in page.nodes]


@given(
    times=st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3), st.integers(0, 4), max_size=30
    ),
    size=st.integers(1, 7),
)
def test_every_record_comes_once_however_many_share_a_millisecond(
    times: dict[str, int], size: int
) -> None:
    found = read(List(times), size)
    assert sorted(found) == sorted(times)


@given(size=st.integers(1, 5), edited=st.lists(st.integers(0, 11), min_size=1, max_size=5))
def test_records_edited_while_the_list_is_read_take_nobody_with_them(
    size: int, edited: list[int]
) -> None:
    def edit(source: List, request: int) -> None:
        if request <= len(edited):
            # Beyond the window's end: the next one's business.
            source.times[f"{edited[request - 1]:02}"] = 10**7

    times = {f"{number:02}": number // 6 for number in range(12)}
    found = set(read(List(times, edit), size))
    assert {one for one in times if int(one) not in edited} <= found


def test_only_what_lies_in_the_window_is_read() -> None:
    times = {"old": 1, "first": 2, "last": 10**6 - 1, "late": 10**6}
    assert sorted(read(List(times), 10, at(2))) == ["first", "last"]


def test_what_is_called_complete_is_out() -> None:
    times = {f"{number:02}": number // 2 for number in range(20)}
    source = List(times)
    out: set[str] = set()
    for page in Changes(size=3, store="shop").pages(source.fetch, None, at(10**6)):
        out |= {node["id"] for node in page.nodes}
        if page.complete_until is not None:
            assert {one for one, when in times.items() if at(when) < page.complete_until} <= out


@pytest.mark.parametrize(
    ("moments", "message"),
    [
        (["2026-05-01T00:00:02.000Z", "2026-05-01T00:00:01.000Z"], "not sorted"),
        (["2020-01-01T00:00:00.000Z"], "ignores the filter"),
        (["2030-01-01T00:00:00.000Z"], "ignores the filter"),
        (["soon", None], "no times"),
    ],
)
def test_a_list_that_does_not_do_as_it_was_asked_stops_the_reading(
    moments: list[Any], message: str
) -> None:
    nodes = [{"id": str(number), "updated_at": moment} for number, moment in enumerate(moments)]
    pages = Changes(size=2, store="shop").pages(
        lambda _query: Listed(nodes=nodes, count=99), BASE, at(10**6)
    )
    with pytest.raises(Permanent, match=message):
        list(pages)


def test_elements_without_id_are_not_lost() -> None:
    nodes: list[Any] = [None, 7, {"updated_at": stamp(BASE)}, {"updated_at": stamp(BASE)}]
    pages = Changes(size=9, store="shop").pages(
        lambda _query: Listed(nodes=nodes, count=4), BASE, at(10**6)
    )
    assert [page.nodes for page in pages] == [nodes]
