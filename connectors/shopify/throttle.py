"""How fast a store lets us read: a bucket of points, and pages of a size it accepts.

Every answer states the bucket's size, level and refill. The figures differ by plan and change with
it (the often copied "1000 points, 50 a second" is out of date), so nothing here is a constant: we
wait as long as the last answer says a request of the learned cost needs. The bucket belongs to app
and store, not to a process: two that each believed it to be theirs were refused half of the time,
so where the store has a shared allowance, points are set aside there before they are spent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.services import SharedAllowance

# Shopify refuses a single query above 1000 points; what we grow to stays clear of it.
_AIM_POINTS: Final = 900
LARGEST_PAGE: Final = 250
_FEWEST_SUCCESSES: Final = 4
_MOST_SUCCESSES: Final = 64
# Larger than any bucket, and small enough to calculate with; NaN is not smaller either.
_ABSURD: Final = 1e12


class Reservation(msgspec.Struct):
    """Points set aside for one request, until an answer tells what became of them."""

    points: float = 0.0


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of the bucket."""

    available: float
    maximum: float
    per_second: float


class Throttle:
    """The bucket of one app on one store. Thread-safe.

    `allowance`: the same bucket as all processes see it; None to see the answers to this one only.
    `refused`: how often the store found the bucket empty.
    """

    def __init__(
        self,
        *,
        allowance: SharedAllowance | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused = 0
        self._allowance = allowance
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._level: _Level | None = None
        self._seen_at = 0.0

    def reserve(self, points: float) -> Reservation:
        """Wait until the bucket holds `points`, as far as the answers tell, and set them aside."""
        if self._allowance is not None:
            seconds = self._allowance.take(points)
        else:
            seconds = self.seconds_until(points) or 0.0
        if seconds > 0:
            self._sleep(seconds)
        return Reservation(points=points)

    def learn(
        self, cost: Any, reservation: Reservation, *, is_refused: bool = False
    ) -> float | None:
        """Take in an answer's `extensions.cost`; return the points its query asked for.

        What was set aside and not used goes back; a refused query used nothing.
        """
        if not isinstance(cost, Mapping):
            return None
        level = _read_level(cost.get("throttleStatus"))
        used = _number(cost.get("actualQueryCost"))
        asked = _number(cost.get("requestedQueryCost"))
        if level is not None:
            with self._lock:
                self._level = level
                self._seen_at = self._clock()
            if self._allowance is not None:
                spent = used if used is not None else (0.0 if is_refused else asked or 0.0)
                self._allowance.observe(
                    available=level.available,
                    maximum=level.maximum,
                    per_second=level.per_second,
                    given_back=max(0.0, reservation.points - spent),
                )
                reservation.points = 0.0
        return asked

    def refuse(self, points: float | None, reservation: Reservation) -> float | None:
        """Note that the store refused a query of `points`; return after how many seconds to retry.

        None when nothing is known. With a shared allowance the query queues up anew.
        """
        with self._lock:
            self.refused += 1
        needed = points or reservation.points
        if self._allowance is not None:
            reservation.points = needed
            return self._allowance.take(needed)
        return self.seconds_until(needed) if needed else None

    def seconds_until(self, points: float) -> float | None:
        """Return how long a query of `points` must wait by the last answer, None without one."""
        with self._lock:
            level = self._level
            if level is None or level.per_second <= 0:
                return None
            restored = (self._clock() - self._seen_at) * level.per_second
            held = min(level.available + restored, level.maximum)
            # A query above the bucket's size can only wait for it to be full.
            return max(0.0, (min(points, level.maximum) - held) / level.per_second)

    def close(self) -> None:
        """Let go of the shared allowance. Safe to call twice."""
        if self._allowance is not None:
            self._allowance.close()


class PageSize:
    """How many elements of one document to ask for at once. `current` never exceeds `largest`.

    Starts where the published cost rules put the query below 1,000 points at worst, and grows by
    what the store charges in fact, which is often a tenth. A page that was too much is halved. A
    slow hour or one huge order is no reason to crawl for the rest of the night, so it grows again
    after some successes.
    """

    def __init__(self, start: int, *, largest: int = LARGEST_PAGE) -> None:
        self._largest = self._ceiling = largest
        self.current = self._start = max(1, min(start, largest))
        self._points_each: float | None = None
        self._successes = 0
        self._needed = _FEWEST_SUCCESSES
        self._has_grown = False

    @property
    def points(self) -> float:
        """Return what the next page will cost: as learned, before that as much as is allowed."""
        if self._points_each is None:
            return float(_AIM_POINTS)
        return self._points_each * self.current

    def learn(self, points: float | None) -> None:
        """Note that a page of the current size came, and what it cost where the store told."""
        if self._ceiling < self._largest:
            self._successes += 1
            if self._successes >= self._needed:
                self._successes = 0
                self._ceiling = min(self._ceiling * 2, self._largest)
                self._has_grown = True
        if points and points > 0:
            self._points_each = points / self.current
        fitting = int(_AIM_POINTS / self._points_each) if self._points_each else self._start
        # Doubling at most: a price list may rise faster than the page.
        self.current = max(1, min(fitting, self.current * 2, self._ceiling))

    def halve(self) -> bool:
        """Ask for half from now on; False when it is down to single elements already."""
        if self.current <= 1:
            return False
        self.current = self._ceiling = self.current // 2
        self._successes = 0
        if self._has_grown:
            # A size that fails whenever it is tried is tried less and less often.
            self._needed = min(self._needed * 2, _MOST_SUCCESSES)
            self._has_grown = False
        return True


def _read_level(status: Any) -> _Level | None:
    if not isinstance(status, Mapping):
        return None
    maximum = _number(status.get("maximumAvailable"))
    per_second = _number(status.get("restoreRate"))
    if not maximum or not per_second or maximum < 0 or per_second < 0:
        return None
    available = _number(status.get("currentlyAvailable")) or 0.0
    return _Level(available=min(available, maximum), maximum=maximum, per_second=per_second)


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if abs(number) < _ABSURD else None
    return None
