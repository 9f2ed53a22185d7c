"""The stores of all organizations: adding, listing, pausing, and opening their credentials.

Two shops of one organization both have a customer 1 and an order #1001. The first store keeps its
ids and numbers as they are; every further one gets its key as a prefix, decided here once, under a
lock, because two stores added at the same moment must not both believe to be the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from connectors.base import StoreConfig
from connectors.crm.database import Connection
from connectors.crm.keys import KeyRing, Owner
from connectors.crm.statements import load
from connectors.errors import ConfigurationError
from connectors.values import check_currency

Status = Literal["active", "paused", "removed"]
STATUSES: Final[tuple[Status, ...]] = ("active", "paused", "removed")
# Platforms whose addresses are no web addresses, as the table's own check has it.
_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {"files": ("file:///",)}
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class StoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sync.stores with its organization's name; no credentials in it."""

    id: str
    organization_id: str
    organization_name: str
    key: str
    platform: str
    base_url: str
    currency: str | None
    time_zone: str | None
    id_prefix: str
    order_number_prefix: str
    settings: Mapping[str, Any]
    status: str


def ensure_organization(
    connection: Connection, name: str, reporting_currency: str | None = None
) -> str:
    """Return the id of the organization called `name`, made when there is none.

    `reporting_currency`: None keeps what it has (USD for a new one). Raises ConfigurationError when
    several share the name, or when the currency would change under existing orders.
    """
    if reporting_currency is not None:
        check_currency(reporting_currency)
    with connection.transaction():
        connection.execute(load("stores/lock"), {"name": f"organization {name}"})
        found = connection.execute(load("stores/organization_by_name"), {"name": name}).fetchall()
        if len(found) > 1:
            raise ConfigurationError(
                f'{len(found)} organizations are called "{name}"; rename one, or give the id'
            )
        if not found:
            made = connection.execute(
                load("stores/organization_add"),
                {"name": name, "reporting_currency": reporting_currency},
            ).fetchone()
            assert made is not None  # noqa: S101 - "insert … returning" always returns
            return str(made[0])
        organization_id, currency, has_orders = found[0]
        if reporting_currency is not None and reporting_currency != currency:
            if has_orders:
                raise ConfigurationError(
                    f'organization "{name}" reports in {currency} and has orders; amounts already '
                    f"converted would be read as {reporting_currency}"
                )
            connection.execute(
                load("stores/organization_currency"),
                {"organization_id": organization_id, "reporting_currency": reporting_currency},
            )
        return str(organization_id)


def add_store(
    connection: Connection,
    keys: KeyRing,
    *,
    organization_id: str,
    key: str,
    platform: str,
    base_url: str,
    credentials: Mapping[str, str],
    settings: Mapping[str, Any] | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
    id_prefix: str | None = None,
    order_number_prefix: str | None = None,
) -> StoreRow:
    """Add a store, or give a store of the same key and organization new address and credentials.

    `id_prefix` None: empty for the organization's first store, else "<key>:". Prefixes of a store
    that exists never change, its records carry them. Raises ConfigurationError with what to write.
    """
    if not _KEY.fullmatch(key):
        raise ConfigurationError(
            f'store key "{key}" must be lower-case letters, digits, "-" or "_", at most 63'
        )
    schemes = _SCHEMES.get(platform, ("https://", "http://"))
    if not base_url.startswith(schemes):
        raise ConfigurationError(f'store "{key}": the address must start with {schemes[0]}')
    with connection.transaction():
        connection.execute(load("stores/lock"), {"name": f"stores {organization_id}"})
        owner = connection.execute(load("stores/owner"), {"key": key}).fetchone()
        if owner is not None and str(owner[0]) != organization_id:
            raise ConfigurationError(
                f'store key "{key}" belongs to another organization; choose another key'
            )
        parameters = {
            "organization_id": organization_id,
            "key": key,
            "platform": platform,
            "base_url": base_url.rstrip("/"),
            "currency": currency,
            "time_zone": time_zone,
            "id_prefix": id_prefix,
            "order_number_prefix": order_number_prefix,
            "settings": Jsonb(dict(settings or {})),
        }
        try:
            added = connection.execute(load("stores/add"), parameters).fetchone()
        except psycopg.errors.ForeignKeyViolation:
            raise ConfigurationError(f"there is no organization {organization_id}") from None
        except psycopg.errors.UniqueViolation:
            raise ConfigurationError(
                f'store "{key}": another store of the organization has the id prefix '
                f'"{id_prefix}"; choose another'
            ) from None
        assert added is not None  # noqa: S101 - "insert … returning" always returns
        store_id = str(added[0])
        envelope = keys.encrypt(credentials, Owner("store", organization_id, store_id))
        connection.execute(
            load("stores/credentials_put"),
            {
                "organization_id": organization_id,
                "store_id": store_id,
                "envelope": Jsonb(envelope),
            },
        )
        return find_store(connection, key)


