"""Everything that is held of a person, from the same list of places as what is erased."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from connectors.crm.database import Connection
from connectors.crm.privacy import Whom, person_scope
from connectors.crm.privacy_places import PLACES
from connectors.crm.privacy_quarantine import find_waiting, marks_of
from connectors.crm.staging import array
from connectors.crm.statements import load


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What is held: place -> rows as they stand in the database. No repr: all of it is personal."""

    places: dict[str, list[Any]]

    def __repr__(self) -> str:
        return "Export()"


def export_person(connection: Connection, whom: Whom) -> Export:
    """Return what is held of a person; raises ConfigurationError when nobody is meant."""
    scope = person_scope(connection, whom)
    marks = marks_of(connection, scope)
    parameters = {**scope.parameters(), "emails": array(marks.emails)}
    places = {
        place.table: [row for (row,) in connection.execute(
            load(f"privacy/{place.export}"), parameters
        ).fetchall()]
        for place in PLACES
        if place.export
    }  # fmt: skip
    places["sync.quarantine"] = [
        {
            "id": one.id,
            "stream": one.stream,
            "reason": one.reason,
            "payload": json.loads(one.payload),
        }
        for one in find_waiting(connection, scope, marks, parameters)
    ]
    return Export(places={place: rows for place, rows in places.items() if rows})
