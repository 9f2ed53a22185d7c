"""Records that did not make it, on their way into sync.quarantine with everything needed to retry.

A payload is kept as the store sent it, even where it holds what made it fail: a NUL or half a
character is no reason to lose the only copy of the evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.records import Record, Rejected, Stream

Kind = Literal["raw", "record"]
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_RECORD_ENCODER: Final = msgspec.json.Encoder(decimal_format="string")
_MAX_REASON: Final = 2000


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sync.quarantine to be. `kind`: payload as the store sent it, or a mapped record."""

    stream: Stream
    external_id: str | None
    code: str
    reason: str
    kind: Kind
    payload: str

    @property
    def fingerprint(self) -> str:
        """What makes a second failure of the same record the same row."""
        if self.external_id:
            return f"id:{self.external_id}"
        return f"hash:{hashlib.blake2b(self.payload.encode(), digest_size=16).hexdigest()}"


def refusal_of(rejected: Rejected) -> Refusal:
    """Return the refusal of a payload that could not be mapped."""
    return Refusal(
        stream=rejected.stream,
        external_id=_storable(rejected.external_id),
        code=_storable(rejected.code) or "unknown",
        reason=(_storable(rejected.reason) or "")[:_MAX_REASON],
        kind="raw",
        payload=payload_text(rejected.payload),
    )


def refusal_by_database(stream: Stream, record: Record, *, code: str, reason: str) -> Refusal:
    """Return the refusal of a mapped record that the database would not take."""
    return Refusal(
        stream=stream,
        external_id=record.external_id,
        code=code,
        reason=reason[:_MAX_REASON],
        kind="record",
        payload=_RECORD_ENCODER.encode(record).decode(),
    )


def put_refusals(connection: Connection, target: Target, refusals: Sequence[Refusal]) -> None:
    """Write refusals; the same record failing again counts another attempt."""
    # One statement cannot meet a row twice: of a record's refusals in a batch the last counts.
    latest = {(one.stream, one.fingerprint): one for one in refusals}
    if not latest:
        return
    rows = list(latest.values())
    connection.execute(
        load("load/quarantine_put"),
        {
            **target.scope,
            "run_id": target.run_id,
            "streams": [one.stream.value for one in rows],
            "external_ids": [one.external_id for one in rows],
            "fingerprints": [one.fingerprint for one in rows],
            "codes": [one.code for one in rows],
            "reasons": [one.reason for one in rows],
            "kinds": [one.kind for one in rows],
            "payloads": [one.payload for one in rows],
        },
    )


def payload_text(payload: Any) -> str:
    """Return a decoded payload as JSON that PostgreSQL's `json` type stores unread."""
    try:
        return _ENCODER.encode(payload).decode()
    except (UnicodeEncodeError, msgspec.ValidationError, TypeError, ValueError):
        # Half characters exist in no encoding; as an escape they survive.
        return json.dumps(payload, default=str)


def _storable(text: str | None) -> str | None:
    """Return text without what PostgreSQL cannot hold; ids and reasons are for reading."""
    if text is None:
        return None
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
