"""A store's credentials, held by one process at a time while it renews them.

The lock is the row's own: whoever enters new credentials by hand waits for a renewal under way and
then has the last word, instead of being overwritten by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg.types.json import Jsonb

from connectors.base import StoreConfig
from connectors.crm.database import Connection, connect, refusal
from connectors.crm.keys import KeyRing, Owner
from connectors.crm.statements import load
from connectors.errors import ConfigurationError
from connectors.services import HeldCredentials


class StoreVault:
    """The credentials of a saved store. Thread-safe: each holding has a connection of its own.

    Raises DatabaseError when the database is away, ConfigurationError when the store has no
    credentials (any more) or they do not open.
    """

    def __init__(self, database_url: str, keys: KeyRing, config: StoreConfig) -> None:
        self._url = database_url
        self._keys = keys
        self._config = config

    def __repr__(self) -> str:
        return f"StoreVault(store={self._config.key!r})"

    @contextmanager
    def exclusive(self) -> Iterator[HeldCredentials]:
        """Hold the credentials until the block ends, or until they have been replaced."""
        with refusal(self._url), connect(self._url, application_name="storeloom-vault") as opened:
            yield _Held(opened, self._keys, self._config)


class _Held:
    """The credentials in the hand of one process."""

    def __init__(self, connection: Connection, keys: KeyRing, config: StoreConfig) -> None:
        self._connection = connection
        self._keys = keys
        self._config = config
        found = connection.execute(load("vault/hold"), self._store()).fetchone()
        if found is None:
            raise self._missing()
        try:
            self._values = keys.decrypt(found[0], self._owner())
        except ConfigurationError as error:
            raise ConfigurationError(f'store "{config.key}": {error}') from None

    def __repr__(self) -> str:
        return f"HeldCredentials(store={self._config.key!r})"

    @property
    def values(self) -> Mapping[str, str]:
        return self._values

    def replace(self, values: Mapping[str, str]) -> None:
        """Encrypt, write and commit; the lock ends with it, since what mattered is done."""
        envelope = self._keys.encrypt(values, self._owner())
        replaced = self._connection.execute(
            load("vault/replace"), {**self._store(), "envelope": Jsonb(envelope)}
        ).fetchone()
        if replaced is None:
            raise self._missing()
        self._connection.commit()
        self._values = dict(values)

    def _store(self) -> dict[str, Any]:
        return {"organization_id": self._config.organization_id, "store_id": self._config.id}

    def _owner(self) -> Owner:
        return Owner("store", self._config.organization_id, self._config.id)

    def _missing(self) -> ConfigurationError:
        return ConfigurationError(
            f'store "{self._config.key}" has no credentials; enter them with storeloom store add'
        )


class UnsavedVault:
    """The credentials of a store that is not saved yet, for whoever is about to save it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values: Mapping[str, str] = dict(values)

    def __repr__(self) -> str:
        return "UnsavedVault()"

    @contextmanager
    def exclusive(self) -> Iterator[HeldCredentials]:
        """Hold the credentials; nobody else knows of them."""
        yield self

    def replace(self, values: Mapping[str, str]) -> None:
        """Keep these instead, until they are saved with the store."""
        self.values = dict(values)
