"""From a WooCommerce shop into the CRM's tables: equal to the cent, quiet when nothing moved."""

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
from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.woocommerce.client import WooCommerceConnector

Database = psycopg.Connection[Any]


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=300, products=20, same_second=40)) as running:
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
        key="demo",
        platform="woocommerce",
        base_url=sandbox.woocommerce_url,
        credentials=sandbox.credentials("woocommerce"),
        settings={"allow_http": True, "page_size": 25},
        currency="EUR",
    )
    return load_config(connection, keys, "demo")


@pytest.fixture
def sync(database: str, config: StoreConfig) -> Callable[..., StoreResult]:
    def run(**options: Any) -> StoreResult:
        result = sync_store(
            database,
            config,
            run_id=uuid.uuid4().hex,
            connector=WooCommerceConnector(config, sleep=lambda _seconds: None),
            **options,
        )
        assert result.error is None, result.error
        return result

    return run


def orders_in_crm(connection: Database) -> tuple[int, Decimal, Decimal]:
    row = connection.execute(
        "select count(*), sum(total), sum(refunded_total) from crm_orders"
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def test_a_first_sync_equals_the_shop_and_a_second_writes_no_row(
    connection: Database, sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    truth = sandbox.truth("woocommerce")
    first = sync()
    assert {name.value: result.inserted for name, result in first.streams.items()} == truth.rows
    for second in (sync(), sync(full=True)):
        assert not any(result.inserted or result.updated for result in second.streams.values())
    count, total, refunded = orders_in_crm(connection)
    assert count == truth.rows["orders"]
    assert total == sum(truth.order_totals.values())
    assert refunded == sum(truth.refunded.values())
    by_status = dict(
        connection.execute("select status, count(*) from crm_orders group by status").fetchall()
    )
    assert by_status == truth.orders_by_status


def test_only_what_changed_in_the_shop_is_written(
    connection: Database, sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    sync()
    store = sandbox.store("woocommerce")
    orders = [
        order
        for order in sandbox.world("woocommerce").orders
        if order.state == "completed" and not order.refunds and order.total > 1000
    ]
    # A second ago: a window ends before the second the sync begins in, the next one has it.
    moment = int(time.time()) - 1
    store.refund_order(orders[0].id, Decimal("1.00"), at=moment)
    store.trash_order(orders[1].id, at=moment)
    store.touch(orders[2].id, at=moment)
    result = sync()
    assert result.streams[Stream.ORDERS].updated == 2
    assert result.streams[Stream.ORDERS].inserted == 0
    truth = sandbox.truth("woocommerce")
    count, total, refunded = orders_in_crm(connection)
    assert (count, total) == (truth.rows["orders"], sum(truth.order_totals.values()))
    assert refunded == sum(truth.refunded.values())


def test_a_national_number_without_an_address_is_read_in_the_shop_s_country(
    connection: Database, sandbox: SandboxServer, sync: Callable[..., StoreResult]
) -> None:
    customer = next(iter(sandbox.world("woocommerce").customers))
    sandbox.store("woocommerce").edit_customer(customer.id, phone="0151 23456789", address=None)
    sync()
    (phone,) = connection.execute(
        "select phone from crm_clients where ecommerce_customer_id = %s", (str(customer.id),)
    ).fetchone() or (None,)
    assert phone == "+4915123456789"
