"""`crm_clients`, `crm_products`, `crm_orders`: one partition per store, filled together.

One op for three assets, because a store is one API budget, one lease and one login: three ops would
take turns at the same lease.
"""

from collections.abc import Iterator
from typing import Final

from dagster import (
    AssetExecutionContext,
    AssetSpec,
    BackfillPolicy,
    Backoff,
    Config,
    DynamicPartitionsDefinition,
    Failure,
    Jitter,
    MaterializeResult,
    RetryPolicy,
    multi_asset,
)
from pydantic import Field

from orchestration.lib.metadata import stream_metadata
from orchestration.lib.outcomes import ASSET_OF
from orchestration.lib.resources import Crm
from orchestration.lib.store_run import count_rows, sync_one
from orchestration.lib.translator import OWNER
from orchestration.lib.waiting import tag_degraded, waiting_tables

STORES: Final = DynamicPartitionsDefinition(name="store")

stores: Final = AssetSpec(
    "stores",
    group_name="stores",
    owners=[OWNER],
    kinds={"shopify", "woocommerce"},
    tags={"storeloom/layer": "source"},
    description="One row per connected store. Connect one with `storeloom store add`.",
)

_DESCRIPTIONS: Final = {
    "crm_clients": "One row per customer, matched across the stores of one organization.",
    "crm_products": "One row per sellable unit: a variant where the platform has them.",
    "crm_orders": "One row per order, with its lines, in the store's own currency.",
}

# What passes by itself was already tried again inside, with the store's own patience; this is for
# a database that was restarted.
PATIENCE: Final = RetryPolicy(
    max_retries=2, delay=10, backoff=Backoff.EXPONENTIAL, jitter=Jitter.FULL
)


class SyncConfig(Config):
    """How to read the store."""

    full: bool = Field(
        default=False, description="Read everything again instead of what changed since last time."
    )
    accept_deletes: bool = Field(
        default=False,
        description="Mark records as deleted even if they are more than the guard lets through.",
    )


@multi_asset(
    name="sync_store_records",
    specs=[
        AssetSpec(
            name,
            deps=[stores],
            group_name="crm",
            owners=[OWNER],
            kinds={"postgres"},
            tags={"storeloom/layer": "crm"},
            description=description,
            metadata={"dagster/table_name": f"public.{name}"},
        )
        for name, description in _DESCRIPTIONS.items()
    ],
    partitions_def=STORES,
    backfill_policy=BackfillPolicy.multi_run(),
    retry_policy=PATIENCE,
)
def crm_records(
    context: AssetExecutionContext, config: SyncConfig, crm: Crm
) -> Iterator[MaterializeResult[None]]:
    """Sync the store of this partition."""
    outcome = sync_one(
        crm,
        context.partition_key,
        run_id=context.run.run_id,
        full=config.full,
        accept_deletes=config.accept_deletes,
    )
    for warning in outcome.warnings:
        context.log.warning(f'store "{outcome.store}": {warning}')
    if outcome.error is not None:
        raise Failure(outcome.error, allow_retries=not outcome.is_permanent)
    tag_degraded(context.instance, context.run.run_id, [outcome])
    rows, waiting = count_rows(crm, outcome.store), waiting_tables(crm, outcome.store)
    for stream, one in outcome.streams.items():
        yield MaterializeResult(
            asset_key=ASSET_OF[stream],
            metadata=stream_metadata(one, rows.get(stream), waiting.get(stream)),
        )
