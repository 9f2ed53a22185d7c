"""A store in the database and a way to sync records into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Record
from tests.integration.load.memory_store import MemoryStore

Rows = list[tuple[Any, ...]]


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing.load(tmp_path, {})


@pytest.fixture
def make_store(
    connection: psycopg.Connection[Any], keys: KeyRing, organization: str
) -> Callable[..., StoreConfig]:
    def make(key: str, **fields: Any) -> StoreConfig:
        parameters = {
            "organization_id": organization,
            "platform": "woocommerce",
            "base_url": "https://shop.example",
            "credentials": {"key": "secret"},
            "settings": {"country": "US"},
            **fields,
        }
        add_store(connection, keys, key=key, **parameters)
        return load_config(connection, keys, key)

    return make


@pytest.fixture
def config(make_store: Callable[..., StoreConfig]) -> StoreConfig:
    return make_store("shop")


@pytest.fixture
def sync(database: str) -> Callable[..., StoreResult]:
    """Put records into a store and read all of it; a fault of the store fails the test."""

    def run(store: MemoryStore, *records: Record, full: bool = True, **options: Any) -> StoreResult:
        store.put(*records)
        result = sync_store(
            database,
            store.config,
            run_id=uuid.uuid4().hex,
            connector=store,
            full=full,
            **options,
        )
        assert result.error is None, result.error
        return result

    return run


@pytest.fixture
def rows(connection: psycopg.Connection[Any]) -> Callable[..., Rows]:
    return lambda query, *parameters: connection.execute(query, parameters).fetchall()
