"""`sync_store` for one store, `nightly_sync` for all of them and what follows.

The night is a plain job, not an asset job: one run serves every store, so it logs one
materialization per asset and store itself, and each store keeps its history. A store that fails
must not take the night with it, yet a night with a failed store must not look green: everything is
done first, and the last step fails with one line per store.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from dagster import (
    AssetSelection,
    DynamicOut,
    DynamicOutput,
    Failure,
    OpExecutionContext,
    Out,
    Output,
    define_asset_job,
    job,
    op,
)

from connectors.crm.counts import analytics_rows
from connectors.crm.stores import list_stores
from orchestration.defs.analytics.assets import analytics_models
from orchestration.defs.metrics.assets import measure
from orchestration.defs.metrics.predictions import predict
from orchestration.defs.sync.assets import PATIENCE, crm_records
from orchestration.defs.sync.checks import stores_are_fit, stores_are_reconciled
from orchestration.lib.counting import evaluate
from orchestration.lib.dbt import build
from orchestration.lib.dbt_events import build_events
from orchestration.lib.metadata import materializations
from orchestration.lib.outcomes import StoreOutcome, trouble_report
from orchestration.lib.rates import night_events, run_rates
from orchestration.lib.reconciling import evaluations, reconcile_all
from orchestration.lib.reporting import build_reports, reports_event
from orchestration.lib.resources import Crm
from orchestration.lib.sharding import for_each_store, shards
from orchestration.lib.store_run import count_rows, sync_one
from orchestration.lib.stores import reconcile_partitions
from orchestration.lib.waiting import tag_degraded, waiting_tables

# The last step has said what failed and why; a third layer of retries would only say it again.
_NO_RUN_RETRY: Final = {"dagster/retry_on_asset_or_op_failure": "false"}

sync_store: Final = define_asset_job(
    "sync_store",
    selection=[crm_records],
    description="Sync one store: choose its partition. Also what onboarding runs.",
    tags=_NO_RUN_RETRY,
)

check_stores: Final = define_asset_job(
    "check_stores",
    selection=AssetSelection.checks(stores_are_fit),
    description="Is every active store fit to be synced? Writes nothing; a check of `stores`.",
    tags=_NO_RUN_RETRY,
)


reconcile: Final = define_asset_job(
    "reconcile",
    selection=AssetSelection.checks(stores_are_reconciled),
    description="Compare every active store with the CRM now, and put right what differs.",
    tags=_NO_RUN_RETRY,
)


@op(out=DynamicOut(list, description="Keys of the stores of one shard."))
def plan_night(context: OpExecutionContext, crm: Crm) -> Iterator[DynamicOutput[list[str]]]:
    """Cut tonight's active stores into shards."""
    with crm.connection() as connection:
        keys = [row.key for row in list_stores(connection, status="active")]
    reconcile_partitions(context.instance, crm.url)
    planned = shards(keys, crm.settings.shard_size)
    context.log.info(f"{len(keys)} active stores in {len(planned)} shards")
    for number, shard in enumerate(planned, start=1):
        yield DynamicOutput(shard, mapping_key=f"shard_{number:04}")


@op(out=Out(list), retry_policy=PATIENCE)
def sync_shard(context: OpExecutionContext, crm: Crm, keys: list[str]) -> list[StoreOutcome]:
    """Sync the shard's stores side by side and log what each came to."""

    def report(key: str, outcome: StoreOutcome) -> None:
        if outcome.error is not None:
            context.log.error(outcome.error)
        else:
            context.log.info(f'store "{key}" done in {outcome.seconds:.1f} s')
        for warning in outcome.warnings:
            context.log.warning(f'store "{key}": {warning}')

    outcomes = for_each_store(
        keys,
        lambda key: sync_one(crm, key, run_id=context.run_id),
        concurrency=crm.settings.concurrency,
        on_done=report,
    )
    for outcome in outcomes:
        rows, waiting = count_rows(crm, outcome.store), waiting_tables(crm, outcome.store)
        for event in materializations(outcome, rows, waiting):
            context.log_event(event)
    tag_degraded(context.instance, context.run_id, outcomes)
    return outcomes


