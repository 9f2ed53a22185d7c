"""Our connectors, reading the sandbox, find exactly what its world holds, however it behaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Connector, StoreConfig, Window
from connectors.records import Order, Record, Stream
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox.spec import PLATFORMS
from connectors.sandbox.truth import is_counted
from connectors.shopify.client import ShopifyConnector
from connectors.woocommerce.client import WooCommerceConnector

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
STORMY = Faults(
    throttle_rate=0.1, error_rate=0.1, reset_rate=0.05, truncate_rate=0.05, most_in_a_row=4
)
SHABBY = Faults(notice_rate=0.3, short_pages=True, without_variations_route=True)


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def connector(sandbox: SandboxServer, platform: str) -> Connector:
    config = StoreConfig(
        id="1",
        organization_id="1",
        key=platform,
        platform=platform,
        base_url=sandbox.base_url(platform),
        settings={"allow_http": True},
        credentials=sandbox.credentials(platform),
    )
    # Backing off is tested elsewhere; here it would only cost time.
    kind: Any = ShopifyConnector if platform == "shopify" else WooCommerceConnector
    opened: Connector = kind(config, sleep=lambda _seconds: None)
    return opened


def read(source: Connector, stream: Stream, start: datetime | None = None) -> Iterator[Record]:
    end = datetime.now(UTC) + timedelta(minutes=1)
    for page in source.read(stream, Window(start=start, end=end)):
        assert not page.rejected
        yield from page.records


@pytest.mark.parametrize("faults", [Faults(), STORMY, SHABBY], ids=["calm", "stormy", "shabby"])
def test_a_full_read_equals_the_truth_to_the_cent(platform: str, faults: Faults) -> None:
    with SandboxServer(SandboxSpec(as_of=AS_OF, orders=250, products=20, faults=faults)) as sandbox:
        source = connector(sandbox, platform)
        try:
            found = {
                stream: {record.external_id: record for record in read(source, stream)}
                for stream in Stream
            }
        finally:
            source.close()
        told = sandbox.truth(platform)
    assert {stream.value: len(records) for stream, records in found.items()} == told.rows
    orders = [order for order in found[Stream.ORDERS].values() if isinstance(order, Order)]
    assert Counter(order.status.value for order in orders) == told.orders_by_status
    assert {told.currency: sum(order.total for order in orders)} == told.order_totals
    assert {told.currency: sum(order.refunded_total for order in orders)} == told.refunded


def test_an_incremental_read_brings_the_changes_and_little_else(platform: str) -> None:
    with SandboxServer(SandboxSpec(as_of=AS_OF, orders=120, products=10, same_second=5)) as sandbox:
        store = sandbox.store(platform)
        moved = [
            order.id
            for order in sandbox.world(platform).orders
            if order.total > order.refunded and order.paid_at and not order.is_test
        ]
        start = datetime.now(UTC) - timedelta(seconds=2)
        store.cancel_order(moved[0])
        store.refund_order(moved[1])
        added = store.add_order(email="Neu@example.com")
        source = connector(sandbox, platform)
        try:
            orders = [
                order for order in read(source, Stream.ORDERS, start) if isinstance(order, Order)
            ]
        finally:
            source.close()
    by_id = {order.external_id: order for order in orders}
    assert set(by_id) == {str(moved[0]), str(moved[1]), str(added.id)}
    assert by_id[str(moved[0])].status.value == "cancelled"
    assert by_id[str(moved[1])].status.value == "refunded"
    assert by_id[str(added.id)].email == "Neu@example.com"


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("ignored", [(), ("dates_are_gmt",), ("modified_after", "dates_are_gmt")])
def test_a_window_holds_the_same_orders_in_any_zone_and_under_any_filter_bug(
    zone: str, ignored: tuple[str, ...]
) -> None:
    faults = Faults(ignored_parameters=frozenset(ignored))
    spec = SandboxSpec(
        as_of=AS_OF, orders=150, products=10, time_zone=zone, same_second=60, faults=faults
    )
    with SandboxServer(spec) as sandbox:
        world = sandbox.world("woocommerce")
        times = sorted(order.modified_at for order in world.orders)
        start, end = times[40], times[-3] + 1
        source = connector(sandbox, "woocommerce")
        window = Window(
            start=datetime.fromtimestamp(start, UTC), end=datetime.fromtimestamp(end, UTC)
        )
        try:
            pages = list(source.read(Stream.ORDERS, window))
        finally:
            source.close()
        expected = {
            str(order.id)
            for order in world.orders
            if start <= order.modified_at < end and is_counted(order)
        }
    assert {record.external_id for page in pages for record in page.records} == expected
