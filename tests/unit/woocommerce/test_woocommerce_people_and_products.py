from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest
from fixtures.woocommerce.payloads import config, customer, nobody, person, product, variation
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadRecord
from connectors.records import Customer, Product, Stream
from connectors.woocommerce.mapping import remap
from connectors.woocommerce.payloads import CustomerPayload, OrderPayload, ProductPayload, fields

PARENT = {"id": 12, "name": "Tea", "categories": [{"id": 3, "name": "Drinks"}]}


def of_customer(**changes: Any) -> Customer:
    return cast(Customer, remap(Stream.CUSTOMERS, customer(**changes), config()))


def of_product(payload: dict[str, Any]) -> Product:
    return cast(Product, remap(Stream.PRODUCTS, payload, config()))


def test_a_customer() -> None:
    found = of_customer()
    assert found.external_id == "5"
    # As typed: the loader folds case where it compares.
    assert found.email == "Zoe@Example.org"
    assert (found.full_name, found.company_name, found.phone) == (
        "Zoë Müller",
        "Müller KG",
        "0221 123456",
    )
    assert found.address is not None
    assert (found.address.city, found.address.country_code) == ("Köln", "DE")
    assert found.source_created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert found.source_updated_at is None


def test_a_customer_s_gaps_are_filled_from_billing() -> None:
    found = of_customer(email="", first_name="", last_name="", billing=person(email="b@x.org"))
    assert (found.email, found.full_name) == ("b@x.org", "Zoë Müller")


@pytest.mark.parametrize("empty", [nobody(), [], None])
def test_a_customer_without_billing_has_no_address(empty: Any) -> None:
    found = of_customer(billing=empty)
    assert (found.address, found.phone, found.company_name) == (None, None, None)


def test_a_name_alone_is_no_address() -> None:
    assert of_customer(billing=nobody() | {"first_name": "Zoë"}).address is None


def test_a_product() -> None:
    found = of_product(product())
    assert (found.external_id, found.name, found.sku) == ("12", "Tea", "TEA-1")
    assert (found.price, found.currency) == (Decimal("10.00"), "EUR")
    assert (found.category, found.parent_external_id, found.cost) == ("Drinks", None, None)
    assert found.is_active


@pytest.mark.parametrize("status", ["draft", "pending", "private", "trash"])
def test_only_published_products_are_active(status: str) -> None:
    found = of_product(product(status=status))
    assert not found.is_active
    assert found.is_deleted == (status == "trash")


@pytest.mark.parametrize(
    ("price", "regular", "expected"),
    [
        ("9.50", "12.00", "9.50"),
        ("", "12.00", "12.00"),
        ("", "", "0.00"),
        (None, None, "0.00"),
        (0, "12.00", "0.00"),
        ("9", "", "9.00"),
    ],
)
def test_prices(price: Any, regular: Any, expected: str) -> None:
    found = of_product(product(price=price, regular_price=regular))
    assert found.price == Decimal(expected)


def test_a_variation_is_named_after_its_parent() -> None:
    found = of_product(variation() | {"parent": PARENT})
    assert found.name == "Tea - Red, L"
    assert (found.parent_external_id, found.category) == ("12", "Drinks")


def test_a_variation_listed_below_its_parent_need_not_name_it() -> None:
    found = of_product(variation(parent_id=None) | {"parent": PARENT})
    assert found.parent_external_id == "12"


def test_a_variation_without_usable_attributes_goes_by_its_own_name() -> None:
    for attributes in ([], None, "x", [{"option": ""}], ["red"]):
        found = of_product(variation(attributes=attributes) | {"parent": PARENT})
        assert found.name == "Tea - Red, L"


def test_a_variation_whose_parent_is_gone_keeps_what_it_has() -> None:
    assert of_product(variation() | {"parent": {"id": 12}}).name == "Red, L"
    assert of_product(variation(name=None) | {"parent": {"id": 12}}).name == "Product 13"


@pytest.mark.parametrize(
    ("kept", "cost"),
    [
        ({"values": [], "total_value": Decimal("4.25")}, Decimal("4.25")),
        ({"values": [], "total_value": 0}, None),
        ([], None),
        (None, None),
    ],
)
def test_cost_of_goods(kept: Any, cost: Decimal | None) -> None:
    assert of_product(product(cost_of_goods_sold=kept)).cost == cost


def test_without_a_currency_a_product_is_no_product() -> None:
    unknown = msgspec.structs.replace(config(), currency=None)
    with pytest.raises(BadRecord) as caught:
        remap(Stream.PRODUCTS, product(), unknown)
    assert caught.value.code == "no_currency"


def test_only_fields_that_are_read_are_asked_for() -> None:
    assert "parent" not in fields(ProductPayload).split(",")
    assert "parent_id" in fields(ProductPayload).split(",")
    assert {"id", "billing", "line_items", "refunds"} <= set(fields(OrderPayload).split(","))
    assert {"id", "email", "billing"} <= set(fields(CustomerPayload).split(","))


values = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(sorted(product())), values, max_size=5))
def test_no_product_raises_anything_but_bad_record(changes: dict[str, Any]) -> None:
    try:
        assert isinstance(of_product(product(**changes)), Product)
    except BadRecord:
        return


@given(st.dictionaries(st.sampled_from(sorted(customer())), values, max_size=5))
def test_no_customer_raises_anything_but_bad_record(changes: dict[str, Any]) -> None:
    try:
        assert isinstance(of_customer(**changes), Customer)
    except BadRecord:
        return
