"""One page in the making: what was mapped, put aside, skipped, and seen before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from connectors.base import Page
from connectors.errors import BadRecord
from connectors.records import Record, Rejected, Stream
from connectors.shopify.fields import identifier

Seen = tuple[str, datetime | None]


class Batch:
    """Collects the records of one page.

    `before`: ids and times of change of the page before, since rows that share a second may come
    again across the edge; `taken`: those of an earlier pass, which may come on any page.
    """

    def __init__(
        self,
        stream: Stream,
        before: AbstractSet[Seen] = frozenset(),
        taken: AbstractSet[Seen] = frozenset(),
    ) -> None:
        self.stream = stream
        self.seen: set[Seen] = set()
        self._known = (before, taken)
        self._records: list[Record] = []
        self._rejected: list[Rejected] = []
        self._skipped = 0

    def is_repeated(self, node: Any, at: datetime | None) -> bool:
        """Tell whether this very state of the record has been taken; note it if not."""
        if id_of(node) is None:
            return False
        # The whole global id: a product and a variant may have the same number.
        state = (str(node["id"]), at)
        is_known = state in self.seen or any(state in known for known in self._known)
        # Noted in either case: the page after this one may bring it once more.
        self.seen.add(state)
        return is_known

    def add(self, payload: Any, make: Callable[[], Record | None]) -> None:
        """Take the record that `make` maps from `payload`, or put the payload aside."""
        try:
            record = make()
        except BadRecord as reason:
            self.reject(payload, reason)
            return
        if record is None:
            self._skipped += 1
        else:
            self._records.append(record)

    def reject(self, payload: Any, reason: BadRecord) -> None:
        """Put a payload aside."""
        self._rejected.append(
            Rejected(
                stream=self.stream,
                payload=payload,
                reason=reason.reason,
                code=reason.code,
                external_id=id_of(payload),
            )
        )

    def page(
        self,
        *,
        complete_until: datetime | None,
        resume: str | None = None,
        gone: Sequence[str] = (),
    ) -> Page:
        """Return what was collected."""
        return Page(
            stream=self.stream,
            records=tuple(self._records),
            rejected=tuple(self._rejected),
            skipped=self._skipped,
            fetched=len(self._records) + len(self._rejected) + self._skipped,
            complete_until=complete_until,
            resume=resume,
            gone=tuple(gone),
        )


def id_of(node: Any) -> str | None:
    """Return a payload's external id, None when it has none that can be read."""
    if not isinstance(node, Mapping):
        return None
    try:
        return identifier(node.get("id"), "id")
    except BadRecord:
        return None
