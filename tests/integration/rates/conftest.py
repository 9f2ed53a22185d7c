from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest


@pytest.fixture
def together() -> Callable[..., list[object]]:
    """Run functions at the same moment, each in a thread, and return what they returned."""

    def run(*functions: Callable[[], object]) -> list[object]:
        start = Barrier(len(functions))

        def begin(function: Callable[[], object]) -> object:
            start.wait(10)
            return function()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(begin, functions))

    return run
