"""Decides which request goes wrong, and how.

The verdict is a hash of seed, request and attempt. Drawing from one stream of random numbers made
a failing test with four threads fail differently each time, which is no use to anybody.
"""

from __future__ import annotations

import hashlib
import threading
from enum import StrEnum

from connectors.sandbox.spec import Faults


class Verdict(StrEnum):
    """What happens to a request."""

    THROTTLE = "throttle"
    ERROR = "error"
    UNAVAILABLE = "unavailable"
    RESET = "reset"
    CUT_SHORT = "cut_short"
    HALF_JSON = "half_json"
    NOTICE = "notice"


class Judge:
    """Keeps how often each request was made and failed in a row."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self.counts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
        self._seed = seed
        self._attempts: dict[str, int] = {}
        self._failed_in_a_row: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def asked(self) -> int:
        """How many requests were judged so far."""
        with self._lock:
            return sum(self._attempts.values())

    def verdict(self, request: str) -> Verdict | None:
        """Return what befalls this attempt at `request` (its identity as text); None: nothing."""
        with self._lock:
            attempt = self._attempts.get(request, 0)
            self._attempts[request] = attempt + 1
            chosen = self._choose(f"{self._seed}/{request}/{attempt}")
            is_failure = chosen not in (None, Verdict.NOTICE)
            if is_failure and self._failed_in_a_row.get(request, 0) >= self.faults.most_in_a_row:
                is_failure, chosen = False, None
            self._failed_in_a_row[request] = (
                self._failed_in_a_row.get(request, 0) + 1 if is_failure else 0
            )
            if chosen is not None:
                self.counts[chosen] += 1
            return chosen

    def _choose(self, lot: str) -> Verdict | None:
        digest = hashlib.blake2b(lot.encode(), digest_size=9).digest()
        drawn = int.from_bytes(digest[:8]) / 2**64
        is_even = digest[8] % 2 == 0
        faults = self.faults
        for rate, even, odd in (
            (faults.throttle_rate, Verdict.THROTTLE, Verdict.THROTTLE),
            (faults.error_rate, Verdict.ERROR, Verdict.UNAVAILABLE),
            (faults.reset_rate, Verdict.RESET, Verdict.RESET),
            (faults.truncate_rate, Verdict.CUT_SHORT, Verdict.HALF_JSON),
            (faults.notice_rate, Verdict.NOTICE, Verdict.NOTICE),
        ):
            if drawn < rate:
                return even if is_even else odd
            drawn -= rate
        return None
