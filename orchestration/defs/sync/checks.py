"""Is what the stores have in the CRM, and is anything waiting for a person?

`matches_stores` counts only, one request per store and stream. `reconciled` compares sums by day,
status and currency and single rows, and puts right what differs: see docs/reconciliation.md.
"""

from collections.abc import Iterator
from typing import Final

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    asset_check,
    multi_asset_check,
)

from connectors.crm.stores import list_stores
from connectors.records import Stream
from orchestration.lib.counting import (
    COUNT_CHECK,
    QUARANTINE_CHECK,
    count_result,
    quarantine_result,
)
from orchestration.lib.fitness import PREFLIGHT_CHECK, preflight_result
from orchestration.lib.outcomes import ASSET_OF
from orchestration.lib.reconciling import RECONCILED_CHECK, reconcile_all, results
from orchestration.lib.resources import Crm


def _stores_of(context: AssetCheckExecutionContext, crm: Crm) -> list[str]:
    """The store of a partitioned run, else all active ones."""
    partition = context.run.tags.get("dagster/partition")
    if partition is not None:
        return [partition]
    with crm.connection() as connection:
        return [row.key for row in list_stores(connection, status="active")]


def _count_check(stream: Stream) -> AssetChecksDefinition:
    @asset_check(
        asset=ASSET_OF[stream],
        name=COUNT_CHECK,
        description=f"The CRM holds as many {stream.value} as each store says it has.",
    )
    def check(context: AssetCheckExecutionContext, crm: Crm) -> AssetCheckResult:
        return count_result(crm, stream, _stores_of(context, crm))

    return check


def _quarantine_check(stream: Stream) -> AssetChecksDefinition:
    @asset_check(
        asset=ASSET_OF[stream],
        name=QUARANTINE_CHECK,
        description=f"No {stream.value} wait in quarantine. See `storeloom quarantine list`.",
    )
    def check(crm: Crm) -> AssetCheckResult:
        return quarantine_result(crm, stream)

    return check


@asset_check(
    asset="stores",
    name=PREFLIGHT_CHECK,
    description=(
        "Every active store is fit to be synced: certificate, credentials, permissions, version, "
        "clock, currency. About ten calls a store; the same as `storeloom store check`."
    ),
)
def stores_are_fit(crm: Crm) -> AssetCheckResult:
    """Look at every active store."""
    with crm.connection() as connection:
        keys = [row.key for row in list_stores(connection, status="active")]
    return preflight_result(crm, keys)


@multi_asset_check(
    name="reconcile_store_records",
    specs=[
        AssetCheckSpec(
            RECONCILED_CHECK,
            asset=ASSET_OF[stream],
            description=(
                f"The CRM's {stream.value} are what each store has, by day, status and currency "
                "and row by row. What differs is read again; a warning says what was put right."
            ),
        )
        for stream in Stream
    ],
)
def stores_are_reconciled(
    context: AssetCheckExecutionContext, crm: Crm
) -> Iterator[AssetCheckResult]:
    """Reconcile the stores as the night does."""
    yield from results(reconcile_all(crm, _stores_of(context, crm), run_id=context.run.run_id))


CHECKS: Final = [
    stores_are_fit,
    stores_are_reconciled,
    *(_count_check(stream) for stream in Stream),
    *(_quarantine_check(stream) for stream in Stream),
]
