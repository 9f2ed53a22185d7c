"""What syncing one store came to, small enough to travel between the steps of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.crm.repairs import told
from connectors.crm.sync import StoreResult
from connectors.errors import Permanent
from connectors.records import Stream

ASSET_OF: Final[Mapping[Stream, str]] = {
    Stream.CUSTOMERS: "crm_clients",
    Stream.PRODUCTS: "crm_products",
    Stream.ORDERS: "crm_orders",
}


@dataclass(frozen=True)
class StreamOutcome:
    """Counts of one stream of one store; times are the cursor's before and after."""

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    skipped: int = 0
    deleted: int = 0
    api_calls: int = 0
    seconds: float = 0.0
    watermark_before: datetime | None = None
    watermark_after: datetime | None = None


@dataclass(frozen=True)
class StoreOutcome:
    """One store's part of a run. `error`: one line with the next step, None when all went well.

    `is_permanent`: trying again changes nothing until a person acts. `warnings`: sentences about
    what went through and still wants attention. `is_degraded`: it went through, but records are in
    quarantine.
    """

    store: str
    organization_id: str
    seconds: float
    streams: Mapping[Stream, StreamOutcome] = field(default_factory=dict)
    error: str | None = None
    is_permanent: bool = False
    is_degraded: bool = False
    warnings: tuple[str, ...] = ()


def trouble_report(outcomes: Iterable[StoreOutcome]) -> str | None:
    """Return one line per store that failed, or None when none did."""
    all_outcomes = list(outcomes)
    failed = [outcome for outcome in all_outcomes if outcome.error is not None]
    if not failed:
        return None
    lines = [" ".join(str(outcome.error).split()) for outcome in failed]
    return (
        f"{len(failed)} of {len(all_outcomes)} stores failed, the others are done:\n"
        + "\n".join(lines)
    )


def from_result(result: StoreResult) -> StoreOutcome:
    """Reduce what the load path returned to what a run reports."""
    return StoreOutcome(
        store=result.store,
        organization_id=result.organization_id,
        seconds=result.seconds,
        streams={
            stream: StreamOutcome(
                fetched=one.fetched,
                inserted=one.inserted,
                updated=one.updated,
                unchanged=one.unchanged,
                quarantined=one.quarantined,
                skipped=one.skipped,
                deleted=one.deleted,
                api_calls=one.api_calls,
                seconds=one.seconds,
                watermark_before=one.watermark_before,
                watermark_after=one.watermark_after,
            )
            for stream, one in result.streams.items()
        },
        error=None if result.error is None else str(result.error),
        is_permanent=isinstance(result.error, Permanent),
        is_degraded=result.degraded,
        warnings=_warnings(result),
    )


def _warnings(result: StoreResult) -> tuple[str, ...]:
    found = list(result.warnings)
    again = result.replayed
    if again.attempted:
        found.append(
            f"{again.loaded} of {again.attempted} records that an earlier version or other "
            "settings had refused are loaded now"
        )
    waiting = sum(one.quarantined for one in result.streams.values())
    if waiting:
        found.append(
            f"degraded: {waiting} records could not be loaded: "
            f"storeloom quarantine list {result.store}"
        )
    repaired = told(result.repairs)
    if repaired is not None:
        found.append(repaired)
    return tuple(found)
