"""A few lost records are found by halving, and a wrong guess costs nothing."""

from __future__ import annotations

import pytest

from connectors.woocommerce.missing import lost_from
from connectors.woocommerce.paging import Batch, Fetch, Query
from connectors.woocommerce.rows import Row

KNOWN = [str(number * 3) for number in range(1, 100_001)]


class List:
    """A shop's list of ids; `asked` counts the calls."""

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids
        self.asked = 0

    @property
    def fetch(self) -> Fetch:
        def read(query: Query) -> Batch:
            self.asked += 1
            at = int(query["page"]) - 1
            rows = [Row(one, None, "", "", None) for one in self.ids[at : at + 1]]
            return Batch(rows, len(self.ids), len(self.ids))

        return read


@pytest.mark.parametrize("lost", [{0}, {99_999}, {5}, {0, 1, 2}, {7, 50_000, 99_998, 99_999}])
def test_what_is_lost_of_a_large_list_is_found_in_a_few_calls(lost: set[int]) -> None:
    shop = List([one for place, one in enumerate(KNOWN) if place not in lost])
    assert lost_from(shop.fetch, reversed(KNOWN), len(shop.ids)) == [
        KNOWN[at] for at in sorted(lost)
    ]
    assert shop.asked <= 17 * len(lost)


@pytest.mark.parametrize("lost", [0, 11, 50_000])
def test_nothing_or_much_lost_is_left_to_the_comparison_of_all_ids(lost: int) -> None:
    shop = List(KNOWN[lost:])
    assert lost_from(shop.fetch, KNOWN, len(shop.ids)) == []
    assert shop.asked == 0


def test_a_small_list_is_read_whole_instead() -> None:
    shop = List(KNOWN[1:100])
    assert lost_from(shop.fetch, KNOWN[:100], 99) == []
    assert shop.asked == 0


def test_rows_that_are_counted_and_not_shown_end_the_search() -> None:
    shop = List([])
    assert lost_from(shop.fetch, KNOWN, len(KNOWN) - 1) == []
