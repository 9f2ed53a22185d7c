"""Store-against-CRM counts and the quarantine, as asset checks.

Used twice: by the checks people run from the UI, and by the night, whose plain job reports the same
results for the same checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    MetadataValue,
    TableRecord,
)

from connectors.crm.counts import open_quarantine
from connectors.crm.reconcile import Count, count_store
from connectors.errors import ConfigurationError, StoreError
from connectors.records import Stream
from orchestration.lib.outcomes import ASSET_OF
from orchestration.lib.resources import Crm

COUNT_CHECK: Final = "matches_stores"
QUARANTINE_CHECK: Final = "quarantine_is_empty"


def count_result(crm: Crm, stream: Stream, keys: Sequence[str]) -> AssetCheckResult:
    """Compare one stream of the given stores."""
    return _count_result(stream, *_count(crm, keys))


def quarantine_result(crm: Crm, stream: Stream) -> AssetCheckResult:
    """Say how many records of one stream wait; a warning, since the rest went on."""
    with crm.connection() as connection:
        waiting = {
            found.store: found.rows
            for found in open_quarantine(connection)
            if found.stream is stream
        }
    return AssetCheckResult(
        asset_key=ASSET_OF[stream],
        check_name=QUARANTINE_CHECK,
        passed=not waiting,
        severity=AssetCheckSeverity.WARN,
        metadata={"waiting": sum(waiting.values()), "stores": waiting},
    )


def evaluate(crm: Crm, keys: Sequence[str]) -> list[AssetCheckEvaluation]:
    """Return the evaluations of all checks, each store asked once."""
    compared, unreadable = _count(crm, keys)
    results = [_count_result(stream, compared, unreadable) for stream in Stream]
    results += [quarantine_result(crm, stream) for stream in Stream]
    return [
        AssetCheckEvaluation(
            asset_key=AssetKey(ASSET_OF[stream]),
            check_name=str(result.check_name),
            passed=result.passed,
            severity=result.severity,
            metadata=result.metadata,
        )
        for stream, result in zip([*Stream, *Stream], results, strict=True)
    ]


def _count(crm: Crm, keys: Sequence[str]) -> tuple[dict[str, list[Count]], dict[str, str]]:
    compared: dict[str, list[Count]] = {}
    unreadable: dict[str, str] = {}
    for key in keys:
        try:
            config = crm.store(key)
            counts = count_store(crm.url, config, services=crm.services(config))
            compared[key] = [one for one in counts if one.store_rows is not None]
        except (StoreError, ConfigurationError) as error:
            # Credentials that do not open are one store's trouble, too.
            unreadable[key] = str(error)
    return compared, unreadable


def _count_result(
    stream: Stream, compared: dict[str, list[Count]], unreadable: dict[str, str]
) -> AssetCheckResult:
    rows = [(key, one) for key, found in compared.items() for one in found if one.stream is stream]
    different = [(key, one) for key, one in rows if one.store_rows != one.crm_rows]
    metadata: dict[str, Any] = {
        "stores": len(rows),
        "stores_that_differ": len(different),
        "rows_in_crm": sum(one.crm_rows for _, one in rows),
    }
    if different:
        metadata["differences"] = MetadataValue.table(
            [
                TableRecord({"store": key, "in_store": one.store_rows, "in_crm": one.crm_rows})
                for key, one in different
            ]
        )
    if unreadable:
        metadata["unreadable"] = dict(unreadable)
    return AssetCheckResult(
        asset_key=ASSET_OF[stream],
        check_name=COUNT_CHECK,
        passed=not different and not unreadable,
        severity=AssetCheckSeverity.ERROR,
        metadata=metadata,
    )
