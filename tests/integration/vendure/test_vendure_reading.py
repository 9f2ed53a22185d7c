from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from fixtures.vendure.server import VendureServer
from fixtures.vendure.truth import Rows, truth

from connectors.base import StoreConfig, Window
from connectors.records import Customer, Order, Product, Record, Stream
from connectors.registry import open_connector
from connectors.vendure.client import VendureConnector


@contextmanager
def reading(config: StoreConfig) -> Iterator[VendureConnector]:
    with closing(open_connector(config)) as connector:
        yield cast(VendureConnector, connector)


def everything(connector: VendureConnector, stream: Stream) -> list[Record]:
    pages = list(connector.read(stream, Window(end=datetime.now(UTC))))
    assert all(page.fetched == len(page.records) for page in pages)
    assert [page.complete_until is not None for page in pages] == [False] * (len(pages) - 1) + [
        True
    ]
    return [record for page in pages for record in page.records]


def customer_rows(records: list[Record]) -> Rows:
    customers = [record for record in records if isinstance(record, Customer)]
    return [
        (one.external_id, one.email, one.full_name, one.phone, one.email_verified)
        for one in customers
    ]


def product_rows(records: list[Record]) -> Rows:
    products = [record for record in records if isinstance(record, Product)]
    return [
        (one.external_id, one.parent_external_id, one.name, one.sku, one.price, one.is_active)
        for one in products
    ]


def order_rows(records: list[Record]) -> Rows:
    return [
        (
            one.external_id,
            one.order_number,
            one.source_status,
            one.currency,
            one.total,
            one.refunded_total,
            one.status.value,
            len(one.lines),
            sum(line.quantity for line in one.lines if line.product_external_id),
            one.order_date,
        )
        for one in records
        if isinstance(one, Order)
    ]


CASES: list[tuple[Stream, str, Callable[[list[Record]], Rows]]] = [
    (Stream.CUSTOMERS, "customers", customer_rows),
    (Stream.PRODUCTS, "variants", product_rows),
    (Stream.ORDERS, "orders", order_rows),
]


@pytest.mark.parametrize("has_many_pages", [True, False])
@pytest.mark.parametrize(("stream", "name", "rows"), CASES, ids=[case[1] for case in CASES])
def test_every_record_equals_what_the_shops_database_holds(
    vendure: VendureServer,
    store: Callable[..., StoreConfig],
    stream: Stream,
    name: str,
    rows: Callable[[list[Record]], Rows],
    has_many_pages: bool,
) -> None:
    # Three a page; the server takes half a second for a page of variants, however short.
    small = 20 if stream is Stream.PRODUCTS else 3
    with reading(store(vendure, page_size=small if has_many_pages else 1000)) as connector:
        read = rows(everything(connector, stream))

    expected = truth(vendure.database_url, name)
    assert read == expected
    assert len(read) > 15


@pytest.mark.parametrize(("stream", "name", "rows"), CASES, ids=[case[1] for case in CASES])
def test_count_and_ids_are_those_of_a_full_read(
    vendure: VendureServer,
    store: Callable[..., StoreConfig],
    stream: Stream,
    name: str,
    rows: Callable[[list[Record]], Rows],
) -> None:
    with reading(store(vendure, page_size=7)) as connector:
        ids = list(connector.list_ids(stream))
        count = connector.count(stream)

    assert ids == [row[0] for row in truth(vendure.database_url, name)]
    assert count == len(ids)


def test_every_status_of_the_crm_that_vendure_can_mean_is_in_the_seed(
    vendure: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    with reading(store(vendure)) as connector:
        orders = [one for one in everything(connector, Stream.ORDERS) if isinstance(one, Order)]

    assert {one.status.value for one in orders} == {
        "processing",
        "shipped",
        "delivered",
        "cancelled",
        "refunded",
    }
    assert any(one.discount > 0 for one in orders)
    assert any(one.tracking_number for one in orders)
    assert any(line.product_external_id is None for one in orders for line in one.lines)
    for one in orders:
        assert one.subtotal + one.shipping + one.tax == one.total
        assert 0 <= one.refunded_total <= one.total


def test_orders_older_than_the_reread_days_come_only_when_their_own_time_moved(
    vendure: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    window = Window(start=later, end=later + timedelta(hours=1))
    with reading(store(vendure, reread_days=0)) as connector:
        assert [page.fetched for page in connector.read(Stream.ORDERS, window)] == [0]
    with reading(store(vendure)) as connector:
        fetched = sum(page.fetched for page in connector.read(Stream.ORDERS, window))
    assert fetched == len(truth(vendure.database_url, "orders"))


def test_a_window_includes_the_moment_it_starts_at(
    vendure: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    with reading(store(vendure, reread_days=0)) as connector:
        placed = max(row[9] for row in order_rows(everything(connector, Stream.ORDERS)))
        window = Window(start=placed, end=placed + timedelta(days=1))
        found = [one for page in connector.read(Stream.ORDERS, window) for one in page.records]
    assert placed in [one.order_date for one in found if isinstance(one, Order)]


def test_yen_have_the_decimals_the_server_gives_them_unless_the_store_says_otherwise(
    vendure: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    def yen(config: StoreConfig) -> list[Any]:
        with reading(config) as connector:
            orders = everything(connector, Stream.ORDERS)
        return [one.total for one in orders if isinstance(one, Order) and one.currency == "JPY"]

    as_the_admin_shows = yen(store(vendure))
    by_currency = yen(store(vendure, minor_units="currency"))
    assert len(as_the_admin_shows) == 2
    assert by_currency == [total * 100 for total in as_the_admin_shows]
