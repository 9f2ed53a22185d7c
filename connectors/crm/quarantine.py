"""Records that could not be loaded: what they are, why, and once more from the top.

A replay takes the payload that was kept, maps it with today's mapping and loads it through the same
path as every sync, one record at a time: it is run after somebody fixed a mapping or a setting, and
one that still fails must not hide the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

import msgspec

from connectors.base import StoreConfig
from connectors.crm.database import Connection
from connectors.crm.lease import Lease
from connectors.crm.load import Batch, load_batch
from connectors.crm.loader import Loader
from connectors.crm.refusals import refusal_by_database
from connectors.crm.statements import load
from connectors.decoding import decode
from connectors.errors import BadRecord, ConfigurationError
from connectors.records import Customer, Order, Product, Record, Stream
from connectors.registry import platform, remap

DEFAULT_LIMIT: Final = 100
_NO_LIMIT: Final = 2**31
_TYPES: Final = {
    Stream.CUSTOMERS: Customer,
    Stream.PRODUCTS: Product,
    Stream.ORDERS: Order,
}


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sync.quarantine without its payload, which may hold personal data.

    `payload_kind`: "raw" as the store sent it, "record" mapped and then refused by the database.
    """

    id: int
    organization_id: str
    store: str
    stream: Stream
    external_id: str | None
    code: str
    reason: str
    payload_kind: str
    run_id: str
    first_seen_at: datetime
    last_seen_at: datetime
    attempts: int
    resolved_at: datetime | None


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay came to. `failures`: those that failed again, with today's reason."""

    attempted: int
    loaded: int
    failures: tuple[Quarantined, ...]


def list_quarantine(
    connection: Connection,
    *,
    organization_id: str | None = None,
    store: str | None = None,
    stream: Stream | None = None,
    include_resolved: bool = False,
    limit: int = DEFAULT_LIMIT,
) -> list[Quarantined]:
    """Return what waits, oldest first."""
    return _rows(
        connection,
        organization_id=organization_id,
        store=store,
        stream=stream,
        number=None,
        include_resolved=include_resolved,
        limit=limit,
    )


def show(connection: Connection, number: int) -> tuple[Quarantined, str]:
    """Return one row and its payload as JSON text. Raises ConfigurationError for no such row."""
    found = _rows(
        connection,
        organization_id=None,
        store=None,
        stream=None,
        number=number,
        include_resolved=True,
        limit=1,
    )
    if not found:
        raise ConfigurationError(
            f"there is no quarantined record {number}; see storeloom quarantine list"
        )
    return found[0], _payload(connection, found[0])


def replay(
    database_url: str,
    config: StoreConfig,
    *,
    run_id: str,
    numbers: Sequence[int] | None = None,
) -> Replayed:
    """Try one store's quarantined records again: those in `numbers`, or all that wait.

    Customers come before products and orders, as in a sync. Raises StoreError when the store is
    being synced at the moment, DatabaseError and LeaseLost.
    """
    platform(config.platform)
    with (
        Lease(database_url, config, run_id=run_id) as lease,
        Loader(database_url, config, lease, run_id=run_id) as loader,
    ):
        connection = loader.connection
        waiting = [
            row
            for row in list_quarantine(
                connection,
                organization_id=config.organization_id,
                store=config.key,
                limit=_NO_LIMIT,
            )
            if numbers is None or row.id in numbers
        ]
        order = list(Stream)
        failed = [
            row.id
            for row in sorted(waiting, key=lambda one: order.index(one.stream))
            if not _retry(connection, loader, lease, row, config)
        ]
        failures = [show(connection, number)[0] for number in failed]
    return Replayed(
        attempted=len(waiting), loaded=len(waiting) - len(failed), failures=tuple(failures)
    )


def _retry(
    connection: Connection,
    loader: Loader,
    lease: Lease,
    row: Quarantined,
    config: StoreConfig,
) -> bool:
    scope = {**loader.target.scope, "id": row.id}
    try:
        record = _mapped(row, _payload(connection, row), config)
    except BadRecord as error:
        connection.execute(
            load("quarantine/failed_again"),
            {
                **scope,
                "code": error.code,
                "reason": error.reason,
                "run_id": loader.target.run_id,
            },
        )
        return False
    with connection.transaction():
        fingerprint = None
        if record is not None:
            batch = Batch(stream=row.stream, records=[record], fetched=1)
            if load_batch(connection, loader.target, batch, lease=lease).quarantined:
                refusal = refusal_by_database(row.stream, record, code="", reason="")
                fingerprint = refusal.fingerprint
        connection.execute(load("quarantine/resolve"), {**scope, "fingerprint": fingerprint})
    return fingerprint is None


def _mapped(row: Quarantined, payload: str, config: StoreConfig) -> Record | None:
    if row.payload_kind == "record":
        try:
            return cast(Record, msgspec.json.decode(payload, type=_TYPES[row.stream]))
        except (BadRecord, msgspec.ValidationError) as error:
            raise BadRecord(str(error), code="bad_record") from error
    return remap(config.platform, row.stream, decode(payload.encode()), config)


def _rows(
    connection: Connection,
    *,
    organization_id: str | None,
    store: str | None,
    stream: Stream | None,
    number: int | None,
    include_resolved: bool,
    limit: int,
) -> list[Quarantined]:
    rows = connection.execute(
        load("quarantine/list"),
        {
            "organization_id": organization_id,
            "store_key": store,
            "stream": None if stream is None else stream.value,
            "id": number,
            "with_resolved": include_resolved,
            "row_limit": limit,
        },
    )
    names = Quarantined.__struct_fields__
    return [
        msgspec.convert(dict(zip(names, row, strict=True)), Quarantined) for row in rows.fetchall()
    ]


def _payload(connection: Connection, row: Quarantined) -> str:
    found = connection.execute(
        load("quarantine/payload"), {"organization_id": row.organization_id, "id": row.id}
    ).fetchone()
    return "" if found is None else str(found[0])
