"""When the planner must be told what a store's tables hold by now.

A first load fills empty tables within a minute, faster than autovacuum comes by. Without statistics
every index on a table seems to find one row, and the planner takes any of them: of 40,000 orders
each batch then walked through all that had come before (44 s instead of 15). The same happens to
each further store of a database whose statistics know the earlier ones only.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from connectors.records import Stream

# A night's changes stay below; what they find was counted long ago.
_FIRST: Final = 1_000


class Growth:
    """How many rows one reading of a store has added, by stream."""

    def __init__(self) -> None:
        self._added: Counter[Stream] = Counter()
        self._due = dict.fromkeys(Stream, _FIRST)

    def is_due(self, stream: Stream, added: int) -> bool:
        """Count `added` rows in; true after the first thousand, and each time they have doubled."""
        self._added[stream] += added
        if self._added[stream] < self._due[stream]:
            return False
        while self._due[stream] <= self._added[stream]:
            self._due[stream] *= 2
        return True
