"""Reconciliations of stores as asset checks, with a table a person can read.

Used twice, as `counting` is: by the checks people run from the UI, and by the night.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    MetadataValue,
)

from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_store import Reconciled, reconcile_store
from connectors.errors import ConfigurationError, DatabaseError, LeaseLost
from connectors.records import Stream
from orchestration.lib.outcomes import ASSET_OF
from orchestration.lib.reconciled_text import markdown
from orchestration.lib.resources import Crm
from orchestration.lib.sharding import for_each_store

RECONCILED_CHECK: Final = "reconciled"
_log: Final = logging.getLogger(__name__)


# A store's key, and what came of it or why nothing could.
Outcome = tuple[str, Reconciled | str]


def reconcile_all(crm: Crm, keys: Sequence[str], *, run_id: str) -> list[Outcome]:
    """Reconcile stores side by side; what is wrong with one of them is in its outcome.

    Raises DatabaseError: that is everybody's trouble, and worth another try.
    """
    return for_each_store(
        keys,
        lambda key: (key, _reconcile_one(crm, key, run_id=run_id)),
        concurrency=crm.settings.concurrency,
    )


def results(outcomes: Sequence[Outcome]) -> list[AssetCheckResult]:
    """Return one result for each of the three assets."""
    return [_result(stream, outcomes) for stream in Stream]


def evaluations(outcomes: Sequence[Outcome]) -> list[AssetCheckEvaluation]:
    """Return the same as events of a plain job."""
    return [
        AssetCheckEvaluation(
            asset_key=AssetKey(ASSET_OF[stream]),
            check_name=RECONCILED_CHECK,
            passed=result.passed,
            severity=result.severity,
            metadata=result.metadata,
        )
        for stream, result in zip(Stream, results(outcomes), strict=True)
    ]


def _reconcile_one(crm: Crm, key: str, *, run_id: str) -> Reconciled | str:
    began = time.monotonic()
    try:
        config = crm.store(key)
        done = reconcile_store(crm.url, config, run_id=run_id, services=crm.services(config))
    except (ConfigurationError, LeaseLost) as error:
        return str(error)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - told in the check, which then does not pass
        # As in `sync_one`: its text may quote a customer's record.
        _log.exception('store "%s": the reconciliation failed', key)
        return (
            f'store "{key}": Storeloom itself failed ({type(error).__name__}) after '
            f"{time.monotonic() - began:.0f} s; please report it with the traceback in the run's "
            "log (stderr)"
        )
    return done


def _result(stream: Stream, outcomes: Sequence[Outcome]) -> AssetCheckResult:
    done = [one for _, one in outcomes if isinstance(one, Reconciled)]
    findings = [
        (one.store, finding) for one in done for finding in one.findings if finding.stream is stream
    ]
    counted = {state: sum(one.state is state for _, one in findings) for state in State}
    failed = {key: one for key, one in outcomes if isinstance(one, str)}
    failed |= {one.store: str(one.error) for one in done if one.error is not None}
    metadata: dict[str, Any] = {
        "stores": len(outcomes),
        **{f"buckets_{state.value}": number for state, number in counted.items()},
        "api_calls": sum(one.api_calls for one in done),
        "differences": MetadataValue.md(markdown(findings)),
    }
    if stream is Stream.ORDERS:
        metadata["days_compared"] = sum(one.days for one in done)
        metadata["days_left_for_another_night"] = sum(one.days_left for one in done)
    if failed:
        metadata["not_compared"] = failed
    is_wrong = counted[State.DIFFERS] > 0
    return AssetCheckResult(
        asset_key=ASSET_OF[stream],
        check_name=RECONCILED_CHECK,
        passed=not (is_wrong or counted[State.REPAIRED] or failed),
        severity=AssetCheckSeverity.ERROR if is_wrong else AssetCheckSeverity.WARN,
        metadata=metadata,
    )
