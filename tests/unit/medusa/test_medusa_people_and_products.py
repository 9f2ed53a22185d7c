from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from fixtures.medusa.payloads import (
    UPDATED,
    address,
    config,
    customer,
    order,
    payment,
    price,
    variant,
)
from fixtures.shopify.rubbish import RUBBISH, paths, put
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadRecord
from connectors.medusa.mapping import remap
from connectors.records import Customer, Product, Stream

PAYLOADS = {
    Stream.CUSTOMERS: customer(),
    Stream.PRODUCTS: variant(),
    Stream.ORDERS: order(payment(captured="100", refunds=("3",))),
}


def mapped_or_rejected(stream: Stream, payload: Any) -> None:
    """Anything but a record, nothing, or a BadRecord with its reason fails the test."""
    try:
        remap(stream, payload, config())
    except BadRecord as error:
        if not (error.reason and error.code):
            raise AssertionError("rejected without a reason") from error


def person(**changes: Any) -> Customer:
    record = remap(Stream.CUSTOMERS, customer(**changes), config())
    assert isinstance(record, Customer)
    return record


def unit(**changes: Any) -> Product:
    record = remap(Stream.PRODUCTS, variant(**changes), config())
    assert isinstance(record, Product)
    return record


def test_a_guest_is_a_customer_without_names() -> None:
    guest = person(has_account=False, first_name=None, last_name=None, addresses=[])
    assert (guest.external_id, guest.email) == ("cus_1", "nora@example.com")
    assert (guest.full_name, guest.address) == (None, None)


def test_the_billing_address_comes_before_the_shipping_address_and_the_oldest() -> None:
    old = address(id="a", city="Old", created_at="2020-01-01T00:00:00.000Z")
    sent = address(id="b", city="Sent", is_default_shipping=True, created_at=UPDATED)
    billed = address(id="c", city="Billed", is_default_billing=True, created_at=UPDATED)
    for given_addresses, city in (
        ([old, sent, billed], "Billed"),
        ([old, sent], "Sent"),
        ([address(city="New", created_at=UPDATED), old], "Old"),
    ):
        found = person(addresses=given_addresses).address
        assert found is not None
        assert (found.city, found.country_code) == (city, "DE")


def test_a_variant_is_named_after_its_product_and_knows_it() -> None:
    found = unit()
    assert (found.name, found.parent_external_id) == ("Shirt - M", "prod_1")
    assert (found.category, found.is_active) == ("Men", True)
    assert found.source_updated_at is not None
    assert found.source_updated_at.isoformat().startswith("2026-03-02"), "the product's"
    assert unit(title="Default variant").name == "Shirt"


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([price("usd", "25"), price("eur", "19.995")], ("20.00", "EUR")),
        ([price("eur", "5", rules={"region_id": "r"}), price("eur", "9")], ("9.00", "EUR")),
        ([price("eur", "5", min_quantity=10), price("eur", "9")], ("9.00", "EUR")),
        ([price("usd", "25"), price("jpy", "900")], ("900.00", "JPY")),
        ([], ("0.00", "EUR")),
        (None, ("0.00", "EUR")),
        ([None, price("eur", "1")], ("1.00", "EUR")),
    ],
)
def test_the_price_is_the_one_everybody_pays_in_the_stores_currency(
    prices: Any, expected: tuple[str, str]
) -> None:
    found = unit(prices=prices)
    assert (found.price, found.currency) == (Decimal(expected[0]), expected[1])


@pytest.mark.parametrize("status", ["draft", "proposed", "rejected", "teleported", None])
def test_only_a_published_product_is_for_sale(status: str | None) -> None:
    assert not unit(product={"id": "prod_1", "title": "Shirt", "status": status}).is_active


def test_a_variant_without_any_name_is_rejected() -> None:
    with pytest.raises(BadRecord, match="neither name nor SKU"):
        unit(title=None, sku=None, product=None)


@given(stream=st.sampled_from(list(Stream)), chosen=st.data())
def test_rubbish_anywhere_is_mapped_or_rejected_with_a_reason(
    stream: Stream, chosen: st.DataObject
) -> None:
    payload = copy.deepcopy(PAYLOADS[stream])
    for _ in range(chosen.draw(st.integers(1, 2))):
        path = chosen.draw(st.sampled_from(paths(payload)))
        put(payload, path, copy.deepcopy(chosen.draw(st.sampled_from(RUBBISH))))
    mapped_or_rejected(stream, payload)


@pytest.mark.parametrize("stream", list(Stream))
def test_rubbish_in_place_of_a_record_is_rejected(stream: Stream) -> None:
    for payload in RUBBISH:
        with pytest.raises(BadRecord):
            remap(stream, payload, config())


@pytest.mark.parametrize("stream", list(Stream))
def test_any_single_missing_key_is_mapped_or_rejected(stream: Stream) -> None:
    for path in paths(PAYLOADS[stream]):
        payload = copy.deepcopy(PAYLOADS[stream])
        parent: Any = payload
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
        mapped_or_rejected(stream, payload)
