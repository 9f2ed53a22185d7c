"""From a BigCommerce store into the CRM's tables: equal to the cent, quiet when nothing moved."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.bigcommerce.client import BigCommerceConnector
from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.errors import AuthFailed
from connectors.records import Stream
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox.goods import add_variant

Database = psycopg.Connection[Any]
SPEC = SandboxSpec(orders=300, products=20, same_second=40, foreign_currency_rate=0.1)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SPEC) as running:
        yield running


@pytest.fixture
def config(
    connection: Database, organization: str, tmp_path: Path, sandbox: SandboxServer
) -> StoreConfig:
    keys = KeyRing.load(tmp_path, {})
    add_store(
        connection,
        keys,
        organization_id=organization,
        key="kiln",
        platform="bigcommerce",
        base_url=sandbox.base_url("bigcommerce"),
        credentials=sandbox.credentials("bigcommerce"),
        settings={"allow_http": True, "page_size": 25},
        currency="USD",
    )
    return load_config(connection, keys, "kiln")


@pytest.fixture
def sync(database: str, config: StoreConfig) -> Callable[..., StoreResult]:
    def run(**options: Any) -> StoreResult:
        connector = BigCommerceConnector(config, sleep=lambda _seconds: None)
        try:
            result = sync_store(
                database, config, run_id=uuid.uuid4().hex, connector=connector, **options
            )
        finally:
            connector.close()
        assert result.error is None, result.error
        return result

    return run


def orders_in_crm(connection: Database) -> tuple[int, Decimal, Decimal]:
    row = connection.execute(
        "select count(*), sum(total), sum(refunded_total) from crm_orders"
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def written(result: StoreResult) -> int:
    return sum(one.inserted + one.updated + one.deleted for one in result.streams.values())


def check(connection: Database, sandbox: SandboxServer) -> None:
    """Compare the CRM with the store's own sums."""
    truth = sandbox.truth("bigcommerce")
    count, total, refunded = orders_in_crm(connection)
    assert count == truth.rows["orders"]
    assert total == sum(truth.order_totals.values())
    assert refunded == sum(truth.refunded.values())
    by_status = dict(
        connection.execute("select status, count(*) from crm_orders group by status").fetchall()
    )
    assert by_status == truth.orders_by_status


