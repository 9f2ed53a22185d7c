"""The chat channels' platform credentials, kept as the stores' are.

Every member of an organization may read `channels.credentials`, so only an envelope may stand in
it; the table's own check refuses anything else. The chat application opens it with the same keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from connectors.crm.database import Connection
from connectors.crm.keys import KeyRing, Owner
from connectors.crm.statements import load
from connectors.errors import ConfigurationError


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A row of public.channels; no credentials in it, only whether there are some."""

    id: str
    organization_id: str
    organization_name: str
    name: str
    platform: str
    is_active: bool
    is_sealed: bool


def list_channels(connection: Connection, *, organization_id: str | None = None) -> list[Channel]:
    """Return the channels by organization and name."""
    rows = connection.execute(load("channels/list"), {"organization_id": organization_id})
    return [_channel(row) for row in rows.fetchall()]


def find_channel(connection: Connection, channel_id: str) -> Channel:
    """Return one channel. Raises ConfigurationError when there is none of this id."""
    try:
        UUID(channel_id)
    except ValueError:
        row = None
    else:
        row = connection.execute(load("channels/find"), {"id": channel_id}).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no channel {channel_id}; see storeloom channel list")
    return _channel(row)


def seal_channel(
    connection: Connection, keys: KeyRing, channel: Channel, credentials: Mapping[str, str]
) -> None:
    """Encrypt the credentials of a channel and keep them instead of those it has.

    Raises ConfigurationError when there are none, or the channel is gone.
    """
    if not credentials:
        raise ConfigurationError(f'channel "{channel.name}": there are no credentials to keep')
    envelope = keys.encrypt(credentials, Owner("channel", channel.organization_id, channel.id))
    kept = connection.execute(
        load("channels/seal"),
        {
            "organization_id": channel.organization_id,
            "id": channel.id,
            "envelope": Jsonb(envelope),
        },
    ).fetchone()
    if kept is None:
        raise ConfigurationError(f"there is no channel {channel.id} any more")


def _channel(row: tuple[object, ...]) -> Channel:
    fields = dict(zip(Channel.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, Channel)
