from __future__ import annotations

import psycopg
from fixtures.vendure.server import VendureServer

STATES = {
    "AddingItems",
    "ArrangingAdditionalPayment",
    "ArrangingPayment",
    "Cancelled",
    "Delivered",
    "Draft",
    "PartiallyDelivered",
    "PartiallyShipped",
    "PaymentAuthorized",
    "PaymentSettled",
    "Shipped",
}


def test_the_fixture_is_a_real_shop_with_orders_of_every_shape(vendure: VendureServer) -> None:
    with psycopg.connect(vendure.database_url) as connection:
        states = connection.execute('select distinct state from "order"').fetchall()
        currencies = connection.execute('select distinct "currencyCode" from "order"').fetchall()
        refunds = connection.execute("select distinct state from refund").fetchall()

    assert {state for (state,) in states} == STATES
    assert {code for (code,) in currencies} == {"EUR", "JPY", "USD"}
    assert {state for (state,) in refunds} == {"Pending", "Failed", "Settled"}


def test_the_shop_answers_on_the_loopback_only(vendure: VendureServer) -> None:
    assert vendure.url.startswith("http://127.0.0.1:")
    listed = vendure.admin().run("{orders{totalItems}}")
    assert listed["orders"]["totalItems"] > 60
