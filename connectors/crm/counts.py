"""How many rows there are, for the plots and checks of a run; cheap enough for every run."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.crm.stores import find_store
from connectors.records import Stream


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one store and stream that wait in quarantine."""

    organization_id: str
    store: str
    stream: Stream
    rows: int


def store_rows(connection: Connection, key: str) -> dict[Stream, int]:
    """Return the number of CRM rows that the store stands for, for each of the three streams."""
    store = find_store(connection, key)
    rows = connection.execute(
        load("counts/store_rows"),
        {"organization_id": store.organization_id, "store_id": store.id},
    ).fetchall()
    counted = {Stream(stream): int(count) for stream, count in rows}
    return {stream: counted.get(stream, 0) for stream in Stream}


def open_quarantine(connection: Connection, key: str | None = None) -> list[Waiting]:
    """Return what waits in quarantine, of store `key` or of all."""
    rows = connection.execute(load("counts/open_quarantine"), {"store_key": key}).fetchall()
    return [
        Waiting(
            organization_id=organization_id, store=store, stream=Stream(stream), rows=int(count)
        )
        for organization_id, store, stream, count in rows
    ]


def analytics_rows(connection: Connection) -> dict[str, int]:
    """Return the number of rows in each of the five views."""
    rows = connection.execute(load("counts/analytics_rows")).fetchall()
    return {str(name): int(count) for name, count in rows}


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What the CRM holds of one store and stream; sums by currency, empty but for orders."""

    rows: int
    totals: dict[str, Decimal]
    refunded: dict[str, Decimal]


def store_totals(connection: Connection, key: str) -> dict[Stream, Totals]:
    """Count and sum the CRM's own rows of the store, for a comparison with the store's."""
    store = find_store(connection, key)
    rows = connection.execute(
        load("counts/store_totals"),
        {"organization_id": store.organization_id, "store_id": store.id},
    ).fetchall()
    return {
        stream: Totals(
            rows=sum(count for name, _, count, _, _ in rows if name == stream),
            totals={
                currency: total
                for name, currency, _, total, _ in rows
                if name == stream and total is not None
            },
            refunded={
                currency: refunded
                for name, currency, _, _, refunded in rows
                if name == stream and refunded is not None
            },
        )
        for stream in Stream
    }
