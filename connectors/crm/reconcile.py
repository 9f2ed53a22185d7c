"""Is what the CRM holds what the store has? Counted, and summed to the cent.

A sync that reports success proves nothing: a peer lost all but 392 of 8,000 orders without an
error. So the store is read again from the beginning, nothing is loaded, and both are compared.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from connectors.base import Connector, StoreConfig, Window
from connectors.crm.counts import Totals, store_totals
from connectors.crm.database import connect
from connectors.crm.fetch import PagesAhead
from connectors.errors import StoreError
from connectors.records import Order, Stream
from connectors.registry import open_connector
from connectors.services import Services


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One stream, both sides, without what the store has deleted.

    Sums by currency, in it; empty but for orders. `store_rows` counts records that could not be
    mapped as well: they are in the store.
    """

    store: str
    stream: Stream
    store_rows: int
    crm_rows: int
    store_totals: dict[str, Decimal]
    crm_totals: dict[str, Decimal]
    store_refunded: dict[str, Decimal]
    crm_refunded: dict[str, Decimal]

    @property
    def is_equal(self) -> bool:
        """Whether rows and sums agree to the cent."""
        return (
            self.store_rows == self.crm_rows
            and self.store_totals == self.crm_totals
            and self.store_refunded == self.crm_refunded
        )


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One stream's rows on both sides; `store_rows` None where the store does not tell."""

    store: str
    stream: Stream
    store_rows: int | None
    crm_rows: int


def compare_store(
    database_url: str,
    config: StoreConfig,
    *,
    connector: Connector | None = None,
    services: Services | None = None,
) -> list[Comparison]:
    """Read the whole store again, load nothing, and compare with the CRM.

    `connector`, `services`: as in `sync_store`. Raises StoreError when the store cannot be read to
    its end, DatabaseError when the database does not answer.
    """
    reader = connector or open_connector(config, services)
    try:
        end = reader.probe().server_time or datetime.now(UTC)
        theirs = {stream: _read(reader, stream, Window(end=end)) for stream in Stream}
    finally:
        if connector is None:
            reader.close()
    with connect(database_url, autocommit=True) as connection:
        ours = store_totals(connection, config.key)
    return [
        Comparison(
            store=config.key,
            stream=stream,
            store_rows=theirs[stream].rows,
            crm_rows=ours[stream].rows,
            store_totals=theirs[stream].totals,
            crm_totals=ours[stream].totals,
            store_refunded=theirs[stream].refunded,
            crm_refunded=ours[stream].refunded,
        )
        for stream in Stream
    ]


def count_store(
    database_url: str,
    config: StoreConfig,
    *,
    connector: Connector | None = None,
    services: Services | None = None,
) -> list[Count]:
    """Ask the store for its counts, a few cheap calls, and count the CRM's rows beside them."""
    reader = connector or open_connector(config, services)
    try:
        theirs = {stream: reader.count(stream) for stream in Stream}
    finally:
        if connector is None:
            reader.close()
    with connect(database_url, autocommit=True) as connection:
        ours = store_totals(connection, config.key)
    return [
        Count(
            store=config.key,
            stream=stream,
            store_rows=theirs[stream],
            crm_rows=ours[stream].rows,
        )
        for stream in Stream
    ]


def _read(reader: Connector, stream: Stream, window: Window) -> Totals:
    """Count and sum a stream; a record that moved between pages while we read counts once."""
    seen: dict[str, tuple[str, Decimal, Decimal] | None] = {}
    nameless = 0
    with PagesAhead(lambda: reader.read(stream, window)) as pages:
        for page in pages:
            if len(page.records) + len(page.rejected) + page.skipped != page.fetched:
                raise StoreError(
                    f"a page of {stream} does not hold what it claims; this is a fault of the "
                    "connector, please report it",
                    store=reader.config.key,
                )
            for record in page.records:
                if record.is_deleted:
                    seen.pop(record.external_id, None)
                    continue
                seen[record.external_id] = (
                    (record.currency, record.total, record.refunded_total)
                    if isinstance(record, Order)
                    else None
                )
            for rejected in page.rejected:
                if rejected.external_id is None:
                    nameless += 1
                else:
                    seen.setdefault(rejected.external_id, None)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    refunds: dict[str, Decimal] = defaultdict(Decimal)
    for amounts in seen.values():
        if amounts is not None:
            currency, total, refunded = amounts
            totals[currency] += total
            refunds[currency] += refunded
    return Totals(rows=len(seen) + nameless, totals=dict(totals), refunded=dict(refunds))
