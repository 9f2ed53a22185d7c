"""BigCommerce's allowance: so many requests in thirty seconds, for all apps together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

WINDOW_SECONDS = 30.0


class Quota:
    """Counts the requests of the present window. `most`: how many it allows. Thread-safe."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.refused = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._began = clock()
        self._used = 0

    def take(self, number: int = 1) -> bool:
        """Use up some requests; False when the window has none left."""
        with self._lock:
            if self._clock() - self._began >= WINDOW_SECONDS:
                self._began, self._used = self._clock(), 0
            if self._used + number > self.most:
                self.refused += 1
                return False
            self._used += number
            return True

    def headers(self) -> dict[str, str]:
        """Return what every answer tells of the window."""
        with self._lock:
            rest = max(0.0, WINDOW_SECONDS - (self._clock() - self._began))
            return {
                "X-Rate-Limit-Time-Window-Ms": str(int(WINDOW_SECONDS * 1000)),
                "X-Rate-Limit-Time-Reset-Ms": str(int(rest * 1000)),
                "X-Rate-Limit-Requests-Quota": str(self.most),
                "X-Rate-Limit-Requests-Left": str(self.most - self._used),
            }

    def renew(self) -> None:
        """Begin a new window now."""
        with self._lock:
            self._began, self._used = self._clock(), 0
