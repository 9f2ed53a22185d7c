"""Ends runs whose worker died without a word.

After a power cut Dagster's default launcher leaves a run "started" for ever: it keeps its slot, and
the nightly run's own exclusive tag would then block every night to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

_AT_WORK: Final = [
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def reap(instance: DagsterInstance, silent_run_ids: Sequence[str]) -> list[str]:
    """Fail those of `silent_run_ids` that Dagster believes at work; return their ids.

    They fail as a crashed worker does, so run retries start them again and the sync goes on from
    its cursor.
    """
    if not silent_run_ids:
        return []
    runs = instance.get_runs(RunsFilter(run_ids=list(silent_run_ids), statuses=_AT_WORK))
    for run in runs:
        instance.report_run_failed(
            run, "The run's worker has not been heard of for a minute: it was killed or lost power."
        )
    return [run.run_id for run in runs]
