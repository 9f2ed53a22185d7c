"""The sandbox's BigCommerce store for the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from contract.conformance.sandbox_shop import SandboxShop
from contract.conformance.shops import Ability

from connectors.sandbox.goods import add_variant
from connectors.sandbox.world import Product, Variant


class BigCommerceShop(SandboxShop):
    platform = "bigcommerce"
    cannot: ClassVar[Mapping[Ability, str]] = {**SandboxShop.cannot}

    def new_unit(self, product: Product) -> Product | Variant:
        return add_variant(self.world, product, (), product.price)