def test_a_first_sync_equals_the_store_and_a_second_writes_no_row(
    connection: Database, sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    first = sync()
    truth = sandbox.truth("bigcommerce")
    assert {name.value: one.inserted for name, one in first.streams.items()} == truth.rows
    check(connection, sandbox)
    assert len(truth.order_totals) > 1, "orders in more than one currency"
    for second in (sync(), sync(full=True)):
        assert written(second) == 0


def test_changes_refunds_archived_and_deleted_records_arrive_and_then_nothing(
    connection: Database, sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    sync()
    keeper, world = sandbox.store("bigcommerce"), sandbox.world("bigcommerce")
    paid = [
        one for one in world.orders
        if one.state == "completed" and not one.refunds and one.total > 1000
    ]  # fmt: skip
    keeper.refund_order(paid[0].id, Decimal("1.00"))
    keeper.refund_order(paid[1].id)
    keeper.touch(paid[2].id)
    keeper.trash_order(paid[3].id)
    keeper.cancel_order(paid[4].id)
    placed = keeper.add_order(email="late@example.com")
    person = next(iter(world.customers))
    keeper.edit_customer(person.id, last_name="Renamed")
    product = next(one for one in world.products if len(one.variants) > 2)
    lost = product.variants[0].id
    keeper.delete_variant(lost)
    kept = add_variant(world, product, (("Size", "Huge"),), 99_00)
    keeper.edit_variant(kept.id, price=98_00)
    sync()
    check(connection, sandbox)
    rows = dict(
        connection.execute(
            "select ecommerce_product_id, is_active from crm_products"
            " where ecommerce_product_id = any(%s)",
            [[str(lost), str(kept.id)]],
        ).fetchall()
    )
    assert rows == {str(lost): False, str(kept.id): True}
    archived = connection.execute(
        "select status from crm_orders where ecommerce_order_id = %s", [str(paid[3].id)]
    ).fetchone()
    assert archived == ("cancelled",)
    late = connection.execute(
        "select 1 from crm_orders where ecommerce_order_id = %s", [str(placed.id)]
    ).fetchone()
    assert late is not None
    sync()
    assert written(sync()) == 0


def test_a_sync_of_one_changed_order_costs_three_calls_a_stream(
    sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    sync()
    world = sandbox.world("bigcommerce")
    # A shipped order costs one more, for its tracking number.
    waiting = next(one for one in world.orders if one.state == "failed" and not one.shipped_at)
    sandbox.store("bigcommerce").edit_order(waiting.id, email="moved@example.com")
    result = sync()
    assert result.streams[Stream.ORDERS].updated == 1
    over_midnight = time.gmtime().tm_hour == 0 and time.gmtime().tm_min < 10
    assert all(one.api_calls <= 3 + over_midnight for one in result.streams.values()), {
        name.value: one.api_calls for name, one in result.streams.items()
    }


def test_a_store_that_misbehaves_is_read_to_the_cent_all_the_same(
    connection: Database, sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    sandbox.judge.faults = Faults(
        throttle_rate=0.1, error_rate=0.1, reset_rate=0.05, truncate_rate=0.05, most_in_a_row=3
    )
    sync()
    check(connection, sandbox)


def test_the_allowance_of_a_small_plan_is_never_overdrawn() -> None:
    with SandboxServer(SandboxSpec(orders=200, products=10, bigcommerce_quota=40)) as sandbox:
        quota = sandbox.bigcommerce.quota
        config = StoreConfig(
            id="1",
            organization_id="1",
            key="kiln",
            platform="bigcommerce",
            base_url=sandbox.base_url("bigcommerce"),
            settings={"allow_http": True, "concurrency": 4},
            credentials=sandbox.credentials("bigcommerce"),
        )
        waits: list[float] = []

        def wait(seconds: float) -> None:
            # The test does not wait half a minute: the window is renewed instead.
            waits.append(seconds)
            quota.renew()

        connector = BigCommerceConnector(config, sleep=wait)
        try:
            assert sum(1 for _ in connector.list_ids(Stream.ORDERS))
            connector.probe()
            assert connector.count(Stream.ORDERS)
            ids = [str(one.id) for one in sandbox.world("bigcommerce").orders][::7]
            assert sum(page.fetched for page in connector.read_ids(Stream.ORDERS, ids)) == len(ids)
            everything = list(sandbox.world("bigcommerce").orders)
            pages = connector.read_ids(Stream.ORDERS, [str(one.id) for one in everything])
            assert sum(page.fetched for page in pages) == len(everything)
        finally:
            connector.close()
        assert waits
        assert quota.refused == 0


def test_every_missing_scope_is_named_at_once(sandbox: SandboxServer, config: StoreConfig) -> None:
    sandbox.bigcommerce.scopes = frozenset({"information", "products"})
    connector = BigCommerceConnector(config, sleep=lambda _seconds: None)
    with pytest.raises(AuthFailed, match=r"Orders, Customers, Orders|Orders.*Customers"):
        connector.probe()
    connector.close()


def test_the_probe_tells_currency_zone_and_clock(
    sandbox: SandboxServer, config: StoreConfig
) -> None:
    connector = BigCommerceConnector(config, sleep=lambda _seconds: None)
    found = connector.probe()
    assert (found.currency, found.time_zone) == ("USD", "America/Chicago")
    assert found.server_time is not None
    assert abs(found.server_time.timestamp() - time.time()) < 5
    assert found.api_version == "v2 and v3, Plus plan"
    assert found.warnings == ()
    connector.close()
