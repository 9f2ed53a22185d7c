"""Erased stays erased: what the load path does with whatever a store still sends of the erased.

Before anything is hashed, staged, refused or logged, records of erased persons lose their personal
fields. A store that says by itself that it has erased somebody is followed in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.crm.database import Connection
from connectors.crm.people import CUSTOMERS
from connectors.crm.privacy_erase import BY_STORE, erase, erased_ids, lock_people
from connectors.crm.privacy_quarantine import strip_refusal
from connectors.crm.privacy_records import without_customer, without_person
from connectors.crm.privacy_scope import of_redacted
from connectors.crm.refusals import Refusal
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.records import Customer, Order, Record, Stream


def guarded(
    connection: Connection, target: Target, stream: Stream, records: Sequence[Record]
) -> list[Record]:
    """Return the records as they may be stored, inside the caller's signed transaction.

    What is erased comes without its person. A new order that names an erased customer names him no
    more: whoever orders after having been erased is a new person.
    """
    if stream is Stream.PRODUCTS or not records:
        return list(records)
    erased = _erased(connection, target, stream, records)
    redacted = [
        one.external_id
        for one in records
        if _is_redacted(one) and (stream.value, one.external_id) not in erased
    ]
    if redacted:
        lock_people(connection, target.organization_id)
        scope = of_redacted(connection, target.organization_id, target.store_id, stream, redacted)
        erase(connection, scope, kind="redacted", requested_by=BY_STORE, run_id=target.run_id)
        erased |= {(stream.value, external_id) for external_id in redacted}
    if not erased:
        return list(records)
    return [_guarded(one, stream, erased) for one in records]


def guarded_refusals(
    connection: Connection, target: Target, refusals: Sequence[Refusal]
) -> list[Refusal]:
    """Return refused records as they may be kept: those of the erased without their person."""
    if not refusals:
        return []
    erased = erased_ids(
        connection,
        organization_id=target.organization_id,
        store_id=target.store_id,
        keys=[(one.stream.value, one.external_id) for one in refusals if one.external_id],
    )
    erased |= _stripped_before(connection, target, refusals)
    if not erased:
        return list(refusals)
    row = connection.execute(load("privacy/settings"), target.scope).fetchone()
    settings = row[0] if row else {}
    return [
        strip_refusal(one, platform=target.platform, settings=settings)
        if not erased.isdisjoint(
            {(one.stream.value, one.external_id), (one.stream.value, one.fingerprint)}
        )
        else one
        for one in refusals
    ]


def _stripped_before(
    connection: Connection, target: Target, refusals: Sequence[Refusal]
) -> set[tuple[str, str]]:
    """Return (stream, fingerprint) of payloads without an id that were stripped before."""
    nameless = [one.fingerprint for one in refusals if not one.external_id]
    if not nameless:
        return set()
    rows = connection.execute(
        load("privacy/erased_payloads"), {**target.scope, "fingerprints": array(nameless)}
    ).fetchall()
    return {(stream, fingerprint) for stream, fingerprint in rows}


def _erased(
    connection: Connection, target: Target, stream: Stream, records: Sequence[Record]
) -> set[tuple[str, str]]:
    keys = {(stream.value, one.external_id) for one in records}
    keys |= {
        (CUSTOMERS, one.customer_external_id)
        for one in records
        if isinstance(one, Order) and one.customer_external_id
    }
    return erased_ids(
        connection,
        organization_id=target.organization_id,
        store_id=target.store_id,
        keys=list(keys),
    )


def _guarded(record: Record, stream: Stream, erased: set[tuple[str, str]]) -> Record:
    if (stream.value, record.external_id) in erased:
        return without_person(record)
    if isinstance(record, Order) and (CUSTOMERS, record.customer_external_id) in erased:
        return without_customer(record)
    return record


def _is_redacted(record: Record) -> bool:
    return isinstance(record, (Customer, Order)) and record.is_redacted
