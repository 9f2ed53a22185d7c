from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fixtures.bigcommerce.payloads import config, customer, product, unit

from connectors.bigcommerce.mapping import remap
from connectors.errors import BadRecord
from connectors.records import Customer, Product, Stream


def person(payload: dict[str, Any]) -> Customer:
    found = remap(Stream.CUSTOMERS, payload, config())
    assert isinstance(found, Customer)
    return found


def goods(payload: dict[str, Any]) -> Product:
    found = remap(Stream.PRODUCTS, payload, config())
    assert isinstance(found, Product)
    return found


def test_a_customer_has_the_first_address() -> None:
    found = person(customer())
    assert found.external_id == "7"
    assert found.email == "Ines@Example.org"
    assert found.full_name == "Ines Roth"
    assert found.company_name == "Roth Pottery"
    assert found.phone == "937-555-0144"
    assert found.address is not None
    assert found.address.line1 == "9 Kiln Lane"
    assert found.address.region == "Ohio"
    assert found.source_updated_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("addresses", [None, [], {}, "", [None], [{"address1": ""}]])
def test_a_customer_without_address_is_still_one(addresses: object) -> None:
    assert person(customer(addresses=addresses)).address is None


def test_a_variant_is_named_after_its_product_and_options() -> None:
    found = goods(unit())
    assert found.external_id == "80"
    assert found.parent_external_id == "8"
    assert found.name == "Jug - Green"
    assert found.sku == "JUG-G"
    assert found.category == "Tableware"
    assert found.currency == "USD"


def test_a_base_variant_has_its_products_name_and_sku() -> None:
    found = goods(unit(option_values=[], sku=""))
    assert (found.name, found.sku) == ("Jug", "JUG")


@pytest.mark.parametrize(
    ("of_product", "of_variant", "price"),
    [
        ({"price": 20}, {"price": None}, "20.00"),
        ({"price": 20}, {"price": Decimal("23.5")}, "23.50"),
        ({"price": 20}, {"price": 0}, "0.00"),
        ({"price": 20, "sale_price": 15}, {"price": None}, "15.00"),
        ({"price": 20, "sale_price": 15}, {"price": 30, "sale_price": 25}, "25.00"),
        ({"price": 20, "sale_price": 15}, {"price": 30, "sale_price": 0}, "30.00"),
        ({"price": Decimal("0.1")}, {"price": None}, "0.10"),
    ],
)
def test_a_variant_inherits_the_price_it_does_not_have(
    of_product: dict[str, Any], of_variant: dict[str, Any], price: str
) -> None:
    assert goods(unit(of=product(**of_product), **of_variant)).price == Decimal(price)


def test_a_cost_of_nothing_is_no_cost() -> None:
    assert goods(unit()).cost is None
    assert goods(unit(of=product(cost_price=Decimal("7.25")))).cost == Decimal("7.25")
    assert goods(unit(of=product(cost_price=7), cost_price=8)).cost == Decimal("8.00")


@pytest.mark.parametrize(
    ("of_product", "of_variant"),
    [
        ({"is_visible": False}, {}),
        ({"availability": "disabled"}, {}),
        ({}, {"purchasing_disabled": True}),
    ],
)
def test_what_nobody_can_buy_is_inactive(
    of_product: dict[str, Any], of_variant: dict[str, Any]
) -> None:
    assert not goods(unit(of=product(**of_product), **of_variant)).is_active
    assert goods(unit()).is_active


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({**unit(), "variant": None}, "the variant is no JSON object"),
        ({**unit(), "product": []}, "the product is no JSON object"),
        (unit(id=0), "product id is missing"),
        (unit(price="a lot"), "price is no amount"),
        (unit(price=20.5), "not a decimal"),
    ],
)
def test_a_broken_unit_is_refused_with_a_reason(payload: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        goods(payload)
