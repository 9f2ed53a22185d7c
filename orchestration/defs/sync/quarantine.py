"""`replay_quarantine`: the refused records of one store, or of all, once more.

A sync tries them by itself when the version or the store's settings have changed; this is for what
neither can know of, a rule in the database that was mended for instance.
"""

from typing import Final

from dagster import Config, Failure, OpExecutionContext, job, op
from pydantic import Field

from connectors.crm.counts import open_quarantine
from connectors.crm.replay import replay
from connectors.errors import StoreloomError
from orchestration.lib.resources import Crm

_MOST_LINES: Final = 20


class ReplayConfig(Config):
    """Whose records."""

    store: str | None = Field(default=None, description="Key of one store; all of them without.")


@op
def replay_waiting(context: OpExecutionContext, config: ReplayConfig, crm: Crm) -> None:
    """Map and load what waits, store by store; fails with the records that failed again."""
    with crm.connection() as connection:
        keys = sorted({one.store for one in open_quarantine(connection, config.store)})
    lines: list[str] = []
    for key in keys:
        try:
            done = replay(crm.url, crm.store(key), run_id=context.run_id)
        except StoreloomError as error:
            # The other stores' records need not wait for this one.
            lines.append(str(error))
            continue
        context.log.info(f'store "{key}": {done.loaded} of {done.attempted} records loaded')
        lines += [
            f'store "{key}": record {one.id} ({one.stream.value} {one.external_id or "?"}) '
            f"failed again: {one.code}, storeloom quarantine show {one.id} says why"
            for one in done.failures
        ]
    if lines:
        more = len(lines) - _MOST_LINES
        told = [*lines[:_MOST_LINES], f"and {more} more"] if more > 0 else lines
        raise Failure("\n".join(told), allow_retries=False)


@job(
    description="Tries the records in quarantine again: all stores, or one by configuration.",
    tags={"dagster/retry_on_asset_or_op_failure": "false"},
)
def replay_quarantine() -> None:
    """See the module."""
    replay_waiting()
