"""A batch that the database refuses, taken apart until the culprit is alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg

from connectors.crm.database import Connection
from connectors.crm.merge import merge
from connectors.crm.refusals import Refusal, refusal_by_error
from connectors.crm.target import Change, Target
from connectors.records import Stream

# What one record's values can be blamed for: whatever the table's rules and triggers say no to, and
# a text that no index can hold, which the driver counts among the server's troubles.
_FAULTS_OF_A_RECORD: Final = (
    psycopg.errors.IntegrityError,
    psycopg.errors.DataError,
    psycopg.errors.RaiseException,
    psycopg.errors.ProgramLimitExceeded,
)


def merge_isolating(
    connection: Connection, target: Target, stream: Stream, changes: Sequence[Change]
) -> list[Refusal]:
    """Merge what the database takes; return a refusal for each record that it does not.

    Halves a refused batch until the culprit is alone: one bad record costs about twice the work of
    a clean batch, and nobody else is held up by it.
    """
    if not changes:
        return []
    try:
        with connection.transaction():
            merge(connection, target, stream, changes)
    except _FAULTS_OF_A_RECORD as error:
        if len(changes) == 1:
            return [refusal_by_error(stream, changes[0].record, error)]
    else:
        return []
    middle = len(changes) // 2
    return [
        *merge_isolating(connection, target, stream, changes[:middle]),
        *merge_isolating(connection, target, stream, changes[middle:]),
    ]
