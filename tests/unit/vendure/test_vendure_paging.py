from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Transient
from connectors.vendure.paging import Mark, Node, pages


class List:
    """A list as Vendure pages it, changing between two requests."""

    def __init__(self, ids: list[str], change: Callable[[List, int], None] | None = None) -> None:
        self.ids = ids
        self.requests = 0
        self._change = change

    def fetch(self, options: Mapping[str, Any]) -> list[Node]:
        if self._change is not None and self.requests:
            self._change(self, self.requests)
        self.requests += 1
        assert options["sort"] == {"id": "ASC"}
        ordered = sorted(self.ids, key=lambda one: (len(one), one))
        page = ordered[options["skip"] : options["skip"] + options["take"]]
        return [{"id": one} for one in page]


def read(source: List, size: int) -> list[str]:
    return [
        node["id"]
        for page in pages(source.fetch, size=size, conditions={}, store="shop")
        for node in page.nodes
    ]


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@given(count=st.integers(0, 40), size=st.integers(2, 12))
def test_every_element_comes_once_and_in_order(count: int, size: int) -> None:
    assert read(List(numbers(count)), size) == numbers(count)


def test_only_the_last_page_says_so() -> None:
    found = list(pages(List(numbers(7)).fetch, size=3, conditions={}, store="shop"))
    assert [page.is_last for page in found] == [False, False, False, True]


def test_a_record_deleted_before_the_place_we_read_hides_none_behind_it() -> None:
    def delete_first(source: List, request: int) -> None:
        if request == 1:
            source.ids.remove("0")

    assert read(List(numbers(9), delete_first), 3) == numbers(9)


def test_the_very_record_we_stopped_at_may_be_deleted() -> None:
    def delete_edge(source: List, request: int) -> None:
        if request == 1:
            source.ids.remove("2")

    assert read(List(numbers(9), delete_edge), 3) == numbers(9)


def test_records_inserted_before_the_place_we_read_repeat_none() -> None:
    def insert(source: List, request: int) -> None:
        if request == 1:
            source.ids += ["01", "02"]

    found = read(List([f"1{number}" for number in range(9)], insert), 4)
    assert found == [f"1{number}" for number in range(9)]


@given(
    count=st.integers(1, 30),
    size=st.integers(3, 8),
    gone=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 29)), max_size=4),
)
def test_whatever_is_deleted_meanwhile_all_that_stays_arrives_once(
    count: int, size: int, gone: list[tuple[int, int]]
) -> None:
    def change(source: List, request: int) -> None:
        for when, which in gone:
            if when == request and str(which) in source.ids:
                source.ids.remove(str(which))

    source = List(numbers(count), change)
    found = read(source, size)
    assert len(found) == len(set(found))
    assert set(source.ids) <= set(found)


def test_a_list_that_melts_away_is_given_up_as_passing_trouble() -> None:
    def purge(source: List, request: int) -> None:
        if request == 40:
            del source.ids[:-30]

    with pytest.raises(Transient, match="deleted faster"):
        read(List(numbers(400), purge), 3)


@given(count=st.integers(1, 40), size=st.integers(2, 8), after=st.integers(1, 5))
def test_a_reading_goes_on_from_a_mark_and_misses_nothing(
    count: int, size: int, after: int
) -> None:
    source = List(numbers(count))
    begun = list(islice(pages(source.fetch, size=size, conditions={}, store="shop"), after))
    rest = pages(source.fetch, size=size, conditions={}, store="shop", mark=begun[-1].mark)
    seen = [node["id"] for page in begun for node in page.nodes]
    seen += [] if begun[-1].is_last else [node["id"] for page in rest for node in page.nodes]
    assert seen == numbers(count)


def test_a_mark_in_a_list_that_changed_beyond_recognition_begins_anew() -> None:
    gone = Mark(skip=90, seen=("no", "longer", "there"))
    source = List(numbers(200))
    found = pages(source.fetch, size=5, conditions={}, store="shop", mark=gone)
    assert [node["id"] for page in found for node in page.nodes] == numbers(200)
