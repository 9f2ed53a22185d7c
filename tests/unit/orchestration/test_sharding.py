from __future__ import annotations

from threading import Barrier, Lock

import pytest

from connectors.errors import DatabaseError
from orchestration.lib.sharding import for_each_store, shards


def test_no_stores_make_no_shards() -> None:
    assert shards([], 50) == []


@pytest.mark.parametrize(("stores", "size"), [(1, 50), (50, 50), (51, 50), (1000, 50), (7, 3)])
def test_every_store_is_in_exactly_one_shard_of_about_the_same_size(stores: int, size: int) -> None:
    keys = [f"store-{number}" for number in range(stores)]

    made = shards(keys, size)

    assert sorted(key for shard in made for key in shard) == sorted(keys)
    sizes = [len(shard) for shard in made]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1


def test_stores_of_a_shard_run_side_by_side_and_answer_in_order() -> None:
    together = Barrier(3, timeout=30)

    def work(key: str) -> str:
        together.wait()
        return key.upper()

    assert for_each_store(["a", "b", "c"], work, concurrency=3) == ["A", "B", "C"]


def test_no_more_than_the_allowed_number_of_stores_run_at_once() -> None:
    lock = Lock()
    running = 0
    most = 0

    def work(key: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    for_each_store([str(number) for number in range(50)], work, concurrency=2)

    assert most <= 2


def test_what_is_nobodys_fault_is_raised_and_stores_not_begun_are_dropped() -> None:
    begun: list[str] = []

    def work(key: str) -> None:
        begun.append(key)
        raise DatabaseError("the database is gone")

    with pytest.raises(DatabaseError, match="gone"):
        for_each_store([str(number) for number in range(500)], work, concurrency=1)

    assert len(begun) < 500
