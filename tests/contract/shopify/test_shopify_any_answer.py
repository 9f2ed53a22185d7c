"""Answers with rubbish in any place: read, put aside, or refused; never a crash."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fixtures.shopify.payloads import (
    customer,
    fulfillment,
    line,
    order,
    page,
    product,
    refund,
    variant,
)
from fixtures.shopify.reading import END
from fixtures.shopify.rubbish import JSON_RUBBISH, paths, put
from fixtures.shopify.scripted import COST, Answer, ScriptedStore, failed

from connectors.base import Window
from connectors.errors import StoreError
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]
WINDOW = Window(start=datetime(2025, 1, 1, tzinfo=UTC), end=END)
TRIALS = 120


def answer(operation: str, root: str, payload: Any, **beside: Any) -> dict[str, Any]:
    errors = [
        failed("ACCESS_DENIED", path=[root, "nodes", 0, "x"]),
        failed("NOT_FOUND", path=[root, "nodes", 1, "x"]),
    ]
    return {
        "data": {root: payload, **beside},
        "errors": errors if operation in ("Customers", "Orders") else None,
        "extensions": {"cost": copy.deepcopy(COST)},
    }


def whole_variant(number: int) -> dict[str, Any]:
    found = variant(number)
    del found["shopCurrency"]
    return found


LONG = page(line(1), cursor="lines")
SHOP = {"currencyCode": "EUR"}
ANSWERS: dict[Stream, dict[str, dict[str, Any]]] = {
    Stream.CUSTOMERS: {
        "Customers": answer("Customers", "customers", page(customer(), customer(), cursor="c")),
    },
    Stream.ORDERS: {
        "Orders": answer(
            "Orders",
            "orders",
            page(
                order(lineItems=LONG, refunds=[refund(1, "1.0")] * 3),
                order(),
                order(fulfillments=[fulfillment(1)], fulfillmentsCount={"count": 2}),
            ),
        ),
        "OrderLines": answer("OrderLines", "order", {"lineItems": page(line(2))}),
        "OrderRefunds": answer("OrderRefunds", "order", {"refunds": [refund(1, "1.0")]}),
        "OrderFulfillments": answer(
            "OrderFulfillments", "order", {"fulfillments": [fulfillment(1)]}
        ),
    },
    Stream.PRODUCTS: {
        "ChangedVariants": answer(
            "ChangedVariants", "productVariants", page(whole_variant(1)), shop=SHOP
        ),
        "Products": answer(
            "Products",
            "products",
            page(product(variants=page(whole_variant(2), cursor="v"))),
            shop=SHOP,
        ),
        "ProductVariants": answer(
            "ProductVariants", "product", {"variants": page(whole_variant(3))}
        ),
    },
}


@pytest.mark.parametrize("stream", list(Stream))
def test_rubbish_in_any_place_of_an_answer_crashes_nothing(
    stream: Stream, shop: ScriptedStore, connect: Connect
) -> None:
    chance = random.Random(11)
    connector = connect()
    operations = sorted(ANSWERS[stream])
    for _ in range(TRIALS):
        answers = copy.deepcopy(ANSWERS[stream])
        spoiled = chance.choice(operations)
        place = chance.choice(paths(answers[spoiled]))
        rubbish = chance.choice(JSON_RUBBISH)
        put(answers[spoiled], place, rubbish)
        shop.forget()
        for operation, body in answers.items():
            shop.will(operation, Answer(body))
        assert is_settled(connector, stream), (spoiled, place, rubbish)


def is_settled(connector: ShopifyConnector, stream: Stream) -> bool:
    """Read to the end, or refused with a sentence; anything else is raised."""
    try:
        for found in connector.read(stream, WINDOW):
            if found.fetched != len(found.records) + len(found.rejected) + found.skipped:
                return False
    except StoreError as error:
        return "kettles" in str(error)
    return True
