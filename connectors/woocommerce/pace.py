"""How much is asked of a shop at once: fewer pages, then smaller ones, while it cannot keep up.

Shared hosts have two or three PHP workers. Asked for four pages of a hundred orders they answer
503, and asked again in the same way they go on answering 503: what helps is asking for less.
"""

from __future__ import annotations

from typing import Final

from connectors.errors import Throttled, Transient

# Each divides the one before, so that a smaller size goes on exactly where the larger one stopped.
PAGE_SIZES: Final = (100, 50, 10)
_SUCCESSES_TO_GROW: Final = 8
_LONGEST_WAIT: Final = 512


class Pace:
    """Rows a page and pages at a time. First the pages get fewer, then smaller, then both recover.

    Used by the one thread that reads a stream; the pages themselves are fetched by others.
    """

    def __init__(self, *, largest: int, most_at_once: int) -> None:
        self._sizes = [largest, *(size for size in PAGE_SIZES if size < largest)]
        self._position = 0
        self._most_at_once = most_at_once
        self._successes = 0
        self._needed = _SUCCESSES_TO_GROW
        self.at_once = most_at_once

    @property
    def size(self) -> int:
        """How many rows to ask for."""
        return self._sizes[self._position]

    def after(self, error: Transient) -> int:
        """Ask for less from now on and return the new size; raises `error` when it is no use."""
        if self.at_once > 1:
            self.at_once = 1
        elif isinstance(error, Throttled) or self._position + 1 == len(self._sizes):
            raise error
        else:
            self._position += 1
        # A shop that choked again after growing is tried less and less often.
        self._needed = min(self._needed * 2, _LONGEST_WAIT)
        self._successes = 0
        return self.size

    def succeeded(self) -> None:
        """Note that some pages came well; after a while more is asked for again."""
        self._successes += 1
        if self._successes < self._needed:
            return
        self._successes = 0
        if self._position:
            self._position -= 1
        else:
            self.at_once = self._most_at_once
