"""Which of a batch's records are news?

Asked before anything is staged, so that an unchanged batch writes nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from connectors.crm.database import Connection
from connectors.crm.staging import array, moment
from connectors.crm.statements import load
from connectors.crm.target import Change, Target
from connectors.records import Record, Stream, content_hash


class Compared(msgspec.Struct, kw_only=True):
    """A batch against the record map.

    `changes`: new or different. `known`: ids among them that have a CRM row. `touched`: the same
    with another source time. `unchanged`: known and the same. `stale`: ids of those that a list
    shows older than what we have.
    """

    changes: list[Change] = msgspec.field(default_factory=list)
    known: set[str] = msgspec.field(default_factory=set)
    touched: list[Record] = msgspec.field(default_factory=list)
    unchanged: int = 0
    stale: list[str] = msgspec.field(default_factory=list)


def newest(records: Sequence[Record]) -> list[Record]:
    """Return one state per record: the newest, and of equally new ones the last that came."""
    found: dict[str, Record] = {}
    for record in records:
        other = found.get(record.external_id)
        if other is None or _is_as_new(record, other):
            found[record.external_id] = record
    return list(found.values())


def _is_as_new(record: Record, other: Record) -> bool:
    mine, theirs = record.source_updated_at, other.source_updated_at
    return mine is None or theirs is None or mine >= theirs


def compare(
    connection: Connection,
    target: Target,
    stream: Stream,
    records: Sequence[Record],
    *,
    asked_at: datetime | None = None,
    is_forced: bool = False,
) -> Compared:
    """Sort records, one state of each, by what is known of them.

    `asked_at`, `is_forced`: as in `Batch`.
    """
    found = Compared()
    if not records:
        return found
    digests = [content_hash(record) for record in records]
    verdicts = {
        place: (crm_id, verdict)
        for place, crm_id, verdict in connection.execute(
            load("load/seen"),
            {
                **target.scope,
                "entity": stream.value,
                "external_ids": array(record.external_id for record in records),
                "digests": array(digest.hex() for digest in digests),
                "times": array(moment(record.source_updated_at) for record in records),
                "asked_at": asked_at,
                "is_forced": is_forced,
            },
        )
    }
    for place, record in enumerate(records):
        crm_id, verdict = verdicts.get(place, (None, "changed"))
        if verdict in ("changed", "forced"):
            is_same = verdict == "forced"
            found.changes.append(Change(record, digests[place], crm_id, is_same))
            if crm_id is not None:
                found.known.add(record.external_id)
        elif verdict == "touched":
            found.touched.append(record)
        elif verdict == "stale":
            found.stale.append(record.external_id)
        else:
            found.unchanged += 1
    return found


def touch(
    connection: Connection, target: Target, stream: Stream, touched: Sequence[Record]
) -> None:
    """Remember the source time of records in which nothing else changed."""
    if touched:
        connection.execute(
            load("load/touch"),
            {
                **target.scope,
                "entity": stream.value,
                "external_ids": array(record.external_id for record in touched),
                "times": array(moment(record.source_updated_at) for record in touched),
            },
        )
