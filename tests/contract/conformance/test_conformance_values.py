"""Amounts, times, nulls and words arrive as the shop has them, and one bad record blocks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from contract.conformance.adapters import shops, shops_by_stream
from contract.conformance.reading import by_id, by_name, living, read, records, some_of
from contract.conformance.shops import Ability, NewOrder, Shop

from connectors.base import Connector
from connectors.records import Order, OrderStatus, Product, Stream


def order_of(connector: Connector, external_id: str) -> Order:
    found = by_id(read(connector, Stream.ORDERS))[external_id]
    assert isinstance(found, Order)
    return found


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, msgspec.Struct):
        value = [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("total", ["0.00", "0.01", "19.90", "0.30", "1234567.89"])
@shops()
def test_an_order_total_arrives_to_the_cent(shop: Shop, connector: Connector, total: str) -> None:
    placed = shop.put_order(NewOrder(total=Decimal(total)))
    assert order_of(connector, placed).total == Decimal(total)


@shops()
def test_a_price_arrives_to_the_cent(shop: Shop, connector: Connector) -> None:
    made = shop.put_product(name="Odd price", price=Decimal("1234.56"))
    product = by_id(read(connector, Stream.PRODUCTS))[made]
    assert isinstance(product, Product)
    assert product.price == Decimal("1234.56")


@shops(Ability.FOREIGN_CURRENCY)
def test_an_order_in_another_currency_keeps_it(shop: Shop, connector: Connector) -> None:
    placed = shop.put_order(NewOrder(total=Decimal("12.34"), currency="GBP"))
    order = order_of(connector, placed)
    assert (order.total, order.currency) == (Decimal("12.34"), "GBP")


@shops(Ability.ZERO_DECIMALS)
def test_a_currency_without_decimals_is_not_divided_by_a_hundred(
    shop: Shop, connector: Connector
) -> None:
    placed = shop.put_order(NewOrder(total=Decimal(1990), currency="JPY"))
    order = order_of(connector, placed)
    assert (order.total, order.currency) == (Decimal(1990), "JPY")


@shops(Ability.THREE_DECIMALS)
def test_a_currency_of_three_decimals_is_rounded_half_up_to_the_cents_of_the_crm(
    shop: Shop, connector: Connector
) -> None:
    placed = shop.put_order(NewOrder(total=Decimal("12.345"), currency="KWD"))
    order = order_of(connector, placed)
    assert (order.total, order.currency) == (Decimal("12.35"), "KWD")


@shops_by_stream()
def test_no_value_of_any_record_is_a_binary_float_or_a_time_without_zone(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    for record in records(read(connector, stream)):
        for value in leaves(record):
            assert not isinstance(value, float), record
            if isinstance(value, datetime):
                assert value.tzinfo is not None, record
                assert value.utcoffset() == timedelta(0), record


@pytest.mark.parametrize("hours", [-10, 0, 13])
@shops()
def test_the_moment_of_an_order_is_kept_in_whatever_zone_it_was_placed(
    shop: Shop, connector: Connector, hours: int
) -> None:
    # The hour that Europe has twice when summer time ends.
    moment = datetime(2025, 10, 26, 0, 30, 15, tzinfo=UTC) + timedelta(hours=hours % 2)
    placed = shop.put_order(NewOrder(placed_at=moment.astimezone(timezone(timedelta(hours=hours)))))
    assert order_of(connector, placed).order_date == moment


@shops()
def test_a_customer_with_nothing_but_the_least_arrives(shop: Shop, connector: Connector) -> None:
    made = shop.put_customer(email="bare@example.com", bare=True)
    assert made in living(read(connector, Stream.CUSTOMERS))


@shops()
def test_an_order_with_every_optional_field_empty_arrives(shop: Shop, connector: Connector) -> None:
    buyer = shop.put_customer(email="bare@example.com", bare=True)
    placed = shop.put_order(NewOrder(bare=True, customer=buyer))
    assert order_of(connector, placed).customer_external_id == buyer


@shops(Ability.GUESTS)
def test_a_guest_is_known_by_the_email_and_has_no_customer(
    shop: Shop, connector: Connector
) -> None:
    placed = shop.put_order(NewOrder(email="guest@example.com"))
    order = order_of(connector, placed)
    assert (order.customer_external_id, order.email) == (None, "guest@example.com")


@shops(Ability.UNKNOWN_STATUS)
def test_a_status_nobody_heard_of_is_mapped_and_kept_as_the_platform_said_it(
    shop: Shop, connector: Connector
) -> None:
    placed = shop.put_order(NewOrder(status=shop.unknown_status))
    order = order_of(connector, placed)
    assert order.status in shop.unknown_becomes
    assert shop.unknown_status in (order.source_status or "")


@shops(Ability.REFUNDS)
def test_refunds_add_up_and_leave_the_total_alone(shop: Shop, connector: Connector) -> None:
    placed = shop.put_order(NewOrder(total=Decimal("30.00")))
    shop.refund(placed, Decimal("9.90"))
    shop.refund(placed, Decimal("0.10"))
    order = order_of(connector, placed)
    assert (order.total, order.refunded_total) == (Decimal("30.00"), Decimal("10.00"))
    assert order.status is not OrderStatus.REFUNDED


@shops(Ability.REFUNDS)
def test_an_order_given_back_whole_is_refunded(shop: Shop, connector: Connector) -> None:
    placed = shop.put_order(NewOrder(total=Decimal("30.00")))
    shop.refund(placed, Decimal("30.00"))
    order = order_of(connector, placed)
    assert (order.total, order.refunded_total) == (Decimal("30.00"), Decimal("30.00"))
    assert order.status is OrderStatus.REFUNDED


@shops(Ability.REDACTION)
def test_a_redacted_customer_comes_without_personal_data(shop: Shop, connector: Connector) -> None:
    made = shop.put_customer(email="private@example.com", name="Petra Privat")
    shop.redact(made)
    found = by_id(read(connector, Stream.CUSTOMERS))[made]
    assert "private@example.com" not in repr(found)
    assert "Privat" not in repr(found)


@shops_by_stream("break")
def test_a_record_that_cannot_be_mapped_is_put_aside_and_blocks_nobody(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    _, broken, _ = some_of(shop, stream, 3)
    shop.break_record(stream, broken)
    pages = read(connector, stream)
    rejected = [one for page in pages for one in page.rejected]
    assert [one.external_id for one in rejected] == [broken]
    assert rejected[0].reason
    assert rejected[0].payload
    assert set(living(pages)) == shop.ids(stream)


@shops_by_stream("break")
def test_asked_by_name_a_record_that_cannot_be_mapped_is_no_gone_one(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    good, broken = some_of(shop, stream, 2)
    shop.break_record(stream, broken)
    pages = by_name(connector, stream, [good, broken])
    assert living(pages) == [good]
    assert [one.external_id for page in pages for one in page.rejected] == [broken]
