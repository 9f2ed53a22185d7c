"""A page of raw elements as a page of records: each mapped, rejected with a reason, or skipped."""

from __future__ import annotations

from typing import Any

from connectors.base import Page
from connectors.errors import BadRecord
from connectors.medusa.mapping import Rules, map_record
from connectors.medusa.paging import RawPage, ids_of
from connectors.medusa.payloads import CONTEXT_FIELD
from connectors.records import Record, Rejected, Stream


def page_of(
    stream: Stream,
    raw: RawPage,
    rules: Rules,
    *,
    currency: str | None,
    gone: tuple[str, ...] = (),
) -> Page:
    """Map a page. `currency`: which prices of a variant count; kept with its payload."""
    records: list[Record] = []
    rejected: list[Rejected] = []
    for node in raw.nodes:
        payload = _with_context(node, currency)
        try:
            record = map_record(stream, payload, rules)
        except BadRecord as error:
            rejected.append(
                Rejected(
                    stream=stream,
                    payload=payload,
                    reason=error.reason,
                    code=error.code,
                    external_id=next(iter(ids_of([node])), None),
                )
            )
            continue
        if record is not None:
            records.append(record)
    return Page(
        stream=stream,
        records=tuple(records),
        rejected=tuple(rejected),
        skipped=len(raw.nodes) - len(records) - len(rejected),
        fetched=len(raw.nodes),
        complete_until=raw.complete_until,
        gone=gone,
    )


def _with_context(node: Any, currency: str | None) -> Any:
    if currency is None or not isinstance(node, dict):
        return node
    return {**node, CONTEXT_FIELD: {"currency": currency}}
