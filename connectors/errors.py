"""What can go wrong between a store and the CRM, named by what the caller should do about it.

The class decides, not the message: a `Transient` failure may be tried again within the budget, a
`Permanent` one must stop at once, because a job once retried a 405 more than five thousand times.
Messages end with the next step and never carry a secret: whoever raises has redacted already.
"""

from __future__ import annotations


class StoreloomError(Exception):
    """Base of every failure Storeloom raises on purpose; its text is fit for a person to read."""


class StoreError(StoreloomError):
    """A store could not be read. `store` is the store's key, as in `storeloom store list`."""

    def __init__(self, message: str, *, store: str) -> None:
        super().__init__(f'store "{store}": {message}')
        self.store = store


class Transient(StoreError):
    """May pass by itself: time-outs, resets, 408, 5xx, truncated answers."""


class TimedOut(Transient):
    """The store took too long over what was asked; asking for less at once may help."""


class AnswerTooLarge(TimedOut):
    """The answer is larger than we hold in memory; the same request would bring the same again."""


class Throttled(Transient):
    """The store asked us to slow down (429, THROTTLED, 503 with Retry-After).

    `retry_after_seconds`: what the store asked for, None when it named nothing.
    """

    def __init__(
        self, message: str, *, store: str, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, store=store)
        self.retry_after_seconds = retry_after_seconds


class Permanent(StoreError):
    """Will fail the same way again: wrong address, refused request, broken configuration."""


class AuthFailed(Permanent):
    """The store refused the credentials, or they lack a permission."""


class ConfigurationError(StoreloomError):
    """A setting is missing or wrong; the text names it and what to write instead."""


class DatabaseError(StoreloomError):
    """The CRM's database is unreachable or refuses us; the text names what to check."""


class LeaseLost(StoreloomError):
    """Another process took over this store; nothing of ours may be committed any more."""


class BadRecord(StoreloomError):
    """One record cannot be mapped. It goes to quarantine with its payload; the rest goes on.

    `code`: short stable slug for grouping ("missing_id", "bad_amount"); `field`: where, if known.
    """

    def __init__(self, reason: str, *, code: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.field = field
