"""Customers and products of Shopify as the CRM sees them, and payloads of any shape."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fixtures.shopify.payloads import customer, fulfillment, order, product, refund, variant
from fixtures.shopify.rubbish import RUBBISH, paths, put

from connectors.base import StoreConfig
from connectors.errors import BadRecord
from connectors.records import Customer, Product, Stream, content_hash
from connectors.shopify.mapping import map_customer, map_payload, map_variant, remap

CONFIG = StoreConfig(
    id="1", organization_id="1", key="shop", platform="shopify", base_url="https://x", currency=None
)


def mapped(**changes: Any) -> Product:
    return map_variant(variant(**changes), currency=None)


def test_a_customer_is_read_from_the_fields_that_are_not_deprecated() -> None:
    found = map_customer(customer())
    assert found.external_id == "7001"
    assert found.email == "ada@example.com"
    assert found.phone == "+492215550100"
    assert found.full_name == "Ada Löwenherz"
    assert found.company_name == "Analytical GmbH"
    assert found.email_verified
    assert found.source_updated_at == datetime(2026, 3, 1, 10, 0, 6, tzinfo=UTC)


def test_an_address_nobody_verified_is_marked() -> None:
    assert not map_customer(customer(verifiedEmail=False)).email_verified
    assert map_customer(customer(verifiedEmail=None)).email_verified


def test_the_display_name_of_a_nameless_customer_is_not_taken_for_a_name() -> None:
    found = map_customer(
        customer(firstName=None, lastName=None, displayName="ada@example.com", defaultAddress=None)
    )
    assert found.full_name is None


def test_a_redacted_customer_keeps_only_its_id() -> None:
    nothing = dict.fromkeys(customer())
    found = map_customer({**nothing, "id": "gid://shopify/Customer/7001"})
    assert found == Customer(external_id="7001")


def test_a_customer_recorded_under_an_old_version_has_its_mail_and_phone() -> None:
    old = {"id": "gid://shopify/Customer/1", "email": "a@example.com", "phone": "+123"}
    found = map_customer(old)
    assert (found.email, found.phone) == ("a@example.com", "+123")


def test_a_variant_is_named_after_product_and_option() -> None:
    found = mapped()
    assert found.name == "Kettle - Steel"
    assert (found.external_id, found.parent_external_id) == ("4001", "3001")
    assert (found.price, found.cost, found.currency) == (Decimal("30.00"), Decimal("11.50"), "EUR")
    assert found.category == "Kitchen"
    assert found.is_active


@pytest.mark.parametrize(
    "changes",
    [{"title": "Default Title"}, {"product": product(hasOnlyDefaultVariant=True)}],
)
def test_the_only_variant_of_a_product_has_the_products_name(changes: dict[str, Any]) -> None:
    assert mapped(**changes).name == "Kettle"


@pytest.mark.parametrize(
    ("status", "is_active"),
    [("ACTIVE", True), ("UNLISTED", True), ("DRAFT", False), ("ARCHIVED", False), ("X", False)],
)
def test_only_what_can_be_bought_is_active(status: str, is_active: bool) -> None:
    assert mapped(product=product(status=status)).is_active is is_active


def test_the_later_change_of_variant_and_product_counts() -> None:
    assert mapped().source_updated_at == datetime(2026, 2, 1, tzinfo=UTC)
    later = mapped(updatedAt="2026-05-01T00:00:00Z")
    assert later.source_updated_at == datetime(2026, 5, 1, tzinfo=UTC)


def test_without_a_type_the_category_of_the_taxonomy_is_taken() -> None:
    assert mapped(product=product(productType="")).category == "Kettles"


def test_a_cost_that_the_token_may_not_see_is_unknown() -> None:
    assert mapped(inventoryItem=None).cost is None
    assert mapped(inventoryItem={"unitCost": None}).cost is None


def test_the_configured_currency_stands_in_where_the_payload_has_none() -> None:
    assert map_variant(variant(shopCurrency=None), currency="CHF").currency == "CHF"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"product": None}, "missing_product"),
        ({"price": None}, "missing_amount"),
        ({"price": "free"}, "bad_amount"),
        ({"shopCurrency": None}, "bad_currency"),
        ({"id": ""}, "missing_id"),
        ({"title": None, "product": product(title=None)}, "missing_name"),
    ],
)
def test_a_variant_that_makes_no_sense_is_put_aside(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRecord) as raised:
        mapped(**changes)
    assert raised.value.code == code


@pytest.mark.parametrize("payload", [None, [], "order", 7])
@pytest.mark.parametrize("stream", list(Stream))
def test_a_payload_that_is_no_object_is_put_aside(stream: Stream, payload: Any) -> None:
    with pytest.raises(BadRecord):
        remap(stream, payload, CONFIG)


def test_a_quarantined_payload_is_mapped_like_a_fresh_one() -> None:
    assert remap(Stream.ORDERS, order(), CONFIG) == map_payload(Stream.ORDERS, order(), CONFIG)
    with pytest.raises(BadRecord, match="test order"):
        remap(Stream.ORDERS, order(test=True), CONFIG)


WHOLE = {
    Stream.CUSTOMERS: customer(),
    Stream.PRODUCTS: variant(),
    Stream.ORDERS: order(fulfillments=[fulfillment(1)], refunds=[refund(1, "1.0")]),
}


@pytest.mark.parametrize("stream", list(Stream))
def test_whatever_stands_in_any_place_is_mapped_or_put_aside(stream: Stream) -> None:
    for path in paths(WHOLE[stream]):
        for rubbish in RUBBISH:
            payload = copy.deepcopy(WHOLE[stream])
            put(payload, path, rubbish)
            assert is_settled(stream, payload), path


@pytest.mark.parametrize("stream", list(Stream))
def test_whatever_is_missing_is_mapped_or_put_aside(stream: Stream) -> None:
    chance = random.Random(7)
    for _ in range(400):
        payload = copy.deepcopy(WHOLE[stream])
        for path in chance.sample(paths(payload), k=8):
            take_away(payload, path)
        assert is_settled(stream, payload)


def is_settled(stream: Stream, payload: Any) -> bool:
    """Mapped to something that can be hashed and so stored, or put aside with code and reason."""
    try:
        record = map_payload(stream, payload, CONFIG)
    except BadRecord as reason:
        return bool(reason.reason and reason.code)
    return record is None or bool(content_hash(record))


def take_away(value: Any, path: tuple[Any, ...]) -> None:
    for key in path[:-1]:
        if not isinstance(value, (dict, list)):
            return
        try:
            value = value[key]
        except (KeyError, IndexError):
            return
    if isinstance(value, dict):
        value.pop(path[-1], None)
