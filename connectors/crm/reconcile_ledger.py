"""What a reconciliation found, kept in sync.reconciliations: names and sums, no values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from connectors.crm.database import Connection
from connectors.crm.loader import Loader
from connectors.crm.reconcile_buckets import Bucket, State, Sums
from connectors.crm.staging import json_text
from connectors.crm.statements import load
from connectors.records import Stream

# Ids kept of each finding; the number is kept whole.
MOST_IDS: Final = 100


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A line of sync.reconciliations. `kind`: day, count or rows.

    Sides as in `Bucket`. `record_columns`: external id -> columns that differed, none for a row
    that was missing.
    """

    stream: Stream
    kind: str
    state: State
    day: date | None = None
    status: str | None = None
    currency: str | None = None
    store_rows: int | None = None
    store_total: Decimal | None = None
    store_refunded: Decimal | None = None
    crm_rows: int = 0
    crm_total: Decimal | None = None
    crm_refunded: Decimal | None = None
    found_rows: int | None = None
    found_total: Decimal | None = None
    found_refunded: Decimal | None = None
    record_ids: tuple[str, ...] = ()
    record_count: int = 0
    record_columns: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def of_bucket(cls, bucket: Bucket) -> Finding:
        """Return a day's bucket as a line."""
        store = bucket.store
        found = bucket.found
        return cls(
            stream=Stream.ORDERS,
            kind="day",
            state=bucket.state,
            day=bucket.key.day,
            status=bucket.key.status or None,
            currency=bucket.key.currency or None,
            store_rows=store.rows if store else None,
            store_total=store.total if store else None,
            store_refunded=store.refunded if store else None,
            crm_rows=bucket.crm.rows,
            crm_total=bucket.crm.total,
            crm_refunded=bucket.crm.refunded,
            found_rows=found.rows if found else None,
            found_total=found.total if found else None,
            found_refunded=found.refunded if found else None,
            record_ids=bucket.record_ids,
            record_count=len(bucket.record_ids),
        )

    @property
    def found(self) -> Sums:
        """The CRM's side as it was found."""
        if self.found_rows is None:
            return Sums(
                self.crm_rows, self.crm_total or Decimal(0), self.crm_refunded or Decimal(0)
            )
        return Sums(
            self.found_rows, self.found_total or Decimal(0), self.found_refunded or Decimal(0)
        )


def keep(
    loader: Loader, stream: Stream, findings: Sequence[Finding], *, watermark: datetime | None
) -> None:
    """Write a stream's findings, under the store's lease."""
    if not findings:
        return
    lines = [_line(one) for one in findings]

    def put(connection: Connection, scope: Mapping[str, object]) -> None:
        parameters = {
            **scope,
            "stream": stream.value,
            "watermark": watermark,
            "findings": json_text(lines),
        }
        connection.execute(load("reconcile/put"), parameters)

    loader.within(lambda connection, target: put(connection, target.scope))


def prune_reconciliations(connection: Connection, *, before: datetime, most: int = 10_000) -> int:
    """Delete comparisons older than `before` that newer ones replace; return how many."""
    row = connection.execute(load("reconcile/prune"), {"before": before, "most": most}).fetchone()
    return 0 if row is None else int(row[0])


def _line(finding: Finding) -> dict[str, object]:
    line = msgspec.structs.asdict(finding)
    del line["stream"]
    line["record_ids"] = finding.record_ids[:MOST_IDS]
    line["record_columns"] = dict(list(finding.record_columns.items())[:MOST_IDS])
    return line
