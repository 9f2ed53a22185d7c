"""The quarantine of erased persons: their payloads are stripped, wherever they are recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.crm.database import Connection
from connectors.crm.people import CUSTOMERS, GUESTS
from connectors.crm.privacy_payload import Marks, ending, strip_payload, strip_rows
from connectors.crm.privacy_records import without_person
from connectors.crm.privacy_scope import Scope
from connectors.crm.refusals import Refusal, refusal_by_database
from connectors.crm.shared_addresses import name_key
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.errors import BadRecord, StoreError
from connectors.files.kept_columns import kept_columns
from connectors.records import Customer, Order, Stream

_REASON: Final = "its personal data was erased; it could not be loaded: {code}"
_FILES: Final = "files"
_TYPES: Final[Mapping[str, type[Customer] | type[Order]]] = {
    Stream.CUSTOMERS.value: Customer,
    Stream.ORDERS.value: Order,
}


class Waiting(msgspec.Struct, frozen=True):
    """A row of sync.quarantine. `is_named`: its record is one of those that are erased."""

    id: int
    store_id: Any
    platform: str
    settings: Mapping[str, Any]
    stream: str
    external_id: str | None
    code: str
    reason: str
    kind: str
    payload: str
    is_named: bool


def strip_quarantine(
    connection: Connection, scope: Scope, marks: Marks, parameters: Mapping[str, Any]
) -> list[Waiting]:
    """Strip what waits of the persons in scope, and what has left; return the rows that changed."""
    found = find_waiting(connection, scope, marks, parameters)
    changed = [
        (one, payload, reason)
        for one in found
        for payload, reason in [strip(one)]
        if (payload, reason) != (one.payload, one.reason)
    ]
    if changed:
        connection.execute(
            load("privacy/erase_quarantine"),
            {
                "organization_id": scope.organization_id,
                "ids": [one.id for one, _, _ in changed],
                "payloads": [payload for _, payload, _ in changed],
                "reasons": [reason for _, _, reason in changed],
            },
        )
    return [one for one, _, _ in changed]


def find_waiting(
    connection: Connection, scope: Scope, marks: Marks, parameters: Mapping[str, Any]
) -> list[Waiting]:
    """Return the rows of the quarantine that speak of the persons in scope."""
    if scope.store_id is not None:
        given = {"organization_id": scope.organization_id, "store_id": scope.store_id}
        rows = connection.execute(load("privacy/quarantine_of_store"), given).fetchall()
        return [Waiting(*row) for row in rows]
    sought = {"needles": array(marks.needles), "numbers": array(sorted(marks.phones))}
    rows = connection.execute(load("privacy/quarantine_find"), {**parameters, **sought}).fetchall()
    return [
        one
        for one in (Waiting(*row) for row in rows)
        if one.is_named or marks.of_store(one.store_id).are_in(one.payload)
    ]


def quarantined(rows: Sequence[Waiting]) -> list[tuple[str, str, str]]:
    """Return the records behind rows of the quarantine: (store, entity, id)."""
    return [(str(one.store_id), one.stream, one.external_id) for one in rows if one.external_id]


def strip(waiting: Waiting) -> tuple[str, str]:
    """Return payload and reason of a row without personal data; the same when done twice."""
    reason = _REASON.format(code=waiting.code)
    if waiting.kind == "record":
        return _strip_record(waiting), reason
    if waiting.platform == _FILES:
        return strip_rows(waiting.payload, _columns(waiting)), reason
    return strip_payload(waiting.payload), reason


def strip_refusal(refusal: Refusal, *, platform: str, settings: Mapping[str, Any]) -> Refusal:
    """Return what is kept of a refused record of somebody who is erased."""
    payload, reason = strip(
        Waiting(
            id=0,
            store_id=None,
            platform=platform,
            settings=settings,
            stream=refusal.stream.value,
            external_id=refusal.external_id,
            code=refusal.code,
            reason="",
            kind=refusal.kind,
            payload=refusal.payload,
            is_named=True,
        )
    )
    return msgspec.structs.replace(
        refusal, payload=payload, reason=reason, first_fingerprint=refusal.fingerprint
    )


def _strip_record(waiting: Waiting) -> str:
    try:
        record = msgspec.json.decode(waiting.payload, type=_TYPES[waiting.stream])
    except (BadRecord, msgspec.ValidationError):
        return strip_payload(waiting.payload)
    left = without_person(record)
    return refusal_by_database(Stream(waiting.stream), left, code="", reason="").payload


def _columns(waiting: Waiting) -> frozenset[str]:
    """Return the columns of a file that hold no person, none when its mapping cannot be read."""
    config = StoreConfig(
        id="", organization_id="", key="", platform=_FILES, base_url="", settings=waiting.settings
    )
    try:
        return kept_columns(config, Stream(waiting.stream))
    except StoreError:
        return frozenset()


def marks_of(connection: Connection, scope: Scope) -> Marks:
    """Return what the persons in scope are recognised by; to be asked before it is erased."""
    parameters = scope.parameters()
    rows = connection.execute(load("privacy/marks"), parameters).fetchall()
    people = [*scope.persons, *scope.unknown]
    guests = [one for _, entity, one in people if entity == GUESTS]
    emails = {email for email, _, _ in rows if email} | set(scope.emails)
    phones = {phone for _, phone, _ in rows if phone}
    return Marks(
        emails=frozenset(emails | _after("email:", guests)),
        phones=frozenset(map(ending, phones | _after("phone:", guests))) - {""},
        surnames=frozenset(key.split()[-1] for _, _, name in rows if (key := name_key(name))),
        customers=frozenset(
            (str(store_id), one) for store_id, entity, one in people if entity == CUSTOMERS
        ),
    )


def _after(prefix: str, external_ids: list[str]) -> set[str]:
    # A shared address has a name behind it.
    return {
        one.removeprefix(prefix).partition("|")[0] for one in external_ids if one.startswith(prefix)
    }
