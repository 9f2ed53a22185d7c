"""Mapped pages for the loader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connectors.base import Page
from connectors.bigcommerce.mapping import map_record
from connectors.bigcommerce.paging import Row
from connectors.bigcommerce.rules import Rules
from connectors.errors import BadRecord
from connectors.records import Record, Rejected, Stream


def page_of(
    stream: Stream,
    rows: Iterable[Row],
    rules: Rules,
    *,
    complete_until: datetime | None = None,
    gone: tuple[str, ...] = (),
) -> Page:
    """Map rows; whatever is wrong with one of them stays with it."""
    records: list[Record] = []
    rejected: list[Rejected] = []
    skipped = 0
    for row in rows:
        try:
            record = map_record(stream, row.payload, rules)
        except BadRecord as error:
            rejected.append(
                Rejected(
                    stream=stream,
                    payload=row.payload,
                    reason=error.reason,
                    code=error.code,
                    external_id=row.id or None,
                )
            )
            continue
        if record is None:
            skipped += 1
        else:
            records.append(record)
    return Page(
        stream=stream,
        records=tuple(records),
        rejected=tuple(rejected),
        skipped=skipped,
        fetched=len(records) + len(rejected) + skipped,
        complete_until=complete_until,
        resume=complete_until.isoformat() if complete_until else None,
        gone=gone,
    )
