"""Starting a job as a person would, and following it to its end."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster_graphql import DagsterGraphQLClient

from connectors.errors import StoreloomError
from orchestration.lib.children import ChildDiedError, Children
from orchestration.lib.processes import LOCATION, DagsterPlatform

_TAG = "storeloom/launch"
_ENDED = {DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}


@dataclass(frozen=True)
class Step:
    """A step of a run that has ended."""

    name: str
    seconds: float
    succeeded: bool


def launch(platform: DagsterPlatform, job: str) -> str:
    """Launch `job` through the UI's own door, queue and daemon included; return the run's id."""
    client = DagsterGraphQLClient(platform.host, port_number=platform.port)
    return client.submit_job_execution(
        job, repository_location_name=LOCATION, tags={_TAG: uuid.uuid4().hex}
    )


def execute(children: Children, instance: DagsterInstance, job: str) -> str:
    """Run `job` in a child process, without webserver or daemon; return the run's id.

    `children`: made with `child_environment`. Raises ChildDiedError when it ends without a run.
    """
    mark = uuid.uuid4().hex
    children.start(
        job,
        [
            sys.executable, "-m", "dagster", "job", "execute",
            "--module-name", "orchestration.definitions",
            "--job", job,
            "--tags", json.dumps({_TAG: mark}),
        ],
    )  # fmt: skip
    while True:
        runs = instance.get_runs(RunsFilter(tags={_TAG: mark}), limit=1)
        if runs:
            return runs[0].run_id
        children.check()
        time.sleep(0.25)


def follow(
    instance: DagsterInstance,
    run_id: str,
    *,
    on_step: Callable[[Step], None],
    check: Callable[[], None],
    is_stopping: Callable[[], bool],
) -> DagsterRun:
    """Wait for the run's end, telling each step that ended; `check` raises when hope is lost."""
    told: set[str] = set()
    while True:
        died = _died(check)
        run = instance.get_run_by_id(run_id)
        if run is None:
            raise StoreloomError(f"the run {run_id} has vanished from Dagster's storage")
        for stats in instance.get_run_step_stats(run_id):
            if stats.end_time and stats.start_time and stats.step_key not in told:
                told.add(stats.step_key)
                on_step(
                    Step(
                        stats.step_key,
                        stats.end_time - stats.start_time,
                        stats.status is not None and stats.status.value == "SUCCESS",
                    )
                )
        if run.status in _ENDED or is_stopping():
            return run
        if died is not None:
            raise died
        time.sleep(0.5)


def _died(check: Callable[[], None]) -> ChildDiedError | None:
    # Asked before the run's status is read: a process that ended well has written it by then.
    try:
        check()
    except ChildDiedError as error:
        return error
    return None


def failure_of(instance: DagsterInstance, run_id: str) -> str:
    """Return what the run's failed steps said, for the one line a person reads first."""
    said = []
    for record in instance.get_records_for_run(
        run_id, of_type={DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}
    ).records:
        event = record.event_log_entry.dagster_event
        if event is None:
            continue
        if event.is_step_failure and event.step_failure_data.user_failure_data is not None:
            said.append(str(event.step_failure_data.user_failure_data.description))
        elif event.is_step_failure and event.step_failure_data.error is not None:
            root = event.step_failure_data.error
            while root.cause is not None:
                root = root.cause
            said.append(root.message.strip())
        elif event.message and not said:
            said.append(event.message)
    return " | ".join(said) or "see its log in the UI"
