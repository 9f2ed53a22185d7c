"""How fast a store lets us read: a bucket of points, and pages of a size it accepts.

Every answer states the bucket's size, level and refill. The figures differ by plan and change with
it (the often copied "1000 points, 50 a second" is out of date), so nothing here is a constant: we
wait as long as the last answer says a request of the learned cost needs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

# Shopify refuses a single query above 1000 points; what we grow to stays clear of it.
_AIM_POINTS: Final = 900
LARGEST_PAGE: Final = 250


class Throttle:
    """The bucket of one app on one store. Thread-safe."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._available = self._maximum = self._rate = 0.0
        self._seen_at = 0.0

    def wait_for(self, points: float) -> None:
        """Wait until the bucket holds `points`, as far as the last answer tells."""
        with self._lock:
            if self._rate <= 0:
                return
            seconds = self._seconds_until(points)
        if seconds > 0:
            self._sleep(seconds)

    def learn(self, cost: Any) -> float | None:
        """Take in an answer's `extensions.cost`; return the points its query asked for."""
        if not isinstance(cost, Mapping):
            return None
        status = cost.get("throttleStatus")
        if isinstance(status, Mapping):
            with self._lock:
                self._available = _number(status.get("currentlyAvailable")) or 0.0
                self._maximum = _number(status.get("maximumAvailable")) or 0.0
                self._rate = _number(status.get("restoreRate")) or 0.0
                self._seen_at = self._clock()
        return _number(cost.get("requestedQueryCost"))

    def seconds_until(self, points: float | None) -> float | None:
        """Return how long a refused query of `points` must wait, None when nothing is known."""
        with self._lock:
            if points is None or self._rate <= 0:
                return None
            return self._seconds_until(points)

    def _seconds_until(self, points: float) -> float:
        restored = (self._clock() - self._seen_at) * self._rate
        level = min(self._available + restored, self._maximum)
        # A query above the bucket's size can only wait for it to be full.
        return max(0.0, (min(points, self._maximum) - level) / self._rate)


class PageSize:
    """How many elements of one document to ask for at once.

    Starts where the published cost rules put the query below 1000 points at worst, and grows by
    what the store charges in fact, which is often a tenth. `current` never exceeds `largest`.
    """

    def __init__(self, start: int, *, largest: int = LARGEST_PAGE) -> None:
        self._largest = largest
        self.current = max(1, min(start, largest))
        self._points_each = 0.0

    @property
    def points(self) -> float:
        """Return what the next page will cost, 0 before the first answer."""
        return self._points_each * self.current

    def learn(self, points: float | None) -> None:
        """Adjust to what a page of the current size cost."""
        if not points or points <= 0:
            return
        self._points_each = points / self.current
        fitting = int(_AIM_POINTS / self._points_each)
        # Doubling at most: a price list may rise faster than the page.
        self.current = max(1, min(fitting, self.current * 2, self._largest))

    def halve(self) -> bool:
        """Ask for half from now on; False when it is down to single elements already."""
        if self.current <= 1:
            return False
        self.current = self._largest = self.current // 2
        return True


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    return None
