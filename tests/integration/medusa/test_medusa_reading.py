"""What the connector yields, record by record, from a running Medusa."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from fixtures.medusa.server import EMAIL, PASSWORD, MedusaServer
from fixtures.medusa.truth import truth

from connectors.base import StoreConfig, Window
from connectors.errors import AuthFailed
from connectors.medusa.client import MedusaConnector
from connectors.records import Customer, Order, Product, Record, Stream

Make = Callable[..., StoreConfig]
KINDS = {Stream.CUSTOMERS: "customers", Stream.PRODUCTS: "variants", Stream.ORDERS: "orders"}


def read(connector: MedusaConnector, stream: Stream) -> list[Record]:
    window = Window(end=datetime.now(UTC) + timedelta(minutes=1))
    pages = list(connector.read(stream, window))
    assert [one.reason for page in pages for one in page.rejected] == []
    return [record for page in pages for record in page.records]


@pytest.mark.parametrize("page_size", [3, 200])
@pytest.mark.parametrize("stream", list(Stream))
def test_every_record_is_read_once_counted_and_listed(
    medusa: MedusaServer, store: Make, stream: Stream, page_size: int
) -> None:
    connector = MedusaConnector(store(medusa, page_size=page_size))
    expected = sorted(row[0] for row in truth(medusa.database_url, KINDS[stream]))
    assert sorted(record.external_id for record in read(connector, stream)) == expected
    assert connector.count(stream) == len(expected)
    assert set(connector.list_ids(stream)) == set(expected)
    connector.close()


def test_the_parts_of_an_order_add_up(medusa: MedusaServer, store: Make) -> None:
    for record in read(MedusaConnector(store(medusa)), Stream.ORDERS):
        assert isinstance(record, Order)
        parts = record.subtotal + record.shipping + record.tax - record.discount
        if not record.refunds and record.status.value != "cancelled":
            # Each part is rounded by itself.
            assert abs(parts - record.total) <= Decimal("0.02")


def test_guests_free_lines_and_deleted_customers_come_as_they_are(
    medusa: MedusaServer, store: Make
) -> None:
    connector = MedusaConnector(store(medusa))
    people = {one.external_id: one for one in read(connector, Stream.CUSTOMERS)}
    units = {one.external_id for one in read(connector, Stream.PRODUCTS)}
    orders = [one for one in read(connector, Stream.ORDERS) if isinstance(one, Order)]
    assert any(isinstance(one, Customer) and one.full_name is None for one in people.values())
    assert any(one.customer_external_id not in people for one in orders), "one was deleted"
    lines = [line for one in orders for line in one.lines]
    assert any(line.product_external_id is None for line in lines)
    assert any(line.product_external_id not in units for line in lines if line.product_external_id)
    assert any(one.tracking_number for one in orders)


def test_variants_have_the_price_of_the_currency_asked_for(
    medusa: MedusaServer, store: Make
) -> None:
    for currency in ("EUR", "JPY", "KWD"):
        connector = MedusaConnector(store(medusa, currency=currency))
        units = [one for one in read(connector, Stream.PRODUCTS) if isinstance(one, Product)]
        assert {one.currency for one in units} == {currency}
        assert connector.probe().currency == currency


def test_records_are_read_by_name_and_the_store_says_which_are_gone(
    medusa: MedusaServer, store: Make
) -> None:
    connector = MedusaConnector(store(medusa))
    for stream, kind in KINDS.items():
        known = [row[0] for row in truth(medusa.database_url, kind)]
        pages = list(connector.read_ids(stream, [*known, "never_was"]))
        assert {one.external_id for page in pages for one in page.records} == set(known)
        assert [one for page in pages for one in page.gone] == ["never_was"]


def test_a_login_reads_the_same_and_the_server_refuses_what_is_wrong(
    medusa: MedusaServer, store: Make
) -> None:
    login = {"email": EMAIL, "password": PASSWORD}
    assert MedusaConnector(store(medusa, credentials=login)).count(Stream.ORDERS) == len(
        truth(medusa.database_url, "orders")
    )
    for wrong in ({"email": EMAIL, "password": "no"}, {"api_key": "sk_no_such_key"}):
        connector = MedusaConnector(store(medusa, credentials=wrong))
        with pytest.raises(AuthFailed, match="medusa-shop"):
            connector.probe()
        assert connector.api_calls == 1


def test_the_oldest_order_and_the_shops_clock_are_told(medusa: MedusaServer, store: Make) -> None:
    connector = MedusaConnector(store(medusa))
    placed = [row[7] for row in truth(medusa.database_url, "orders")]
    assert connector.oldest_order() == min(placed)
    clock = connector.probe().server_time
    assert clock is not None
    assert abs(clock - datetime.now(UTC)) < timedelta(seconds=30)
