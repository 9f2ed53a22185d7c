"""What the CRM holds of the store that is being synced, as connectors may ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from connectors.crm.loader import Loader
from connectors.records import Stream


class KnownRecords:
    """Implements `connectors.base.Known` over one store's record map, inside the loader's block."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._ids: dict[Stream, frozenset[str]] = {}

    def ids(self, stream: Stream) -> frozenset[str]:
        """Return the ids of the records that the store is known to have, quarantined ones too."""
        if stream not in self._ids:
            rows = self._loader.ask("settle/known_ids", {"stream": stream.value})
            self._ids[stream] = frozenset(external_id for external_id, _ in rows)
        return self._ids[stream]

    def refunds(self) -> Mapping[str, frozenset[str]]:
        """Return the refunds' ids by their order's id."""
        return self._refunds

    def children(self, parent_external_id: str) -> frozenset[str]:
        """Return the ids of the variants known of a product."""
        parent = self._loader.target.id_prefix + parent_external_id
        rows = self._loader.ask("settle/known_children", {"parent": parent})
        return frozenset(external_id for (external_id,) in rows)

    def count(self, stream: Stream) -> tuple[int, int]:
        """Return how many records are loaded and not deleted, and how many wait in quarantine."""
        loaded, waiting = self._loader.ask("settle/known_count", {"stream": stream.value})[0]
        return int(loaded), int(waiting)

    def forget(self, stream: Stream) -> None:
        """Ask anew: the stream was written to."""
        self._ids.pop(stream, None)

    @cached_property
    def _refunds(self) -> dict[str, frozenset[str]]:
        rows: list[tuple[Any, ...]] = self._loader.ask("settle/known_refunds", {})
        return {external_id: frozenset(refund_ids) for external_id, refund_ids in rows}
