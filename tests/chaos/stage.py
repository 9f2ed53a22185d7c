"""Where histories are played: a database, sessions that stay open, and a bystander.

The bystander is an organization with the same people and the same ids. Whatever happens in the
others, no row of it may be written.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.sessions import Sessions
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import sync_store
from tests.chaos.counter import Counter
from tests.chaos.crm import Crm
from tests.chaos.people import CONTACTS, contact
from tests.chaos.shop import SHOPIFY, Shop

_BYSTANDERS: Final = 40


@dataclass
class Stage:
    """A migrated database of our own."""

    database_url: str
    connection: psycopg.Connection[Any]
    sessions: Sessions
    keys: KeyRing
    bystander: Crm = field(init=False)
    untouched: set[tuple[str, str, str]] = field(default_factory=set)

    def organization(self, name: str) -> Crm:
        """Make an organization."""
        row = self.connection.execute(
            "insert into public.organizations (name) values (%s) returning id::text", [name]
        ).fetchone()
        assert row is not None
        return Crm(self.connection, row[0])

    def store(self, crm: Crm, letter: str, platform: str, **settings: Any) -> tuple[Any, str]:
        """Add a store; return its configuration and the prefix of its ids."""
        key = f"{letter}-{uuid.uuid4().hex[:12]}"
        row = add_store(
            self.connection,
            self.keys,
            organization_id=crm.organization_id,
            key=key,
            platform=platform,
            base_url="https://shop.example",
            credentials={"key": "secret"},
            settings={"country": "US", **settings},
        )
        config: StoreConfig = load_config(self.connection, self.keys, key)
        return config, row.id_prefix


@contextmanager
def opened(database_url: str, directory: Path) -> Iterator[Stage]:
    """Open a stage; `directory` keeps the key of its credentials."""
    with (
        psycopg.connect(database_url, autocommit=True) as connection,
        Sessions(database_url, keep=2) as sessions,
    ):
        stage = Stage(database_url, connection, sessions, KeyRing.load(directory, {}))
        stage.bystander = stage.organization("Bystander")
        config, _ = stage.store(stage.bystander, "z", SHOPIFY.name)
        shop = Shop(SHOPIFY)
        for number in range(0, CONTACTS, CONTACTS // _BYSTANDERS):
            shop.tick(seconds=1)
            shop.register(contact(number), verified=True)
            shop.order(contact(number), None, 1_000)
        sync_store(database_url, config, run_id="bystander", connector=Counter(config, shop))
        stage.untouched = stage.bystander.versions()
        assert len(stage.untouched) > _BYSTANDERS
        yield stage
