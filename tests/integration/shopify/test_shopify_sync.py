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


@pytest.mark.parametrize("moves_dates", [True, False])
def test_a_customer_merged_into_another_is_gone_after_the_very_next_sync(
    crm: Crm, connection: psycopg.Connection[Any], moves_dates: bool
) -> None:
    """No feed names it, and a newcomer keeps the counts equal. One order's date moves at least."""
    with SandboxServer(SandboxSpec(orders=60, products=12)) as server:
        config = crm.store(server)
        assert crm.sync(config).error is None
        world, keeper = server.world("shopify"), server.store("shopify")
        buyers = [order.customer_id for order in world.orders if order.customer_id]
        source = max(set(buyers), key=buyers.count)
        target = next(one for one in buyers if one != source)
        theirs = [order for order in world.orders if order.customer_id == source]
        times = {order.id: order.modified_at for order in theirs}
        keeper.merge_customers(source, target)
        if not moves_dates:
            for order in theirs[1:]:
                world.orders.changed(order, at=times[order.id])
        keeper.add_customer("newcomer@example.org")

        result = crm.sync(config)

        assert result.error is None
        assert result.streams[Stream.CUSTOMERS].deleted == 1
        placed = connection.execute(
            "select distinct person_external_id from sync.record_map"
            " where entity = 'orders' and external_id = any(%s)",
            [[str(order.id) for order in theirs]],
        ).fetchall()
        assert placed == [(str(target),)]
        assert connection.execute("select count(*) from sync.rereads").fetchone() == (0,)
