"""Records that did not make it, on their way into sync.quarantine with everything needed to retry.

A payload is kept as the store sent it, even where it holds what made it fail: a NUL or half a
character is no reason to lose the only copy of the evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import msgspec
import psycopg

from connectors.crm.advice import advised
from connectors.crm.database import Connection
from connectors.crm.database_words import in_words
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.records import Record, Rejected, Stream
from connectors.unreadable import UNREADABLE
from connectors.values import MAX_ID_LENGTH

Kind = Literal["raw", "record"]
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_RECORD_ENCODER: Final = msgspec.json.Encoder(decimal_format="string")
_MAX_REASON: Final = 2000
# A parameter is one allocation of the server's, which ends at a gigabyte.
_CHARACTERS_AT_ONCE: Final = 8_000_000


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sync.quarantine to be. `kind`: payload as the store sent it, or a mapped record."""

    stream: Stream
    external_id: str | None
    code: str
    reason: str
    kind: Kind
    payload: str
    # Of the payload as it came, where what is kept of it is less.
    first_fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """What makes a second failure of the same record the same row."""
        if self.first_fingerprint:
            return self.first_fingerprint
        if self.external_id:
            return f"id:{self.external_id}"
        return f"hash:{hashlib.blake2b(self.payload.encode(), digest_size=16).hexdigest()}"


def refusal_of(rejected: Rejected) -> Refusal:
    """Return the refusal of a payload that could not be mapped."""
    code = _storable(rejected.code) or "unknown"
    return Refusal(
        stream=rejected.stream,
        external_id=None if _is_nameless(rejected) else _storable(rejected.external_id),
        code=code,
        reason=told(rejected.reason, code),
        kind="raw",
        payload=payload_text(rejected.payload),
    )


def told(reason: str, code: str) -> str:
    """Return a reason as it is kept: with what to do about it, and fit to be stored.

    A reason may quote the record's own words, even the name of a field.
    """
    return advised(_storable(reason) or "", code)[:_MAX_REASON]


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


def refusal_by_error(stream: Stream, record: Record, error: psycopg.Error) -> Refusal:
    """Return the refusal of a mapped record that made the database raise `error`."""
    code = f"database_{error.sqlstate or 'error'}"
    return refusal_by_database(stream, record, code=code, reason=advised(in_words(error), code))


def put_refusals(connection: Connection, target: Target, refusals: Sequence[Refusal]) -> int:
    """Write refusals; the same record failing again counts another attempt.

    Returns how many of them stay discarded: a person has seen this payload fail for this reason and
    said that nobody needs it.
    """
    # One statement cannot meet a row twice: of a record's refusals in a batch the last counts.
    latest = {(one.stream.value, one.fingerprint): one for one in refusals}
    discarded: set[tuple[str, str]] = set()
    for rows in _portions(list(latest.values())):
        written = connection.execute(
            load("load/quarantine_put"),
            {
                **target.scope,
                "run_id": target.run_id,
                "version": target.revision.version,
                "mapping_revision": target.revision.mapping,
                "settings_digest": target.revision.settings,
                "streams": [one.stream.value for one in rows],
                "external_ids": [one.external_id for one in rows],
                "fingerprints": [one.fingerprint for one in rows],
                "codes": [one.code for one in rows],
                "reasons": [one.reason for one in rows],
                "kinds": [one.kind for one in rows],
                "payloads": [one.payload for one in rows],
            },
        )
        discarded.update(
            (stream, fingerprint) for stream, fingerprint, state in written if state == "discarded"
        )
    return sum((one.stream.value, one.fingerprint) in discarded for one in refusals)


def _portions(rows: Sequence[Refusal]) -> Iterator[list[Refusal]]:
    some: list[Refusal] = []
    size = 0
    for one in rows:
        if some and size + len(one.payload) > _CHARACTERS_AT_ONCE:
            yield some
            some, size = [], 0
        some.append(one)
        size += len(one.payload)
    if some:
        yield some


def _is_nameless(rejected: Rejected) -> bool:
    """Say whether the id itself is what cannot be read: two records named NaN are two records.

    One that is too long to be an id is too long for an index as well, and could never arrive.
    """
    if rejected.external_id is not None and len(rejected.external_id) > MAX_ID_LENGTH:
        return True
    payload = rejected.payload
    told = payload.get(UNREADABLE) if isinstance(payload, dict) else None
    return isinstance(told, list) and any(str(one).startswith("id: ") for one in told)


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
