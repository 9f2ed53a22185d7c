"""`exchange_rates`: the ECB's reference rates, and two questions about them."""

from typing import Final

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    Backoff,
    Failure,
    Jitter,
    MaterializeResult,
    RetryPolicy,
    asset,
    asset_check,
)

from orchestration.lib.rates import (
    EXCHANGE_RATES,
    ORDERS_CHECK,
    RECENT_CHECK,
    orders_result,
    recent_result,
    run_rates,
)
from orchestration.lib.resources import Crm
from orchestration.lib.translator import OWNER

# The ECB publishes at about 16:00 CET, now and then later.
_LATER: Final = RetryPolicy(
    max_retries=2, delay=300, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS
)


@asset(
    name=EXCHANGE_RATES,
    group_name="rates",
    owners=[OWNER],
    kinds={"postgres"},
    tags={"storeloom/layer": "source"},
    metadata={"dagster/table_name": "sync.exchange_rates"},
    retry_policy=_LATER,
)
def exchange_rates(context: AssetExecutionContext, crm: Crm) -> MaterializeResult[None]:
    """One row per currency and day of the ECB's euro reference rates, and rates people stated.

    Orders get the rate of their day, the last one before it on weekends and holidays. A rate that
    comes late or is revised corrects them; clients' totals follow.
    """
    done = run_rates(crm, context.run.run_id)
    if done.error is not None:
        raise Failure(done.error)
    return MaterializeResult(metadata=done.metadata())


@asset_check(
    asset=EXCHANGE_RATES,
    name=RECENT_CHECK,
    description=(
        "The newest rate is at most five days old, the longest pause the ECB makes. After ten, new "
        "orders in foreign currencies get no rate."
    ),
)
def rates_are_recent(crm: Crm) -> AssetCheckResult:
    """Look at the newest rate."""
    return recent_result(crm)


@asset_check(
    asset=EXCHANGE_RATES,
    name=ORDERS_CHECK,
    description=(
        "Every order has a rate to its organization's reporting currency. Those without are in no "
        "sum; the description says which, why, and what to do."
    ),
)
def orders_have_rates(crm: Crm) -> AssetCheckResult:
    """Look for orders without a rate."""
    return orders_result(crm)


CHECKS: Final = [rates_are_recent, orders_have_rates]
