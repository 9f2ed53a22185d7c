"""One store and the CRM, compared and put right.

Days, statuses and currencies first, from light readings; then single rows, by their digests and by
a sample that is read again by name; then the numbers of records. Whatever differs is read again
through the load path, by name and by force, and compared once more. What was found is kept step by
step, so that a store that fails half-way has told what it told.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec
import psycopg

from connectors.base import Connector, StoreConfig
from connectors.crm.database import describe, first_line
from connectors.crm.lease import Lease
from connectors.crm.loader import Loader
from connectors.crm.reconcile_days import DayCheck
from connectors.crm.reconcile_ledger import Finding
from connectors.crm.reconcile_plan import Days, Limits, between, nightly
from connectors.crm.reconcile_reading import Reading
from connectors.crm.reconcile_records import RecordCheck
from connectors.crm.reconcile_rows import StoreRows
from connectors.crm.sessions import Sessions
from connectors.errors import DatabaseError, Permanent, StoreError
from connectors.records import Stream
from connectors.registry import open_connector
from connectors.services import Services

_UNLIMITED: Final = 2**31


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants compared. `first` None: tonight's days, within the night's limits.

    `share`: of each stream's records that are compared column by column, 0 to 1; None the usual
    sample.
    """

    first: date | None = None
    last: date | None = None
    share: float | None = None


class Reconciled(msgspec.Struct, kw_only=True):
    """What a reconciliation of one store came to.

    `days_left`: days that were due and waited, for the calls were spent. `error`: why it stopped
    short; what was found before is in `findings` all the same.
    """

    store: str
    organization_id: str
    findings: list[Finding] = msgspec.field(default_factory=list)
    days: int = 0
    days_left: int = 0
    api_calls: int = 0
    error: StoreError | None = None
    seconds: float = 0.0


def reconcile_store(
    database_url: str,
    config: StoreConfig,
    *,
    run_id: str,
    asked: Asked | None = None,
    connector: Connector | None = None,
    services: Services | None = None,
    sessions: Sessions | None = None,
) -> Reconciled:
    """Compare one store with the CRM, repair what differs, and say what was found.

    `connector`, `services`, `sessions`: as in `sync_store`. Faults of the store are returned in
    `.error`; raises DatabaseError, ConfigurationError and LeaseLost.
    """
    began = time.monotonic()
    result = Reconciled(store=config.key, organization_id=config.organization_id)
    reader = connector
    try:
        reader = reader or open_connector(config, services)
        with (
            Lease(database_url, config, run_id=run_id, sessions=sessions) as lease,
            Loader(database_url, config, lease, run_id=run_id, sessions=sessions) as loader,
        ):
            _reconcile(loader, reader, config, asked or Asked(), result)
    except StoreError as error:
        result.error = result.error or error
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"the database at {describe(database_url)} failed while reconciling store "
            f'"{config.key}": {first_line(error)}; what was committed stays, try again'
        ) from None
    finally:
        if reader is not None:
            result.api_calls = reader.api_calls
            if connector is None:
                reader.close()
    result.seconds = time.monotonic() - began
    return result


def _reconcile(
    loader: Loader, reader: Connector, config: StoreConfig, asked: Asked, result: Reconciled
) -> None:
    limits = Limits.of(config)
    if asked.first is not None:
        limits = msgspec.structs.replace(limits, calls=_UNLIMITED, rows=_UNLIMITED)
    probe = reader.probe()
    loader.note(probe)
    now = probe.server_time or datetime.now(UTC)
    synced_until = loader.position(Stream.ORDERS).watermark
    if synced_until is None:
        raise Permanent(
            "it was never synced to the end, so there is nothing to compare yet; "
            f"run storeloom sync {config.key} first",
            store=config.key,
        )
    rows = StoreRows(loader)
    reading = Reading(loader, reader, config, now=now, calls=limits.calls)
    records = RecordCheck(reading, rows, limits, now=now, share=asked.share)
    days = DayCheck(reading, rows, until=min(now, synced_until), limits=limits)

    recent, history = _planned(rows, limits, asked, synced_until.astimezone(UTC).date())
    records.forget_missing()
    try:
        _each_day(days, recent, result)
        result.findings += records.run()
        _each_day(days, history, result)
        result.findings += records.count()
        loader.follow_departed()
    finally:
        result.error = result.error or reading.error


def _planned(
    rows: StoreRows, limits: Limits, asked: Asked, today: date
) -> tuple[Sequence[Days], Sequence[Days]]:
    """Return the days that are compared in any case, and those that can wait for another night."""
    oldest, orders = rows.history()
    if asked.first is not None:
        return between(asked.first, min(asked.last or today, today), orders=orders), []
    first = min(oldest or today, today)
    planned = nightly(today, first, rows.checked_days(), limits, orders=orders)
    return planned[:1], planned[1:]


def _each_day(days: DayCheck, pieces: Iterable[Days], result: Reconciled) -> None:
    for piece in pieces:
        found = days.run(piece)
        if found is None:
            result.days_left += len(piece.each)
        else:
            result.days += len(piece.each)
            result.findings += found
