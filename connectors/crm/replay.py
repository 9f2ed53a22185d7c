"""Refused records once more from the top: by hand, and by itself after what refused them changed.

A replay takes the payload that was kept, maps it with today's mapping and loads it through the same
path as every sync, one record at a time: one that still fails must not hide the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from connectors.base import StoreConfig, StoreProbe
from connectors.crm import rereads
from connectors.crm.database import Connection
from connectors.crm.lease import Lease
from connectors.crm.load import Batch, load_batch
from connectors.crm.loader import Loader
from connectors.crm.quarantine import Replayed, find, payload_of
from connectors.crm.refusals import refusal_by_database
from connectors.crm.refusals import told as told_reason
from connectors.crm.shortening import is_shortened
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.decoding import decode_record
from connectors.errors import BadRecord
from connectors.records import Customer, Order, Product, Record, Stream
from connectors.registry import platform, remap

_TYPES: Final = {
    Stream.CUSTOMERS: Customer,
    Stream.PRODUCTS: Product,
    Stream.ORDERS: Order,
}
_FAULTS_OF_AN_OLD_PAYLOAD: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class _Waiting(msgspec.Struct, frozen=True):
    id: int
    stream: Stream
    external_id: str | None
    payload_kind: str
    code: str
    reason: str


def replay(
    database_url: str,
    config: StoreConfig,
    *,
    run_id: str,
    numbers: Sequence[int] | None = None,
) -> Replayed:
    """Try one store's quarantined records again: those in `numbers`, or all that wait.

    Customers come before products and orders, as in a sync. A discarded record is tried when it is
    named. Raises StoreError when the store is being synced at the moment, DatabaseError and
    LeaseLost.
    """
    platform(config.platform)
    with (
        Lease(database_url, config, run_id=run_id) as lease,
        Loader(database_url, config, lease, run_id=run_id) as loader,
    ):
        rows = loader.ask("quarantine/waiting", {"ids": None if numbers is None else [*numbers]})
        return _replayed(loader, config, rows)


def told(config: StoreConfig, probe: StoreProbe) -> StoreConfig:
    """Return the configuration with what the store says of itself where it says nothing."""
    return msgspec.structs.replace(
        config,
        currency=config.currency or probe.currency,
        time_zone=config.time_zone or probe.time_zone,
    )


def replay_outdated(loader: Loader, config: StoreConfig) -> Replayed:
    """Try again, once, what was refused by another version, another mapping or other settings.

    Costs one small question where there is nothing. Records whose payload was too large to be kept
    are read from the store by name in this sync.
    """
    rows = loader.ask("quarantine/outdated", _judged_by(loader.target))
    return _replayed(loader, config, rows) if rows else Replayed()


def _replayed(loader: Loader, config: StoreConfig, rows: Sequence[tuple[Any, ...]]) -> Replayed:
    waiting = [_Waiting(row[0], Stream(row[1]), *row[2:]) for row in rows]
    failed = [row.id for row in waiting if not _retry(loader, row, config)]
    failures = loader.within(
        lambda connection, _target: [find(connection, number) for number in failed]
    )
    return Replayed(
        attempted=len(waiting), loaded=len(waiting) - len(failed), failures=tuple(failures)
    )


def _retry(loader: Loader, row: _Waiting, config: StoreConfig) -> bool:
    """Load one record; its rows, its books and its place in quarantine in one transaction."""
    return loader.within(
        lambda connection, target: _retry_within(loader, connection, target, row, config)
    )


def _retry_within(
    loader: Loader, connection: Connection, target: Target, row: _Waiting, config: StoreConfig
) -> bool:
    text = payload_of(connection, target.organization_id, row.id)
    payload = decode_record(text.encode())
    if is_shortened(payload):
        if row.external_id is not None:
            rereads.note(connection, target, row.stream, [row.external_id], reason="refused")
        _failed(connection, target, row, row.code, row.reason)
        return False
    try:
        record = (
            _record(row, text) if row.payload_kind == "record" else _mapped(row, payload, config)
        )
    except BadRecord as error:
        _failed(connection, target, row, error.code, told_reason(error.reason, error.code))
        return False
    fingerprint = None
    if record is not None:
        batch = Batch(stream=row.stream, records=[record], fetched=1)
        if load_batch(connection, loader.target, batch, lease=loader.lease).quarantined:
            refusal = refusal_by_database(row.stream, record, code="", reason="")
            fingerprint = refusal.fingerprint
    connection.execute(
        load("quarantine/resolve"), {**target.scope, "id": row.id, "fingerprint": fingerprint}
    )
    return fingerprint is None


def _failed(connection: Connection, target: Target, row: _Waiting, code: str, reason: str) -> None:
    connection.execute(
        load("quarantine/failed_again"),
        {**target.scope, **_judged_by(target), "id": row.id, "code": code, "reason": reason},
    )


def _judged_by(target: Target) -> dict[str, str]:
    return {
        "version": target.revision.version,
        "mapping_revision": target.revision.mapping,
        "settings_digest": target.revision.settings,
    }


def _record(row: _Waiting, text: str) -> Record:
    """Return a record that had been mapped and that the database would not take."""
    try:
        return cast(Record, msgspec.json.decode(text, type=_TYPES[row.stream]))
    except (BadRecord, msgspec.ValidationError) as error:
        raise BadRecord(str(error), code="bad_record") from error


def _mapped(row: _Waiting, payload: Any, config: StoreConfig) -> Record | None:
    try:
        return remap(config.platform, row.stream, payload, config)
    except _FAULTS_OF_AN_OLD_PAYLOAD as error:
        # Kept by an older version, or stripped since: it must not keep the store from being read.
        raise BadRecord(
            f"what was kept of it cannot be read by this version ({type(error).__name__})",
            code="bad_record",
        ) from error
