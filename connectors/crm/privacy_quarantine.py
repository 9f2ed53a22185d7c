"""The quarantine of erased persons: their payloads are stripped, wherever they are recognised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.crm.database import Connection
from connectors.crm.people import CUSTOMERS
from connectors.crm.privacy_payload import Marks, strip_payload, strip_rows
from connectors.crm.privacy_records import without_person
from connectors.crm.privacy_scope import Scope
from connectors.crm.refusals import Refusal, refusal_by_database
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.errors import BadRecord, StoreError
from connectors.files.kept_columns import kept_columns
from connectors.records import Customer, Order, Stream

_REASON: Final = "its personal data was erased; it could not be loaded: {code}"
_FILES: Final = "files"
# Shorter numbers stand in payloads of everybody.
_SHORTEST_PHONE: Final = 7
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
    code: str
    reason: str
    kind: str
    payload: str
    is_named: bool


def strip_quarantine(connection: Connection, scope: Scope, parameters: Mapping[str, Any]) -> int:
    """Strip what waits of the persons in scope, and what has left; return how many rows."""
    found = find_waiting(connection, scope, parameters)
    stripped = [(one.id, *strip(one)) for one in found]
    changed = [
        (number, payload, reason)
        for (number, payload, reason), before in zip(stripped, found, strict=True)
        if (payload, reason) != (before.payload, before.reason)
    ]
    if changed:
        connection.execute(
            load("privacy/erase_quarantine"),
            {
                "organization_id": scope.organization_id,
                "ids": [number for number, _, _ in changed],
                "payloads": [payload for _, payload, _ in changed],
                "reasons": [reason for _, _, reason in changed],
            },
        )
    return len(changed)


def find_waiting(
    connection: Connection, scope: Scope, parameters: Mapping[str, Any]
) -> list[Waiting]:
    """Return the rows of the quarantine that speak of the persons in scope."""
    if scope.store_id is not None:
        given = {"organization_id": scope.organization_id, "store_id": scope.store_id}
        rows = connection.execute(load("privacy/quarantine_of_store"), given).fetchall()
        return [Waiting(*row) for row in rows]
    marks = _marks(connection, scope, parameters)
    rows = connection.execute(
        load("privacy/quarantine_find"),
        {**parameters, "needles": array(sorted(marks.emails | marks.phones | _ids(marks)))},
    ).fetchall()
    found = [Waiting(*row) for row in rows]
    ids = {
        str(store_id): frozenset(
            one for store, entity, one in _people(scope) if (store, entity) == (store_id, CUSTOMERS)
        )
        for store_id, _, _ in _people(scope)
    }
    return [
        one
        for one in found
        if one.is_named
        or msgspec.structs.replace(
            # An id is somebody's in its own store only.
            marks,
            customer_ids=ids.get(str(one.store_id), frozenset()),
        ).are_in(one.payload)
    ]


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
            code=refusal.code,
            reason="",
            kind=refusal.kind,
            payload=refusal.payload,
            is_named=True,
        )
    )
    return msgspec.structs.replace(refusal, payload=payload, reason=reason)


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


def _marks(connection: Connection, scope: Scope, parameters: Mapping[str, Any]) -> Marks:
    rows = connection.execute(load("privacy/marks"), dict(parameters)).fetchall()
    return Marks(
        emails=frozenset([*(email for email, _ in rows if email), *scope.emails]),
        phones=frozenset(phone for _, phone in rows if phone and len(phone) >= _SHORTEST_PHONE),
        customer_ids=frozenset(one for _, entity, one in _people(scope) if entity == CUSTOMERS),
    )


def _people(scope: Scope) -> list[Any]:
    return [*scope.persons, *scope.unknown]


def _ids(marks: Marks) -> frozenset[str]:
    return frozenset(one.lower() for one in marks.customer_ids)
