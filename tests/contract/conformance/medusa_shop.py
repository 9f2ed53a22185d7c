"""Medusa in the conformance suite, spoken by the sandbox. (A real server: tests/integration.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from contract.conformance.sandbox_shop import SandboxShop
from contract.conformance.shops import Ability

from connectors.sandbox.goods import add_variant
from connectors.sandbox.world import Product, Variant


class MedusaShop(SandboxShop):
    platform = "medusa"
    cannot: ClassVar[Mapping[Ability, str]] = {
        **SandboxShop.cannot,
        Ability.DELETE_ORDERS: "orders can be cancelled and archived, but not deleted",
    }

    def new_unit(self, product: Product) -> Product | Variant:
        return add_variant(self.world, product, (), product.price)