def list_stores(
    connection: Connection, *, organization_id: str | None = None, status: str | None = None
) -> list[StoreRow]:
    """Return the stores by key; without `status` all but the removed ones."""
    rows = connection.execute(
        load("stores/list"), {"organization_id": organization_id, "status": status, "key": None}
    ).fetchall()
    return [_row(row) for row in rows]


def find_store(connection: Connection, key: str) -> StoreRow:
    """Return one store, removed or not. Raises ConfigurationError naming the known ones."""
    row = connection.execute(
        load("stores/list"), {"organization_id": None, "status": None, "key": key}
    ).fetchone()
    if row is None:
        known = ", ".join(store.key for store in list_stores(connection)) or "none yet"
        raise ConfigurationError(
            f'there is no store "{key}"; known: {known}. Add one with storeloom store add'
        )
    return _row(row)


def load_config(connection: Connection, keys: KeyRing, key: str) -> StoreConfig:
    """Return what a connector needs to read the store, credentials opened.

    Raises ConfigurationError for an unknown store and for credentials that do not open.
    """
    store = find_store(connection, key)
    row = connection.execute(
        load("stores/credentials_get"),
        {"organization_id": store.organization_id, "store_id": store.id},
    ).fetchone()
    if row is None:
        raise ConfigurationError(
            f'store "{key}" has no credentials; enter them with storeloom store add'
        )
    try:
        credentials = keys.decrypt(row[0], Owner("store", store.organization_id, store.id))
    except ConfigurationError as error:
        raise ConfigurationError(f'store "{key}": {error}') from None
    return StoreConfig(
        id=store.id,
        organization_id=store.organization_id,
        key=store.key,
        platform=store.platform,
        base_url=store.base_url,
        currency=store.currency,
        time_zone=store.time_zone,
        settings=store.settings,
        credentials=credentials,
    )


def set_status(connection: Connection, key: str, status: Status) -> None:
    """Activate, pause or remove a store; what it brought stays in the CRM.

    A removed store's credentials are deleted. Raises ConfigurationError for an unknown one.
    """
    if status not in STATUSES:
        raise ConfigurationError(f'status "{status}" is not one of {", ".join(STATUSES)}')
    store = find_store(connection, key)
    parameters = {
        "organization_id": store.organization_id, "store_id": store.id, "status": status,
    }  # fmt: skip
    with connection.transaction():
        connection.execute(load("stores/status"), parameters)
        if status == "removed":
            connection.execute(load("stores/credentials_delete"), parameters)


def change_settings(
    connection: Connection, key: str, given: Mapping[str, Any], removed: Iterable[str] = ()
) -> StoreRow:
    """Set and remove settings of a store; the others stay. Syncs under way keep the old ones.

    Raises ConfigurationError for an unknown store and for one that was removed.
    """
    store = find_store(connection, key)
    if store.status == "removed":
        raise ConfigurationError(f'store "{key}" was removed; connect it with storeloom store add')
    connection.execute(
        load("stores/settings"),
        {
            "organization_id": store.organization_id,
            "store_id": store.id,
            "given": Jsonb(dict(given)),
            "removed": list(removed),
        },
    )
    return find_store(connection, key)


def _row(row: tuple[Any, ...]) -> StoreRow:
    return StoreRow(**dict(zip(StoreRow.__struct_fields__, row, strict=True)))
