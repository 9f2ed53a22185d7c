"""A store in the database and a way to sync records into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.privacy import Whom, erase_person
from connectors.crm.privacy_erase import Erased
from connectors.crm.stores import add_store, find_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Address, Record
from tests.integration.load.marked import Erase, Shops, ann, order_of_ann, raw_order
from tests.integration.load.memory_store import MemoryStore, customer, order

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


@pytest.fixture
def erase(database: str, organization: str, connection: psycopg.Connection[Any]) -> Erase:
    """Erase whom `named` names; `store` by its key."""

    def run(
        *, store: str | None = None, rehearsal: bool = False, everything: bool = False, **named: Any
    ) -> Erased:
        whom = Whom(
            organization_id=organization,
            store=find_store(connection, store) if store else None,
            **named,
        )
        return erase_person(
            database,
            whom,
            requested_by="ticket 7",
            run_id=uuid.uuid4().hex,
            is_everything=everything,
            is_rehearsal=rehearsal,
        )

    return run


@pytest.fixture
def shops(make_store: Callable[..., StoreConfig], sync: Callable[..., StoreResult]) -> Shops:
    """Ann in two shops, as a customer, as a guest and in quarantine; Bob beside her."""
    wool = MemoryStore(make_store("wool"), ann(), customer("2", email="bob@example.com"))
    wool.put(
        order_of_ann("10", customer_external_id="1"),
        order_of_ann("11"),
        order("12", customer_external_id="2", shipping_address=Address(line1="2 Bob Street")),
    )
    wool.rejected = [raw_order("90"), raw_order(None, total="7.25")]
    silk = MemoryStore(make_store("silk"), order_of_ann("10", total=Decimal(50)))
    sync(wool)
    sync(silk)
    return wool, silk
