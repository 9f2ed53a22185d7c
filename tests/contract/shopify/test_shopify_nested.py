"""Lists inside a record, read to their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fixtures.shopify.payloads import (
    fulfillment,
    line,
    money,
    page,
    product,
    refund,
    variant,
)
from fixtures.shopify.reading import END, ids, numbered, read
from fixtures.shopify.scripted import ScriptedStore, data

from connectors.base import Window
from connectors.records import Order, Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]


def test_every_line_of_a_long_order_is_read(shop: ScriptedStore, connect: Connect) -> None:
    first = page(*(line(number) for number in range(1, 11)), cursor="l1")
    second = page(*(line(number) for number in range(11, 161)), cursor="l2")
    third = page(line(161))
    shop.will("Orders", data(orders=page(numbered(1, lineItems=first), numbered(2))))
    shop.will("OrderLines", data(order={"lineItems": second}), data(order={"lineItems": third}))
    (found,) = read(connect(), Stream.ORDERS)
    long, short = found.records
    assert isinstance(long, Order)
    assert isinstance(short, Order)
    assert [one.external_id for one in long.lines] == [str(number) for number in range(1, 162)]
    assert len(short.lines) == 1
    assert [request.variables["after"] for request in shop.asked("OrderLines")] == ["l1", "l2"]


def test_an_order_whose_lines_do_not_come_completely_is_put_aside(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will(
        "Orders", data(orders=page(numbered(1, lineItems=page(line(1), cursor="l")), numbered(2)))
    )
    shop.will("OrderLines", data(order={"lineItems": page(line(2), cursor="l")}))
    (found,) = read(connect(), Stream.ORDERS)
    assert ids([found]) == ["2"]
    assert [one.code for one in found.rejected] == ["truncated"]


def test_an_order_deleted_while_it_was_read_is_put_aside(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", data(orders=page(numbered(1, lineItems=page(line(1), cursor="l")))))
    shop.will("OrderLines", data(order=None))
    (found,) = read(connect(), Stream.ORDERS)
    assert [(one.external_id, one.code) for one in found.rejected] == [("1", "vanished")]


def test_lists_without_pages_are_read_again_whole_when_they_may_be_cut(
    shop: ScriptedStore, connect: Connect
) -> None:
    refunds = [refund(number, "1.0") for number in range(1, 6)]
    shipments = [fulfillment(number) for number in range(1, 5)]
    cut = numbered(
        1,
        refunds=refunds[:3],
        totalRefundedSet=money("5.0"),
        fulfillments=shipments[:3],
        fulfillmentsCount={"count": 4, "precision": "EXACT"},
    )
    shop.will("Orders", data(orders=page(cut)))
    shop.will("OrderRefunds", data(order={"refunds": refunds}))
    shop.will("OrderFulfillments", data(order={"fulfillments": shipments}))
    ((found,),) = [one.records for one in read(connect(), Stream.ORDERS)]
    assert isinstance(found, Order)
    assert len(found.refunds) == 5
    assert found.tracking_number == "TRACK1"
    assert len(shop.requests) == 3


def test_a_list_as_long_as_can_be_asked_for_is_not_taken_for_complete(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Orders", data(orders=page(numbered(1, refunds=[refund(1, "1.0")] * 3))))
    shop.will("OrderRefunds", data(order={"refunds": [refund(1, "1.0")] * 250}))
    (found,) = read(connect(), Stream.ORDERS)
    assert [one.code for one in found.rejected] == ["truncated"]


def bare(payload: dict[str, Any], *without: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in without}


def test_every_variant_of_a_product_is_read(shop: ScriptedStore, connect: Connect) -> None:
    own = [bare(variant(number), "product", "shopCurrency") for number in range(1, 5)]
    many = product(variants=page(*own[:2], cursor="v1"))
    shop.will("Products", data(shop={"currencyCode": "EUR"}, products=page(many)))
    shop.will(
        "ProductVariants",
        data(product={"variants": page(own[2], cursor="v2")}),
        data(product={"variants": page(own[3])}),
    )
    assert ids(read(connect(), Stream.PRODUCTS)) == ["4001", "4002", "4003", "4004"]


def test_products_of_every_status_are_asked_for(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Products", data(shop={"currencyCode": "EUR"}, products=page()))
    read(connect(), Stream.PRODUCTS)
    (request,) = shop.asked("Products")
    assert request.variables["query"] == (
        "status:active,draft,archived,unlisted AND updated_at:<'2026-11-01T00:00:01Z'"
    )


def test_a_variant_that_changed_without_its_product_is_found_and_not_read_twice(
    shop: ScriptedStore, connect: Connect
) -> None:
    window = Window(start=datetime(2026, 10, 1, tzinfo=UTC), end=END)
    still = product(id="gid://shopify/Product/1", updatedAt="2026-01-01T00:00:00Z")
    moved = product(id="gid://shopify/Product/2", updatedAt="2026-10-05T00:00:00Z")
    fresh = {"updatedAt": "2026-10-04T00:00:00Z"}
    shop.will(
        "ChangedVariants",
        data(
            shop={"currencyCode": "EUR"},
            productVariants=page(
                bare(variant(1, product=still, **fresh), "shopCurrency"),
                bare(variant(2, product=moved, **fresh), "shopCurrency"),
            ),
        ),
    )
    siblings = page(
        bare(variant(2, **fresh), "product", "shopCurrency"),
        bare(variant(3), "product", "shopCurrency"),
    )
    shop.will(
        "Products",
        data(shop={"currencyCode": "EUR"}, products=page({**moved, "variants": siblings})),
    )
    assert ids(read(connect(), Stream.PRODUCTS, window)) == ["4001", "4002", "4003"]


def test_a_product_without_variants_is_put_aside_instead_of_vanishing(
    shop: ScriptedStore, connect: Connect
) -> None:
    other = product(id="gid://shopify/Product/3002", variants=None)
    nodes = page(product(variants=page()), other)
    shop.will("Products", data(shop={"currencyCode": "EUR"}, products=nodes))
    (found,) = read(connect(), Stream.PRODUCTS)
    assert [one.code for one in found.rejected] == ["missing_variants"] * 2
    assert found.rejected[0].external_id == "3001"
