"""Stores behind a vandal, as stores of the CRM."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fixtures.http.vandal import Vandal

from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.sandbox import SandboxServer

Rows = list[tuple[Any, ...]]


@dataclass
class Shop:
    """One store, read through its vandal, and the CRM it is synced into."""

    platform: str
    organization: str
    sandbox: SandboxServer
    vandal: Vandal
    database: str
    connection: psycopg.Connection[Any]
    keys: KeyRing
    settings: dict[str, Any] = field(default_factory=dict)

    def sync(self, **options: Any) -> StoreResult:
        """Sync as it is configured by now; raises what stopped it."""
        base = {"woocommerce": "/woocommerce", "shopify": ""}[self.platform]
        add_store(
            self.connection,
            self.keys,
            organization_id=self.organization,
            key="shop",
            platform=self.platform,
            base_url=self.vandal.url + base,
            credentials=self.sandbox.credentials(self.platform),
            settings={"allow_http": True, **self.settings},
        )
        config = load_config(self.connection, self.keys, "shop")
        result = sync_store(self.database, config, run_id=uuid.uuid4().hex, **options)
        if result.error is not None:
            raise result.error
        return result

    def rows(self, query: str, *parameters: Any) -> Rows:
        return self.connection.execute(query.encode(), parameters).fetchall()


@pytest.fixture
def shop(
    connection: psycopg.Connection[Any], database: str, organization: str, tmp_path: Path
) -> Callable[..., Shop]:
    def make(platform: str, sandbox: SandboxServer, vandal: Vandal, **settings: Any) -> Shop:
        keys = KeyRing.load(tmp_path, {})
        return Shop(platform, organization, sandbox, vandal, database, connection, keys, settings)

    return make
