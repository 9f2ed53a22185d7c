from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vendure.api import RecordFailed
from connectors.vendure.isolation import FAILURE_FIELD, MOST_BROKEN, fetch_around
from connectors.vendure.paging import Node

Options = Mapping[str, Any]


class Shop:
    def __init__(self, count: int, broken: set[int]) -> None:
        self._count = count
        self._broken = broken
        self.requests = 0

    def fetch_ids(self, options: Options) -> list[Node]:
        end = min(self._count, options["skip"] + options["take"])
        return [{"id": str(number)} for number in range(options["skip"], end)]

    def fetch(self, options: Options) -> list[Node]:
        self.requests += 1
        nodes = self.fetch_ids(options)
        if any(int(node["id"]) in self._broken for node in nodes):
            raise RecordFailed("one failed", store="shop", said="no name")
        return nodes


@given(
    count=st.integers(0, 60),
    skip=st.integers(0, 10),
    take=st.integers(1, 60),
    broken=st.sets(st.integers(0, 60), max_size=5),
)
def test_every_record_is_there_and_only_the_broken_ones_are_marked(
    count: int, skip: int, take: int, broken: set[int]
) -> None:
    shop = Shop(count, broken)
    options = {"skip": skip, "take": take}
    found = fetch_around(shop.fetch, shop.fetch_ids, options)
    assert [node["id"] for node in found] == [node["id"] for node in shop.fetch_ids(options)]
    marked = {int(node["id"]) for node in found if FAILURE_FIELD in node}
    assert marked == broken & {int(node["id"]) for node in found}


def test_one_broken_record_in_a_thousand_costs_twenty_requests() -> None:
    shop = Shop(1000, {617})
    fetch_around(shop.fetch, shop.fetch_ids, {"skip": 0, "take": 1000})
    assert shop.requests <= 21


def test_a_server_that_fails_everywhere_stops_the_reading() -> None:
    shop = Shop(1000, set(range(1000)))
    with pytest.raises(RecordFailed):
        fetch_around(shop.fetch, shop.fetch_ids, {"skip": 0, "take": 1000})
    assert shop.requests < 4 * MOST_BROKEN
