"""Shows the token, and stays inside an allowance that all apps of the store share.

BigCommerce tells with every answer how many requests are left in the present window and when it
ends. Ours are not the only ones that use them up, so the figure of the last answer counts and no
constant; a few are left alone for the shop's other apps, whose orders would fail first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import Final

import httpx

_TOO_MANY: Final = 429
# Longer than any window there is; a header that asks for more is not obeyed.
_LONGEST_WAIT_SECONDS: Final = 120.0


class StoreAuth(httpx.Auth):
    """Puts the token on each request and waits where the window is used up. Thread-safe.

    `leave`: requests of a window that are left to the store's other apps.
    """

    def __init__(self, token: str, *, leave: int, sleep: Callable[[float], None]) -> None:
        self._token = token
        self._leave = leave
        self._sleep = sleep
        self._lock = threading.Lock()
        self._left: int | None = None
        self._renewed_at = 0.0
        self._in_flight = 0

    def __repr__(self) -> str:
        return "StoreAuth()"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Wait for a place in the window, send, and note what the answer says of it."""
        delay = self._delay()
        if delay > 0:
            self._sleep(delay)
        request.headers["X-Auth-Token"] = self._token
        try:
            response = yield request
        finally:
            with self._lock:
                self._in_flight -= 1
        self._note(response)

    def _delay(self) -> float:
        """Return how long to wait before the next request, which is counted in."""
        with self._lock:
            self._in_flight += 1
            now = time.monotonic()
            if self._left is None or self._left > self._leave or now >= self._renewed_at:
                if self._left is not None:
                    self._left -= 1
                return 0.0
            delay = self._renewed_at - now
            # Once waited for, the window is a new one, of which nothing is known.
            self._left = None
            return delay

    def _note(self, response: httpx.Response) -> None:
        left = _number(response, "X-Rate-Limit-Requests-Left")
        reset = _number(response, "X-Rate-Limit-Time-Reset-Ms")
        if reset is not None:
            seconds = min(reset / 1000, _LONGEST_WAIT_SECONDS)
            with self._lock:
                if left is not None:
                    # Those under way have not been counted when this was written.
                    self._left = left - self._in_flight
                    self._renewed_at = time.monotonic() + seconds
            if response.status_code == _TOO_MANY:
                # The header every client of HTTP knows: whoever retries waits this long.
                response.headers["Retry-After"] = f"{seconds:.3f}"
        elif response.status_code == _TOO_MANY and "X-Retry-After" in response.headers:
            response.headers["Retry-After"] = response.headers["X-Retry-After"]


def _number(response: httpx.Response, name: str) -> int | None:
    written = response.headers.get(name, "").strip()
    # Unlimited plans print numbers beyond any use, proxies now and then rubbish.
    return int(written) if written.isascii() and written.isdigit() and len(written) < 16 else None  # noqa: PLR2004 - see above
