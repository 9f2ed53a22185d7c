"""The connector against the sandbox's WooCommerce: to the cent, over both roads, after changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import trustme
from fixtures.woocommerce.reading import read, records

from connectors.base import StoreConfig, Window
from connectors.records import Order, OrderStatus, Product, Record, Stream, content_hash
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.woocommerce.client import WooCommerceConnector

SPEC = SandboxSpec(orders=400, products=25, same_second=60, foreign_currency_rate=0.1)


def connect(sandbox: SandboxServer, **settings: object) -> WooCommerceConnector:
    config = StoreConfig(
        id="1",
        organization_id="1",
        key="demo",
        platform="woocommerce",
        base_url=sandbox.woocommerce_url,
        settings={"allow_http": True, "page_size": 50, **settings},
        credentials=sandbox.credentials("woocommerce"),
    )
    return WooCommerceConnector(config, sleep=lambda _seconds: None)


def now() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def everything(opened: WooCommerceConnector) -> dict[Stream, dict[str, Record]]:
    return {
        stream: {
            record.external_id: record
            for record in records(read(opened, stream, Window(end=now())))
        }
        for stream in Stream
    }


def assert_equals_truth(sandbox: SandboxServer, opened: WooCommerceConnector) -> None:
    truth = sandbox.truth("woocommerce")
    found = everything(opened)
    assert {stream.value: len(rows) for stream, rows in found.items()} == truth.rows
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    refunded: defaultdict[str, Decimal] = defaultdict(Decimal)
    orders = [order for order in found[Stream.ORDERS].values() if isinstance(order, Order)]
    for order in orders:
        totals[order.currency] += order.total
        refunded[order.currency] += order.refunded_total
    assert totals == truth.order_totals
    assert {name: value for name, value in refunded.items() if value} == {
        name: value for name, value in truth.refunded.items() if value
    }
    assert Counter(order.status.value for order in orders) == truth.orders_by_status
    assert sum(order.is_deleted for order in orders) == truth.trashed
    assert sum(order.customer_external_id is None for order in orders) == truth.guest_orders


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SPEC) as running:
        yield running


def test_over_http_everything_equals_the_truth(sandbox: SandboxServer) -> None:
    opened = connect(sandbox)
    assert_equals_truth(sandbox, opened)
    truth = sandbox.truth("woocommerce")
    for stream in Stream:
        trashed = truth.trashed if stream is Stream.ORDERS else 0
        assert opened.count(stream) == truth.rows[stream.value] - trashed
        assert len(set(opened.list_ids(stream))) == opened.count(stream)


def test_over_https_with_a_private_authority_and_a_dropped_header(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "certificate", "key")}
    authority.cert_pem.write_to_path(str(files["ca"]))
    issued.cert_chain_pems[0].write_to_path(str(files["certificate"]))
    issued.private_key_pem.write_to_path(str(files["key"]))
    spec = SandboxSpec(
        orders=120,
        products=10,
        certificate=files["certificate"],
        private_key=files["key"],
        faults=Faults(drop_authorization=True),
    )
    with SandboxServer(spec) as sandbox:
        opened = connect(sandbox, allow_http=False, ca_file=str(files["ca"]))
        assert any("Authorization header" in warning for warning in opened.probe().warnings)
        assert_equals_truth(sandbox, opened)


def test_thirty_percent_of_failures_change_nothing() -> None:
    faults = Faults(throttle_rate=0.1, error_rate=0.1, reset_rate=0.05, truncate_rate=0.05)
    with SandboxServer(SandboxSpec(orders=300, products=20, faults=faults)) as sandbox:
        assert_equals_truth(sandbox, connect(sandbox))
        assert sum(sandbox.judge.counts.values()) > 0


def test_the_probe_tells_what_the_shop_is(sandbox: SandboxServer) -> None:
    found = connect(sandbox).probe()
    assert (found.currency, found.time_zone) == ("EUR", "Europe/Berlin")
    assert found.api_version == "11.0.1"


def test_changes_arrive_with_the_next_window() -> None:
    with SandboxServer(SandboxSpec(orders=200, products=15)) as sandbox:
        opened = connect(sandbox)
        before = everything(opened)
        orders = [
            order
            for order in before[Stream.ORDERS].values()
            if isinstance(order, Order)
            and order.status is OrderStatus.DELIVERED
            and not order.refunds
            and order.total > 1
        ]
        refunded, part, viewed, trashed, cancelled = (order.external_id for order in orders[:5])
        start = datetime.now(UTC)
        store = sandbox.store("woocommerce")
        store.refund_order(int(refunded))
        store.refund_order(int(part), Decimal("0.50"))
        store.touch(int(viewed))
        store.trash_order(int(trashed))
        store.cancel_order(int(cancelled))
        window = Window(start=start - timedelta(seconds=2), end=now())
        after = {
            record.external_id: record
            for record in records(read(opened, Stream.ORDERS, window))
            if isinstance(record, Order)
        }
        assert set(after) == {refunded, part, viewed, trashed, cancelled}
        assert after[refunded].status is OrderStatus.REFUNDED
        assert after[refunded].total == after[refunded].refunded_total
        assert after[part].status is OrderStatus.DELIVERED
        assert after[part].refunded_total == Decimal("0.50")
        assert content_hash(after[viewed]) == content_hash(before[Stream.ORDERS][viewed])
        assert after[trashed].is_deleted
        assert after[cancelled].status is OrderStatus.CANCELLED


def test_an_older_woocommerce_yields_the_same_products(sandbox: SandboxServer) -> None:
    faults = Faults(without_variations_route=True)
    old = SandboxSpec(
        orders=SPEC.orders,
        products=SPEC.products,
        same_second=SPEC.same_second,
        foreign_currency_rate=SPEC.foreign_currency_rate,
        faults=faults,
    )
    new_products = everything(connect(sandbox))[Stream.PRODUCTS]
    with SandboxServer(old) as older:
        old_products = everything(connect(older))[Stream.PRODUCTS]
    assert old_products == new_products
    assert any(
        isinstance(product, Product) and product.parent_external_id
        for product in old_products.values()
    )
