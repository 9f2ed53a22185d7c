"""How many records of one stream a sync may mark as deleted without asking a person.

A key that lost a permission, a staging copy, or an emptied shop looks like everything being
deleted. Whatever finds deletions in one sync (hints, comparison, second looks) spends from one
budget: counted for each by itself, three times the limit once went through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Final

from connectors.base import StoreConfig
from connectors.errors import Permanent
from connectors.records import Stream

# More deletions at once than this, and than this share of what is known, wait for a person.
GUARD_ROWS: Final = 100
GUARD_SHARE: Final = 0.02
# From this many rows on, nearly all of them at once wait for a person as well.
SMALL_STORE: Final = 20
NEARLY_ALL: Final = 0.9
_SHOWN: Final = 5


class DeletionGuard:
    """The budget of one stream in one sync.

    `is_accepted`: a person has seen the number and says it is right.
    """

    def __init__(self, config: StoreConfig, stream: Stream, *, is_accepted: bool) -> None:
        self._config = config
        self._stream = stream
        self._is_accepted = is_accepted
        self._known: int | None = None
        self._marked: set[str] = set()

    def check(self, gone: Collection[str], *, known: Callable[[], int]) -> None:
        """Raise Permanent when these, with those marked before, are too many.

        `known`: how many records are loaded and not deleted; asked before the first is marked.
        """
        if not gone or self._is_accepted:
            return
        if self._known is None:
            self._known = known()
        most = self._config.settings.get("delete_guard")
        limit = _usual_limit(self._known) if most is None else int(most)
        total = len(self._marked.union(gone))
        if total <= limit:
            return
        some = ", ".join(islice(gone, _SHOWN))
        marked = f"{len(self._marked):,} were marked, the rest was not" if self._marked else ""
        raise Permanent(
            f"{total:,} or more of {self._known:,} {self._stream.value} are gone from the store "
            f"({some}, …), more than the {limit:,} that are marked as deleted without asking. "
            f"{marked or 'None was marked'}. "
            "Check that the credentials still see everything and that the address is the right "
            f"shop; if the deletions are meant: storeloom sync {self._config.key} --accept-deletes",
            store=self._config.key,
        )

    def mark(self, gone: Iterable[str]) -> None:
        """Count these as marked."""
        self._marked.update(gone)


def _usual_limit(known: int) -> int:
    limit = max(GUARD_ROWS, int(known * GUARD_SHARE))
    # A hundred rows are all that some shops have.
    return limit if known < SMALL_STORE else min(limit, int(known * NEARLY_ALL))
