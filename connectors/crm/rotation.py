"""Every envelope under the newest key, one at a time and without a gap.

Each is opened and written again while its row is held, so that a token renewed at the same moment
is never lost. Whatever stops a rotation, every envelope opens with the old key or the new one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from connectors.crm.database import Connection, connect
from connectors.crm.keys import KeyRing, Owner
from connectors.crm.statements import load
from connectors.errors import ConfigurationError

_HOLD: Final = {"store": "vault/hold", "channel": "channels/hold"}
_REPLACE: Final = {"store": "vault/replace", "channel": "channels/seal"}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose credentials are kept, and by which key; nothing of what is in it."""

    owner: Owner
    name: str
    kid: str | None


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation came to. `failures`: one line for each envelope that does not open."""

    renewed: int
    unchanged: int
    failures: tuple[str, ...]


def envelopes(connection: Connection) -> list[Envelope]:
    """Return all envelopes of all organizations."""
    rows = connection.execute(load("keys/envelopes")).fetchall()
    return [
        Envelope(owner=Owner(kind, organization_id, row_id), name=name, kid=kid)
        for kind, organization_id, row_id, name, kid in rows
    ]


def usage(found: list[Envelope]) -> dict[str, int]:
    """Return how many envelopes each key id holds."""
    return dict(Counter(one.kid or "" for one in found))


def unopened(connection: Connection, keys: KeyRing) -> list[str]:
    """Return one line for each envelope that does not open with the keys that are known here."""
    troubles: list[str] = []
    for one in envelopes(connection):
        with connection.transaction():
            row = connection.execute(load(_HOLD[one.owner.kind]), _scope(one)).fetchone()
        if row is None:
            continue
        try:
            keys.decrypt(row[0], one.owner)
        except ConfigurationError as error:
            troubles.append(_line(one, error))
    return troubles


def rotate(database_url: str, keys: KeyRing) -> Rotated:
    """Encrypt everything with the first key of the ring. Raises DatabaseError.

    An envelope that does not open is left as it is and told; the others go on.
    """
    renewed, unchanged = 0, 0
    failures: list[str] = []
    with connect(database_url, autocommit=True) as connection:
        for one in envelopes(connection):
            if one.kid == keys.ids[0]:
                unchanged += 1
                continue
            try:
                renewed += _renew(connection, keys, one)
            except ConfigurationError as error:
                failures.append(_line(one, error))
    return Rotated(renewed=renewed, unchanged=unchanged, failures=tuple(failures))


def _renew(connection: Connection, keys: KeyRing, one: Envelope) -> int:
    with connection.transaction():
        row = connection.execute(load(_HOLD[one.owner.kind]), _scope(one)).fetchone()
        if row is None:
            # Its owner was removed meanwhile, credentials and all.
            return 0
        envelope = keys.encrypt(keys.decrypt(row[0], one.owner), one.owner)
        connection.execute(
            load(_REPLACE[one.owner.kind]), {**_scope(one), "envelope": Jsonb(envelope)}
        )
    return 1


def _scope(one: Envelope) -> dict[str, Any]:
    return {
        "organization_id": one.owner.organization_id,
        "id": one.owner.id,
        "store_id": one.owner.id,
    }


def _line(one: Envelope, error: ConfigurationError) -> str:
    return f'{one.owner.kind} "{one.name}": {error}'
