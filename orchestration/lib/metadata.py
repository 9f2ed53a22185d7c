"""Outcomes as Dagster metadata: numbers stay numbers, because numbers become plots."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dagster import AssetMaterialization, MarkdownMetadataValue, MetadataValue

from connectors.records import Stream
from orchestration.lib.outcomes import ASSET_OF, StoreOutcome, StreamOutcome


def stream_metadata(
    outcome: StreamOutcome, rows: int | None, waiting: MarkdownMetadataValue | None = None
) -> dict[str, Any]:
    """Return the metadata of one stream.

    `rows`: how many the CRM now holds of this store. `waiting`: its records in quarantine.
    """
    metadata: dict[str, Any] = {
        "fetched": outcome.fetched,
        "inserted": outcome.inserted,
        "updated": outcome.updated,
        "unchanged": outcome.unchanged,
        "quarantined": outcome.quarantined,
        "skipped": outcome.skipped,
        "deleted": outcome.deleted,
        "api_calls": outcome.api_calls,
        "seconds": round(outcome.seconds, 3),
    }
    if rows is not None:
        metadata["dagster/row_count"] = rows
    metadata["degraded"] = outcome.quarantined > 0
    if waiting is not None:
        metadata["waiting_in_quarantine"] = waiting
    for name in ("watermark_before", "watermark_after"):
        moment = getattr(outcome, name)
        if moment is not None:
            metadata[name] = MetadataValue.timestamp(moment)
    return metadata


def materializations(
    outcome: StoreOutcome,
    rows: Mapping[Stream, int],
    waiting: Mapping[Stream, MarkdownMetadataValue] = MappingProxyType({}),
) -> list[AssetMaterialization]:
    """Return one event per stream that was synced, in the store's partition."""
    return [
        AssetMaterialization(
            asset_key=ASSET_OF[stream],
            partition=outcome.store,
            metadata=stream_metadata(one, rows.get(stream), waiting.get(stream)),
        )
        for stream, one in outcome.streams.items()
    ]
