"""When to ask a store again: jitter of our own, and what the store asked for.

Without jitter a thousand stores that failed together come back together; without Retry-After a
throttled store is asked again exactly when it will refuse.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import tenacity

from connectors.errors import AnswerTooLarge, Throttled, TimedOut, Transient

_JITTER: Final = tenacity.wait_random_exponential(multiplier=0.5, max=30.0)


def wait_seconds(state: tenacity.RetryCallState) -> float:
    """Full jitter under an exponential cap, but never less than the store asked for."""
    jitter = _JITTER(state)
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Throttled) and error.retry_after_seconds is not None:
        return error.retry_after_seconds + min(jitter, 1.0)
    return jitter


def may_pass(error: BaseException, *, retry_timeouts: bool) -> bool:
    """Say whether the same request may come to something else a moment later."""
    if isinstance(error, AnswerTooLarge):
        return False
    return isinstance(error, Transient) and (retry_timeouts or not isinstance(error, TimedOut))


def retry_after(value: str | None) -> float | None:
    """Read a Retry-After header (seconds, or a date); None when it is missing or no such thing."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        moment = http_time(value)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment else None


def http_time(value: str | None) -> datetime | None:
    """Parse an HTTP date into UTC; None when there is none."""
    try:
        parsed = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    if parsed is None:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
