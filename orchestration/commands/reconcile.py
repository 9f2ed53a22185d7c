"""`storeloom reconcile`: is what the CRM holds what a store has, and put right what is not."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, date, datetime
from typing import Any, Final

import click
from rich.table import Table

from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_store import Asked, Reconciled, reconcile_store
from connectors.crm.services import services_for
from connectors.crm.stores import load_config
from connectors.errors import ConfigurationError
from orchestration.commands.shared import json_option, notes, open_crm, out, print_json
from orchestration.lib.reconciled_text import BUCKETS, bucket_row

_STYLES: Final = {
    State.REPAIRED: "yellow",
    State.DIFFERS: "red",
    State.KEPT: "cyan",
    State.UNKNOWN: "dim",
}
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("store")
@click.option("--from", "first", type=_DAY, help="First UTC day; without it, tonight's days.")
@click.option("--to", "last", type=_DAY, help="Last UTC day, by default the last one synced.")
@click.option(
    "--deep",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Share of all records to compare column by column, 0 to 1.",
)
@json_option
def reconcile(
    store: str,
    *,
    first: datetime | None,
    last: datetime | None,
    deep: float | None,
    as_json: bool,
) -> None:
    """Compare STORE with the CRM by day, status and currency, and row by row.

    Without days: those of tonight, within the night's number of calls. What differs is read again
    by name and put right. Ends with code 1 when something still differs.
    """
    asked = _asked(first, last, deep)
    crm = open_crm()
    with crm.connection() as connection:
        config = load_config(connection, crm.keys, store)
    with notes.status(f"reconciling {store}"):
        done = reconcile_store(
            crm.url,
            config,
            run_id=f"cli-{uuid.uuid4()}",
            asked=asked,
            services=services_for(crm.url, crm.keys, config),
        )
    if as_json:
        print_json(_as_json(done))
    else:
        _show(done)
    if done.error is not None:
        raise done.error
    if any(one.state is State.DIFFERS for one in done.findings):
        click.echo(f'storeloom: store "{store}" still differs from the CRM', err=True)
        sys.exit(1)


def _asked(first: datetime | None, last: datetime | None, share: float | None) -> Asked:
    if last is not None and first is None:
        raise ConfigurationError("--to needs --from: the first day to compare")
    asked = Asked(first=_day(first), last=_day(last), share=share)
    if asked.first is not None and asked.first > (asked.last or datetime.now(UTC).date()):
        raise ConfigurationError("--from must not be later than --to, nor than today")
    return asked


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _show(done: Reconciled) -> None:
    wrong = [one for one in done.findings if one.state is not State.EQUAL]
    if wrong:
        table = Table(box=None)
        for name in BUCKETS[1:]:
            table.add_column(
                name, justify="right" if name.startswith(("in", "sum", "ref")) else "left"
            )
        for one in wrong:
            table.add_row(*bucket_row(done.store, one)[1:], style=_STYLES[one.state])
        out.print(table)
    for one in wrong:
        for name, columns in one.record_columns.items():
            changed = ", ".join(columns) or "the whole row"
            out.print(f"{one.stream.value} {name}: {changed}", markup=False)
    left = f", {done.days_left:,} days left for another night" if done.days_left else ""
    out.print(
        f"{len(done.findings) - len(wrong):,} buckets equal, {done.days:,} days{left}, "
        f"{done.api_calls:,} calls, {done.seconds:.1f} s"
    )


def _as_json(done: Reconciled) -> dict[str, Any]:
    return {
        "store": done.store,
        "organization_id": done.organization_id,
        "days": done.days,
        "days_left": done.days_left,
        "api_calls": done.api_calls,
        "seconds": round(done.seconds, 3),
        "findings": done.findings,
        "error": None if done.error is None else str(done.error),
    }