@op(out=Out(list), retry_policy=PATIENCE)
def check_counts(crm: Crm, nights: list[list[StoreOutcome]]) -> Iterator[Any]:
    """Compare each store's own counts with the CRM's; the results are the assets' checks."""
    outcomes = [outcome for shard in nights for outcome in shard]
    synced = [outcome.store for outcome in outcomes if outcome.error is None]
    yield from evaluate(crm, synced)
    yield Output(outcomes)


@op(out=Out(list), retry_policy=PATIENCE)
def reconcile_stores(
    context: OpExecutionContext, crm: Crm, outcomes: list[StoreOutcome]
) -> Iterator[Any]:
    """Compare each store that was synced with the CRM, and put right what differs.

    What it finds is told by the assets' checks and stops nothing else of the night.
    """
    synced = [outcome.store for outcome in outcomes if outcome.error is None]
    compared = reconcile_all(crm, synced, run_id=context.run_id)
    yield from evaluations(compared)
    yield Output(outcomes)


@op(out=Out(list), retry_policy=PATIENCE)
def rate_orders(
    context: OpExecutionContext, crm: Crm, outcomes: list[StoreOutcome]
) -> Iterator[Any]:
    """Load the ECB's rates and give orders theirs, before anything is summed up.

    A silent ECB stops nothing: the last rates are carried forward, and the checks say so.
    """
    done = run_rates(crm, context.run_id)
    if done.error is not None:
        context.log.warning(done.error)
    materialization, found = night_events(crm, done)
    context.log_event(materialization)
    yield from found
    yield Output(outcomes)


@op(out=Out(list), retry_policy=PATIENCE)
def measure_night(context: OpExecutionContext, crm: Crm, outcomes: list[StoreOutcome]) -> list[str]:
    """Compute lifetime value and win rate; before the marts, which show them.

    What fails after all retries is told at the end of the night and keeps no view from its build.
    """
    del outcomes  # only to come after the stores and their rates
    as_of = datetime.now(UTC).date()
    try:
        for event in measure(crm, as_of):
            context.log_event(event)
        predicted = predict(crm, as_of)
        context.log_event(predicted.event)
    except Exception as error:
        if context.retry_number < PATIENCE.max_retries:
            raise
        context.log.exception("metrics")
        return [f"the metrics could not be computed: {' '.join(str(error).split())}"]
    return list(predicted.failures)


@op(out=Out(list))
def model(
    context: OpExecutionContext, crm: Crm, outcomes: list[StoreOutcome], unmeasured: list[str]
) -> Iterator[Any]:
    """Build and test the views; what dbt refused is told at the end of the night."""
    built = build(crm.url, crm.settings.home, on_line=print)
    rows: dict[str, int] = {}
    if built.error is None:
        with crm.connection() as connection:
            rows = analytics_rows(connection)
    yield from build_events(built, analytics_models, rows)
    trouble = trouble_report(outcomes)
    troubles = [*([] if trouble is None else [trouble]), *unmeasured]
    if built.error is not None:
        context.log.error(built.error)
        troubles.append(built.error)
    yield Output(troubles)


@op(out=Out(list))
def report_night(context: OpExecutionContext, crm: Crm, troubles: list[str]) -> list[str]:
    """Write every organization's report; one that fails is told at the end of the night.

    After a failed build too: the marts are yesterday's then, and the page says as of when.
    """
    reported = build_reports(crm, context.log)
    context.log_event(reports_event(reported))
    return [*troubles, *reported.troubles]


@op
def close_night(troubles: list[str]) -> None:
    """Fail when anything of the night failed, with a line for each and what to do."""
    if troubles:
        raise Failure("\n".join(troubles), allow_retries=False)


@job(
    description=(
        "Every active store, synced and compared, then exchange rates, metrics, views and marts, "
        "and a report per organization. Needs no configuration."
    ),
    tags={**_NO_RUN_RETRY, "storeloom/exclusive": "nightly_sync"},
)
def nightly_sync() -> None:
    """See the module."""
    compared = reconcile_stores(check_counts(plan_night().map(sync_shard).collect()))
    outcomes = rate_orders(compared)
    close_night(report_night(model(outcomes, measure_night(outcomes))))
