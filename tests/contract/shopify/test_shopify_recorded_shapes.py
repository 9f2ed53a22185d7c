"""Shapes met in answers that people recorded from live stores, as small payloads of our own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fixtures.shopify.payloads import customer, fulfillment, line, money, page, product, variant
from fixtures.shopify.reading import ids, numbered, read
from fixtures.shopify.scripted import Answer, ScriptedStore, data, failed

from connectors.errors import AuthFailed, StoreError
from connectors.records import Order, OrderStatus, Product, Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]


def orders(shop: ScriptedStore, connector: ShopifyConnector, *nodes: Any) -> Any:
    """Read a page of these orders, none of whose parts can be asked for by themselves."""
    shop.will("Orders", data(orders=page(*nodes)))
    for operation in ("OrderLines", "OrderRefunds", "OrderFulfillments"):
        shop.will(operation, data(order=None))
    (found,) = read(connector, Stream.ORDERS)
    return found


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"id": "gid://shopify/DraftOrder/5"}, "wrong_kind", "is one of DraftOrder, not of Order"),
        ({"id": "gid://shopify/Order/return-flow"}, "bad_id", "no Shopify id"),
        ({"id": None}, "missing_id", "order id is missing"),
        ({"totalPriceSet": None}, "missing_amount", "the order has no total"),
        ({"totalPriceSet": {"presentmentMoney": {"amount": "5"}}}, "missing_amount", "no total"),
        ({"totalPriceSet": money("12,50")}, "bad_amount", "no amount: '12,50'"),
        ({"createdAt": None, "processedAt": None}, "missing_time", "the order has no date"),
        ({"processedAt": "yesterday"}, "bad_time", "not a time: 'yesterday'"),
        ({"lineItems": {"edges": [{"node": None}]}}, "bad_shape", "lineItems has an empty place"),
        ({"lineItems": [1]}, "bad_shape", "lineItems is no object"),
        ({"fulfillments": "none"}, "bad_shape", "fulfillments is no list"),
        ({"currencyCode": "EURO"}, "bad_currency", "'EURO' is not an ISO code"),
        ({"admin_graphql_api_id": "gid://shopify/Order/2"}, "rest_payload", "REST API"),
    ],
)
def test_an_order_that_makes_no_sense_is_put_aside_with_a_reason_and_its_page_goes_on(
    shop: ScriptedStore, connect: Connect, changes: dict[str, Any], code: str, told: str
) -> None:
    found = orders(shop, connect(), numbered(1), {**numbered(2), **changes}, numbered(3))
    assert ids([found]) == ["1", "3"]
    (rejected,) = found.rejected
    assert rejected.code == code
    assert told in rejected.reason
    assert rejected.payload["name"] == "#1001"


def test_an_order_of_which_only_some_fields_were_asked_for_is_taken_where_they_suffice(
    shop: ScriptedStore, connect: Connect
) -> None:
    bare = {
        "id": "gid://shopify/Order/9",
        "createdAt": "2026-05-05T00:00:00.000Z",
        "totalPriceSet": {"shopMoney": {"amount": "10.0"}},
        "displayFinancialStatus": None,
        "displayFulfillmentStatus": "UNFULFILLED",
    }
    found = orders(shop, connect(currency="CAD"), bare)
    (order,) = found.records
    assert isinstance(order, Order)
    assert (order.total, order.currency, order.order_number) == (Decimal("10.00"), "CAD", "9")
    assert order.status is OrderStatus.PENDING
    assert order.lines == ()


def test_older_shapes_of_lists_and_amounts_are_understood(
    shop: ScriptedStore, connect: Connect
) -> None:
    node = numbered(
        1,
        lineItems={"edges": [{"node": line(1)}, {"node": line(2, variant=None, sku="")}]},
        fulfillments=[fulfillment(1, trackingInfo=None, displayStatus=None)],
        fulfillmentsCount={"count": 1},
        totalTaxSet=None,
        totalTax="9.5",
        customer=None,
        email="",
    )
    (order,) = orders(shop, connect(), node).records
    assert isinstance(order, Order)
    assert [one.product_external_id for one in order.lines] == ["4001", None]
    assert (order.tax, order.email, order.tracking_number) == (Decimal("9.50"), None, None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [(19.1, "19.10"), (0.1, "0.10"), (1e-05, "0.00"), (33.335, "33.34"), (7, "7.00")],
)
def test_an_amount_that_is_a_number_and_no_text_stays_exact(
    shop: ScriptedStore, connect: Connect, written: float, meant: str
) -> None:
    (order,) = orders(shop, connect(), numbered(1, totalPriceSet=money(written))).records
    assert isinstance(order, Order)
    assert order.total == Decimal(meant)


def test_a_customer_keeps_what_is_left_when_all_else_is_null(
    shop: ScriptedStore, connect: Connect
) -> None:
    bare = {**dict.fromkeys(customer()), "id": "gid://shopify/Customer/1"}
    foreign = {**customer(), "id": "gid://shopify/CompanyContact/2"}
    shop.will("Customers", data(customers=page(bare, foreign, None, "x")))
    (found,) = read(connect(), Stream.CUSTOMERS)
    assert ids([found]) == ["1"]
    assert [one.code for one in found.rejected] == ["wrong_kind", "empty", "bad_shape"]


def test_a_product_that_comes_without_what_its_variants_need_is_put_aside(
    shop: ScriptedStore, connect: Connect
) -> None:
    good = product(variants=page(variant(1), variant(2, price=None)))
    bare = {"id": "gid://shopify/Product/3002", "title": "No variants asked for"}
    nameless = product(
        id="gid://shopify/Product/3003", title=None, variants=page(variant(4, title=None))
    )
    shop.will("Products", data(products=page(good, bare, nameless), shop={"currencyCode": "EUR"}))
    (found,) = read(connect(), Stream.PRODUCTS)
    assert ids([found]) == ["4001"]
    assert isinstance(found.records[0], Product)
    assert [(one.code, one.reason) for one in found.rejected] == [
        ("missing_amount", "the variant has no price"),
        ("missing_variants", "the product comes without variants"),
        ("missing_name", "the product has no title"),
    ]


def test_an_error_that_says_which_scopes_would_do_is_passed_on(
    shop: ScriptedStore, connect: Connect
) -> None:
    denied = failed(
        "ACCESS_DENIED",
        "Access denied for customers field.",
        path=["customers"],
        requiredAccess="`read_customers` access scope. Also: the app must be approved.",
    )
    shop.will("Customers", Answer({"data": {"customers": None}, "errors": [denied]}))
    with pytest.raises(AuthFailed, match=r"`read_customers`.*must be approved"):
        read(connect(), Stream.CUSTOMERS)


@pytest.mark.parametrize(
    "errors",
    [
        {"base": ["the shop is being moved"]},
        "the shop is being moved",
        ["the shop is being moved"],
        [{"message": "the shop is being moved\nRequest ID: 65a6", "extensions": {}}],
    ],
)
def test_an_error_of_any_shape_says_what_shopify_said(
    shop: ScriptedStore, connect: Connect, errors: Any
) -> None:
    shop.will("Orders", Answer({"errors": errors}))
    with pytest.raises(StoreError, match="the shop is being moved"):
        read(connect(), Stream.ORDERS)


def test_a_filter_that_shopify_ignores_is_said_once_and_costs_nothing_but_time(
    shop: ScriptedStore, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    search = [{"warnings": [{"field": "updated_at", "message": "Invalid search field."}]}]
    for cursor in ("a", None):
        nodes = page(numbered(1 if cursor else 2), cursor=cursor)
        shop.will("Orders", Answer({"data": {"orders": nodes}, "extensions": {"search": search}}))
    assert ids(read(connect(), Stream.ORDERS)) == ["1", "2"]
    (said,) = [record.getMessage() for record in caplog.records if "ignores" in record.message]
    assert "updated_at: Invalid search field." in said
