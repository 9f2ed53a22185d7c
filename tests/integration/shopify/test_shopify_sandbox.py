"""The Shopify connector against the sandbox: real GraphQL over real HTTP, traps included."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from connectors.base import Page, StoreConfig, Window
from connectors.errors import AuthFailed
from connectors.records import Order, Product, Record, Stream
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.shopify.client import ShopifyConnector

SPEC = SandboxSpec(orders=150, products=25, same_second=40)
Open = Callable[..., ShopifyConnector]


def connector(
    server: SandboxServer, credentials: dict[str, str] | None = None, **settings: Any
) -> ShopifyConnector:
    return ShopifyConnector(
        StoreConfig(
            id="1",
            organization_id="1",
            key="harbor",
            platform="shopify",
            base_url=server.shopify_url,
            settings={"allow_http": True, **settings},
            credentials=credentials or server.credentials("shopify"),
        )
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SPEC) as running:
        yield running


@pytest.fixture
def opened(sandbox: SandboxServer) -> Iterator[Open]:
    made: list[ShopifyConnector] = []

    def make(**settings: Any) -> ShopifyConnector:
        made.append(connector(sandbox, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def pages(reader: ShopifyConnector, stream: Stream, start: datetime | None = None) -> list[Page]:
    return list(reader.read(stream, Window(start=start, end=now())))


def records(reader: ShopifyConnector, stream: Stream, start: datetime | None = None) -> list[Any]:
    found = pages(reader, stream, start)
    assert [rejected.reason for page in found for rejected in page.rejected] == []
    return [record for page in found for record in page.records]


def by_id(found: list[Any]) -> dict[str, Record]:
    indexed = {record.external_id: record for record in found}
    assert len(indexed) == len(found), "a record came twice"
    return indexed


def totals(orders: list[Order]) -> dict[str, dict[str, Decimal]]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for order in orders:
        sums[order.status.value][order.currency] += order.total
    return {status: dict(amounts) for status, amounts in sums.items()}


def test_everything_the_store_holds_is_read_to_the_cent(
    sandbox: SandboxServer, opened: Open
) -> None:
    truth = sandbox.truth("shopify")
    reader = opened()
    assert {stream.value: len(by_id(records(reader, stream))) for stream in Stream} == truth.rows
    orders: list[Order] = records(reader, Stream.ORDERS)
    assert Counter(order.status.value for order in orders) == truth.orders_by_status
    assert totals(orders) == truth.order_totals_by_status
    refunded = sum((order.refunded_total for order in orders), Decimal(0))
    assert refunded == sum(truth.refunded.values())
    assert sum(order.customer_external_id is None for order in orders) == truth.guest_orders
    assert sum(page.skipped for page in pages(reader, Stream.ORDERS)) == truth.skipped_orders


def test_counts_agree_with_what_is_read(opened: Open) -> None:
    reader = opened()
    for stream in Stream:
        assert reader.count(stream) == len(records(reader, stream))


def test_ids_list_everything_read(opened: Open) -> None:
    reader = opened()
    for stream in Stream:
        listed = list(reader.list_ids(stream))
        assert len(listed) == len(set(listed))
        assert set(by_id(records(reader, stream))) <= set(listed)


def test_tiny_pages_and_tiny_nested_lists_give_the_same_records(opened: Open) -> None:
    small = opened(page_size=7, nested_page_size=1)
    large = opened()
    for stream in Stream:
        assert by_id(records(small, stream)) == by_id(records(large, stream))


def test_the_sandbox_has_orders_with_more_lines_than_a_page_of_lines(opened: Open) -> None:
    orders: list[Order] = records(opened(nested_page_size=2), Stream.ORDERS)
    assert any(len(order.lines) > 2 for order in orders)
    for order in orders:
        assert len({line.external_id for line in order.lines}) == len(order.lines)


def test_lines_point_to_products_that_are_read(opened: Open) -> None:
    reader = opened()
    products = by_id(records(reader, Stream.PRODUCTS))
    linked = {
        line.product_external_id
        for order in records(reader, Stream.ORDERS)
        for line in order.lines
        if line.product_external_id
    }
    assert linked
    assert linked <= set(products)


def test_orders_come_oldest_change_first_and_completeness_never_runs_ahead(opened: Open) -> None:
    found = pages(opened(page_size=9), Stream.ORDERS)
    times = [order.source_updated_at for page in found for order in page.records]
    assert times == sorted(times, key=lambda at: at or datetime.max.replace(tzinfo=UTC))
    for page, later in pairwise(found):
        assert page.complete_until is not None
        assert all(order.source_updated_at >= page.complete_until for order in later.records)


def test_one_changed_order_costs_at_most_three_calls_a_stream() -> None:
    with SandboxServer(SPEC) as server:
        reader = connector(server)
        chosen = by_id(records(reader, Stream.ORDERS)).popitem()[0]
        started = datetime.now(UTC) - timedelta(seconds=1)
        server.store("shopify").touch(int(chosen))
        for stream in Stream:
            before = reader.api_calls
            changed = {record.external_id for record in records(reader, stream, started)}
            assert reader.api_calls - before <= 3
            assert changed == ({chosen} if stream is Stream.ORDERS else set())
        reader.close()


def test_an_increment_over_edits_ends_where_a_full_reading_ends() -> None:
    with SandboxServer(SPEC) as server:
        reader = connector(server)
        known = {stream: by_id(records(reader, stream)) for stream in Stream}
        started = datetime.now(UTC) - timedelta(seconds=1)
        keeper = server.store("shopify")
        live = [
            order
            for order in known[Stream.ORDERS].values()
            if isinstance(order, Order) and order.status.value == "delivered"
        ]
        keeper.refund_order(int(live[0].external_id))
        keeper.cancel_order(int(live[1].external_id))
        keeper.edit_customer(int(next(iter(known[Stream.CUSTOMERS]))), first_name="Renamed")
        products = list(known[Stream.PRODUCTS].values())
        assert all(isinstance(product, Product) for product in products)
        keeper.edit_variant(int(products[0].external_id), price=98_765)
        last = products[-1]
        assert isinstance(last, Product)
        keeper.edit_product(int(last.parent_external_id or 0), name="Renamed")
        keeper.add_customer(email="new@example.com", first_name="New", last_name="Person")
        for stream in Stream:
            increment = by_id(records(reader, stream, started))
            assert 0 < len(increment) < len(known[stream])
            assert {**known[stream], **increment} == by_id(records(reader, stream))
        reader.close()


def test_a_store_that_fails_in_a_third_of_its_answers_is_read_completely() -> None:
    faults = Faults(throttle_rate=0.1, error_rate=0.08, reset_rate=0.07, truncate_rate=0.05)
    with SandboxServer(SandboxSpec(orders=60, products=10, seed=3)) as calm:
        reader = connector(calm)
        expected = {stream: by_id(records(reader, stream)) for stream in Stream}
        reader.close()
    with SandboxServer(SandboxSpec(orders=60, products=10, seed=3, faults=faults)) as rough:
        reader = connector(rough)
        assert {stream: by_id(records(reader, stream)) for stream in Stream} == expected
        assert sum(rough.judge.counts.values()) > 0
        reader.close()


def test_a_small_bucket_only_slows_the_reading_down() -> None:
    spec = SandboxSpec(orders=30, products=5, bucket_size=1_000, restore_per_second=2_000)
    with SandboxServer(spec) as server:
        reader = connector(server)
        assert len(records(reader, Stream.ORDERS)) == server.truth("shopify").rows["orders"]
        reader.close()


def test_an_app_with_client_credentials_reads_the_same(sandbox: SandboxServer) -> None:
    reader = connector(sandbox, credentials=sandbox.client_credentials())
    found: list[Product] = records(reader, Stream.PRODUCTS)
    assert len(found) == sandbox.truth("shopify").rows["products"]
    reader.close()


def test_a_token_without_a_scope_is_told_which() -> None:
    with SandboxServer(SandboxSpec(orders=5, products=3, scopes=("read_orders",))) as server:
        reader = connector(server)
        with pytest.raises(AuthFailed, match="read_customers"):
            list(reader.read(Stream.CUSTOMERS, Window(end=now())))
        with pytest.raises(AuthFailed, match="read_customers, read_products"):
            reader.probe()
        reader.close()


def test_a_wrong_token_is_refused_without_showing_it(sandbox: SandboxServer) -> None:
    reader = connector(sandbox, credentials={"access_token": "shpat_wrong_wrong_wrong"})
    with pytest.raises(AuthFailed, match="harbor") as raised:
        reader.probe()
    assert "shpat_wrong" not in str(raised.value)
    reader.close()
