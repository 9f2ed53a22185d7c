"""Which shops the suite runs on, and which tests apply to which: nothing is skipped at run time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract.conformance.bigcommerce_shop import BigCommerceShop
from contract.conformance.files_shop import FilesShop
from contract.conformance.medusa_shop import MedusaShop
from contract.conformance.sandbox_shop import ShopifyShop, WooCommerceShop
from contract.conformance.shops import Ability, Shop, lacks
from contract.conformance.template_shop import TemplateShop
from contract.conformance.vendure_shop import VendureShop

from connectors.records import Stream

# A new platform adds its adapter here.
SHOPS: tuple[type[Shop], ...] = (
    BigCommerceShop,
    FilesShop,
    MedusaShop,
    ShopifyShop,
    WooCommerceShop,
    TemplateShop,
    VendureShop,
)


def shops(*needed: Ability) -> pytest.MarkDecorator:
    """Run a test (argument `shop`) on every platform that has the abilities."""
    chosen = [
        pytest.param(kind, id=kind.platform, marks=kind.marks)
        for kind in SHOPS
        if not any(lacks(kind, ability) for ability in needed)
    ]
    return pytest.mark.parametrize("shop", chosen, indirect=True)


def shops_by_stream(kind: str | None = None, *needed: Ability) -> pytest.MarkDecorator:
    """Run a test (arguments `shop`, `stream`) on every stream of every platform.

    `kind`: "delete", "break" or "resume", only where the platform can do that to the stream.
    """
    return pytest.mark.parametrize(
        ("shop", "stream"), list(_combinations(kind, needed)), indirect=["shop"]
    )


def _combinations(kind: str | None, needed: tuple[Ability, ...]) -> Iterator[object]:
    for shop in SHOPS:
        for stream in Stream:
            own = (Ability(f"{kind}_{stream.value}"),) if kind else ()
            if not any(lacks(shop, ability) for ability in (*needed, *own)):
                yield pytest.param(
                    shop, stream, id=f"{shop.platform}-{stream.value}", marks=shop.marks
                )
