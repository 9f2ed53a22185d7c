"""Whatever the store answers: records, records put aside, or an error that says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fixtures.bigcommerce import payloads
from fixtures.bigcommerce.store import END, FIRST, Store, connect, told
from fixtures.http.scripted import ScriptedServer, Told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Window
from connectors.bigcommerce.client import BigCommerceConnector
from connectors.errors import StoreError
from connectors.records import Stream

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.text(max_size=12)
    | st.sampled_from(
        ["0", "7", "49.2000", "Mon, 02 Mar 2026 10:00:00 +0000", "2026-03-02T10:00:00Z"]
    )
)
RUBBISH = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Shop:
    """A server and a connector on it that hardly insists."""

    def __init__(self, store: Store, server: ScriptedServer) -> None:
        self.store = store
        self.connector: BigCommerceConnector = connect(server, page_size=250)

    def read(self, stream: Stream) -> None:
        window = Window(start=FIRST, end=END)
        error: StoreError | None = None
        try:
            for page in self.connector.read(stream, window):
                assert page.fetched == len(page.records) + len(page.rejected) + page.skipped
                assert all(one.reason for one in page.rejected)
            self.connector.count(stream)
            list(self.connector.list_ids(stream))
            self.connector.oldest_order()
        except StoreError as found:
            error = found
        if error is not None:
            assert str(error).startswith('store "kiln": ')


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    store = Store()
    with store.serve() as server:
        opened = Shop(store, server)
        yield opened
        opened.connector.close()


def spoilt(payload: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(sorted(payload)), RUBBISH, max_size=3).map(
        lambda changes: payload | changes
    )


@SETTINGS
@given(
    rows=st.lists(spoilt(payloads.order(status_id=2)) | RUBBISH, max_size=4),
    parts=st.lists(RUBBISH | spoilt(payloads.line()), max_size=3),
    refunds=st.lists(RUBBISH | spoilt({"id": 1, "order_id": 300, "total_amount": 4}), max_size=3),
    counted=RUBBISH,
)
def test_any_answer_about_orders(
    shop: Shop, rows: list[Any], parts: list[Any], refunds: list[Any], counted: Any
) -> None:
    shop.store.answers = {
        "v2/orders": told(rows) if rows else Told(b"", 204),
        "v2/orders/300/products": told(parts),
        "v2/orders/300/shipments": told(parts),
        "v3/orders/payment_actions/refunds": told({"data": refunds, "meta": {}}),
        "v2/orders/count": told({"count": counted, "statuses": [counted, {"id": counted}]}),
    }
    shop.read(Stream.ORDERS)


@SETTINGS
@given(
    rows=st.lists(
        RUBBISH | spoilt({**payloads.product(), "variants": [payloads.variant()]}), max_size=4
    ),
    names=st.lists(RUBBISH, max_size=3),
    meta=RUBBISH,
)
def test_any_answer_about_products(
    shop: Shop, rows: list[Any], names: list[Any], meta: Any
) -> None:
    shop.store.answers = {
        "v3/catalog/products": told({"data": rows, "meta": meta}),
        "v3/catalog/categories": told({"data": names}),
        "v3/catalog/variants": told({"data": names, "meta": {"pagination": meta}}),
    }
    shop.read(Stream.PRODUCTS)


@SETTINGS
@given(rows=st.lists(RUBBISH | spoilt(payloads.customer()), max_size=4), meta=RUBBISH)
def test_any_answer_about_customers(shop: Shop, rows: list[Any], meta: Any) -> None:
    shop.store.answers = {
        "v3/customers": told({"data": rows, "meta": {"cursor_pagination": meta}}),
    }
    shop.read(Stream.CUSTOMERS)


@settings(max_examples=40, deadline=None)
@given(body=st.binary(max_size=40) | RUBBISH.map(lambda found: json.dumps(found).encode()))
def test_any_body_in_place_of_a_list(body: bytes) -> None:
    store = Store()
    with store.serve() as server:
        shop = Shop(store, server)
        store.answers = {
            path: Told(body) for path in ("v2/orders", "v3/customers", "v3/catalog/products")
        }
        for stream in Stream:
            shop.read(stream)
        shop.connector.close()
