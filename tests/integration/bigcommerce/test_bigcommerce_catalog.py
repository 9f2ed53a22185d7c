"""Sellable units of a BigCommerce catalogue: all of them, by name, at the store's prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.base import Page, StoreConfig, Window
from connectors.bigcommerce.client import BigCommerceConnector
from connectors.records import Product, Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox.goods import add_variant


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=20, products=24)) as running:
        yield running


@pytest.fixture
def connector(sandbox: SandboxServer) -> Iterator[BigCommerceConnector]:
    config = StoreConfig(
        id="1",
        organization_id="1",
        key="kiln",
        platform="bigcommerce",
        base_url=sandbox.base_url("bigcommerce"),
        settings={"allow_http": True},
        credentials=sandbox.credentials("bigcommerce"),
    )
    opened = BigCommerceConnector(config, sleep=lambda _seconds: None)
    yield opened
    opened.close()


class Children:
    """Knows the variants of one product."""

    def __init__(self, parent: str, *children: str) -> None:
        self._children = {parent: frozenset(children)}

    def ids(self, stream: Stream) -> frozenset[str]:  # noqa: ARG002 - protocol
        return frozenset()

    def refunds(self) -> dict[str, frozenset[str]]:
        return {}

    def children(self, parent_external_id: str) -> frozenset[str]:
        return self._children.get(parent_external_id, frozenset())


def read(connector: BigCommerceConnector, *, back: timedelta | None = None) -> list[Page]:
    end = connector.probe().server_time
    assert end is not None
    window = Window(start=None if back is None else end - back, end=end)
    return list(connector.read(Stream.PRODUCTS, window))


def units(pages: list[Page]) -> dict[str, Product]:
    found = [one for page in pages for one in page.records if isinstance(one, Product)]
    return {one.external_id: one for one in found}


def test_every_unit_has_the_stores_price_to_the_cent(
    sandbox: SandboxServer, connector: BigCommerceConnector
) -> None:
    found = units(read(connector))
    variants = sandbox.world("bigcommerce").variants
    assert {name: one.price for name, one in found.items()} == {
        str(one.id): Decimal(one.price).scaleb(-2) for one in variants
    }
    assert all(one.category for one in found.values())
    assert connector.count(Stream.PRODUCTS) == len(found) == len(variants)
    assert set(connector.list_ids(Stream.PRODUCTS)) == set(found)


def test_many_units_asked_for_by_name_are_looked_up_in_the_whole_list(
    sandbox: SandboxServer, connector: BigCommerceConnector
) -> None:
    wanted = [str(one.id) for one in sandbox.world("bigcommerce").variants]
    assert len(wanted) > 50
    pages = list(connector.read_ids(Stream.PRODUCTS, [*wanted, "99999999", "no id"]))
    assert set(units(pages)) == set(wanted)
    assert {one for page in pages for one in page.gone} == {"99999999", "no id"}
    assert connector.api_calls < 8


def test_a_product_of_more_variants_than_a_page_holds_is_whole(
    sandbox: SandboxServer, connector: BigCommerceConnector
) -> None:
    world = sandbox.world("bigcommerce")
    product = next(iter(world.products))
    for number in range(300):
        add_variant(world, product, (("Glaze", f"No. {number}"),), product.price)
    mine = [
        one for one in units(read(connector)).values() if one.parent_external_id == str(product.id)
    ]
    assert len(mine) == len(product.variants) > 300


def test_a_variant_that_left_its_product_is_asked_for_by_name(
    sandbox: SandboxServer, connector: BigCommerceConnector
) -> None:
    world, keeper = sandbox.world("bigcommerce"), sandbox.store("bigcommerce")
    product = next(one for one in world.products if len(one.variants) > 1)
    children = [str(one.id) for one in product.variants]
    keeper.delete_variant(int(children[0]))
    assert set(units(read(connector, back=timedelta(minutes=1)))) == set(children[1:])
    known = Children(str(product.id), *children)
    assert list(connector.unannounced(Stream.PRODUCTS, known)) == children[:1]
    (page,) = connector.read_ids(Stream.PRODUCTS, children[:1])
    assert page.gone == (children[0],)
