"""Sandbox shops as stores of the CRM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fixtures.woocommerce.synced import Synced

from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.sandbox import SandboxServer


@pytest.fixture
def synced(
    connection: psycopg.Connection[Any], database: str, organization: str, tmp_path: Path
) -> Callable[..., Synced]:
    """Make a running sandbox a store of the CRM; `settings` as people set them."""

    def add(sandbox: SandboxServer, **settings: Any) -> Synced:
        keys = KeyRing.load(tmp_path, {})
        add_store(
            connection,
            keys,
            organization_id=organization,
            key="demo",
            platform="woocommerce",
            base_url=sandbox.woocommerce_url,
            credentials=sandbox.credentials("woocommerce"),
            settings={"allow_http": True, **settings},
            currency="EUR",
        )
        config = load_config(connection, keys, "demo")
        return Synced(sandbox, config, database, connection)

    return add
