"""A Shopify store synced into a real database through bulk operations."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Stream
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox.spec import BulkFaults


class Crm:
    """A database with one Shopify store in it."""

    def __init__(
        self, connection: psycopg.Connection[Any], database: str, organization: str, home: Path
    ) -> None:
        self._connection = connection
        self._database = database
        self._organization = organization
        self._keys = KeyRing.load(home, {})

    def store(self, server: SandboxServer, **settings: Any) -> StoreConfig:
        add_store(
            self._connection,
            self._keys,
            key="harbor",
            organization_id=self._organization,
            platform="shopify",
            base_url=server.shopify_url,
            credentials=server.credentials("shopify"),
            settings={"allow_http": True, "country": "US", **settings},
        )
        return load_config(self._connection, self._keys, "harbor")

    def sync(self, config: StoreConfig, *streams: Stream) -> StoreResult:
        return sync_store(
            self._database, config, run_id=uuid.uuid4().hex, streams=streams or tuple(Stream)
        )

    def rows(self) -> dict[str, int]:
        found = self._connection.execute(
            "select entity, count(*) from sync.record_map"
            " where content_hash is not null and deleted_at is null group by entity"
        ).fetchall()
        return dict(found)

    def watermark(self, stream: Stream) -> Any:
        return self._connection.execute(
            "select watermark from sync.cursors where stream = %s", [stream.value]
        ).fetchone()


@pytest.fixture
def crm(
    connection: psycopg.Connection[Any], database: str, organization: str, tmp_path: Path
) -> Crm:
    return Crm(connection, database, organization, tmp_path)


@pytest.fixture
def busy() -> Iterator[SandboxServer]:
    """A store whose operations are done at the fifth look."""
    bulk = BulkFaults(polls=4)
    with SandboxServer(SandboxSpec(orders=60, products=12, faults=Faults(bulk=bulk))) as running:
        yield running


def test_a_store_backfilled_in_bulk_is_complete_and_the_next_sync_writes_nothing(
    crm: Crm, busy: SandboxServer
) -> None:
    config = crm.store(busy, bulk_from=5, bulk_slice=20)
    assert crm.sync(config).error is None
    assert crm.rows() == busy.truth("shopify").rows
    again = crm.sync(config)
    assert again.error is None
    assert [one.inserted + one.updated + one.deleted for one in again.streams.values()] == [0] * 3


def test_deletions_of_every_kind_reach_the_database_in_one_sync(
    crm: Crm, busy: SandboxServer
) -> None:
    config = crm.store(busy)
    assert crm.sync(config).error is None
    keeper, world = busy.store("shopify"), busy.world("shopify")
    keeper.delete_order(next(one.id for one in world.orders if not one.is_test))
    keeper.delete_product(next(iter(world.products)).id)
    keeper.delete_variant(
        next(one for one in world.products if len(one.variants) > 1).variants[0].id
    )
    keeper.delete_customer(next(iter(world.customers)).id)
    source, target = list(world.customers)[-2:]
    keeper.merge_customers(source.id, target.id)
    result = crm.sync(config)
    assert result.error is None
    assert crm.rows() == busy.truth("shopify").rows
    assert result.streams[Stream.ORDERS].deleted == 1
    assert result.streams[Stream.CUSTOMERS].deleted == 2


def test_a_sync_that_ends_while_shopify_works_leaves_its_operation_to_the_next(
    crm: Crm, busy: SandboxServer
) -> None:
    config = crm.store(busy, bulk_from=5, bulk_wait_seconds=1)
    first = crm.sync(config, Stream.ORDERS)
    assert "still busy" in str(first.error)
    assert crm.rows() == {}
    second = crm.sync(config, Stream.ORDERS)
    assert second.error is None
    assert crm.rows() == {"orders": busy.truth("shopify").rows["orders"]}
    assert len(busy.bulk.operations) == 1


def test_a_result_that_lacks_rows_moves_no_cursor(crm: Crm) -> None:
    """airbytehq/airbyte#85372, seen from the database."""
    faults = Faults(bulk=BulkFaults(miscounts=99))
    with SandboxServer(SandboxSpec(orders=30, products=8, faults=faults)) as server:
        config = crm.store(server, bulk="always")
        assert "counted" in str(crm.sync(config, Stream.ORDERS).error)
        assert crm.rows() == {}
        assert crm.watermark(Stream.ORDERS) in (None, (None,))
