"""Many stores in one process.

A Dagster run costs seconds and a thousand stores cannot pay it each; a shard of about fifty can.
Threads, because a sync waits for the store and for PostgreSQL, and bounded, because each holds a
connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")


def shards(keys: Sequence[str], size: int) -> list[list[str]]:
    """Cut `keys` into lists of at most `size`, spread evenly so that no shard is a straggler."""
    if not keys:
        return []
    count = -(-len(keys) // size)
    return [list(keys[start::count]) for start in range(count)]


def for_each_store(
    keys: Sequence[str],
    work: Callable[[str], T],
    *,
    concurrency: int,
    on_done: Callable[[str, T], None] | None = None,
) -> list[T]:
    """Run `work(key)` for every store, at most `concurrency` at a time; results in key order.

    What `work` raises is no store's fault (a database that is down): stores not yet begun are
    dropped, those under way end, and it is raised here.
    """
    results: dict[str, T] = {}
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="store") as pool:
        pending = {pool.submit(work, key): key for key in keys}
        try:
            for future in as_completed(pending):
                key = pending[future]
                results[key] = future.result()
                if on_done is not None:
                    on_done(key, results[key])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[key] for key in keys]
