"""The platforms that the sandbox speaks: one world behind all of them, so one adapter.

A platform's class says what differs: how its ids look, what a sellable unit is, what it cannot do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from contract.conformance.shops import Ability, Mischief, NewOrder, Shop, Trouble

from connectors.base import Connector, StoreConfig
from connectors.records import Stream
from connectors.registry import platform as platform_of
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox import world as states
from connectors.sandbox.faults import Verdict
from connectors.sandbox.goods import add_variant
from connectors.sandbox.truth import is_counted
from connectors.sandbox.world import Address, Line, Product, Variant

SPEC = SandboxSpec(
    orders=24, products=12, same_second=5, seed=7, as_of=datetime(2026, 3, 1, tzinfo=UTC)
)
# Cents that no CRM column holds.
IMPOSSIBLE = 10**15

_FAULTS: Mapping[Trouble, Faults] = {
    Trouble.THROTTLE: Faults(throttle_rate=0.35, most_in_a_row=3),
    Trouble.ERROR: Faults(error_rate=0.35, most_in_a_row=3),
    Trouble.TRUNCATE: Faults(truncate_rate=0.35, most_in_a_row=3),
    Trouble.RESET: Faults(reset_rate=0.35, most_in_a_row=3),
    Trouble.SLOW: Faults(latency_seconds=0.02),
}
_FOR_GOOD: Mapping[Trouble, Faults] = {
    Trouble.THROTTLE: Faults(throttle_rate=1.0, most_in_a_row=10**6),
    Trouble.ERROR: Faults(error_rate=1.0, most_in_a_row=10**6),
    Trouble.TRUNCATE: Faults(truncate_rate=1.0, most_in_a_row=10**6),
    Trouble.RESET: Faults(reset_rate=1.0, most_in_a_row=10**6),
    Trouble.SLOW: Faults(latency_seconds=0.05),
}
_COUNTS_IN_CENTS = "the sandbox counts in hundredths of every currency"


class SandboxShop(Shop):
    """One of the sandbox's stores, fresh for every test."""

    cannot: ClassVar[Mapping[Ability, str]] = {Ability.THREE_DECIMALS: _COUNTS_IN_CENTS}

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world(self.platform)
        self.keeper = sandbox.store(self.platform)
        self._numbers = itertools.count(1)
        self._broken: set[tuple[Stream, str]] = set()

    @classmethod
    @contextmanager
    def opened(cls, request: pytest.FixtureRequest) -> Iterator[Shop]:  # noqa: ARG003 - needs none
        with SandboxServer(SPEC) as sandbox:
            yield cls(sandbox)

    def config(self, **settings: Any) -> StoreConfig:
        return StoreConfig(
            id="a-store",
            organization_id="an-organization",
            key=f"a-{self.platform}-shop",
            platform=self.platform,
            base_url=self.sandbox.base_url(self.platform),
            settings={"allow_http": True, **settings},
            credentials=self.sandbox.credentials(self.platform),
        )

    def connector(self, config: StoreConfig) -> Connector:
        found = platform_of(self.platform)
        module = __import__(found.module, fromlist=[found.connector])
        opened: Connector = getattr(module, found.connector)(config, sleep=lambda _seconds: None)
        return opened

    def ids(self, stream: Stream) -> frozenset[str]:
        with self.world.lock:
            every = {
                Stream.CUSTOMERS: [str(customer.id) for customer in self.world.customers],
                Stream.PRODUCTS: self.unit_ids(),
                Stream.ORDERS: [
                    str(order.id)
                    for order in self.world.orders
                    if is_counted(order) and order.state != states.TRASH
                ],
            }[stream]
        return frozenset(one for one in every if (stream, one) not in self._broken)

    def unit_ids(self) -> list[str]:
        """Return the ids of the sellable units: variants, and products without any."""
        return [
            str(unit.id)
            for product in self.world.products
            if product.state != states.TRASH
            for unit in (product.variants or [product])
        ]

    def put_customer(self, *, email: str, name: str = "Nora Neu", bare: bool = False) -> str:
        first, _, last = ("", "", "") if bare else name.partition(" ")
        added = self.keeper.add_customer(email, first_name=first, last_name=last)
        if not bare:
            address = Address(
                first_name=first, last_name=last, line1="Weg 1", city="Ulm", country="DE"
            )
            self.keeper.edit_customer(added.id, address=address, phone="+49 731 1234567")
        return str(added.id)

    def put_product(self, *, name: str, price: Decimal = Decimal("10.00")) -> str:
        world = self.world
        with world.lock:
            now = world.clock.now()
            product = Product(
                id=world.new_id(),
                created_at=now,
                modified_at=now,
                name=name,
                description="",
                category="Things",
                sku=f"NEW-{next(self._numbers)}",
                price=_cents(price),
                cost=0,
                stock=3,
            )
            world.products.add(product)
            return str(self.new_unit(product).id)

    def new_unit(self, product: Product) -> Product | Variant:
        """Return what is sold of a new product: the product itself, or its only variant."""
        return product

    def put_order(self, order: NewOrder) -> str:
        cents = _cents(order.total)
        line = Line(
            name="A thing",
            product_id=0,
            variant_id=0,
            sku=None,
            quantity=1,
            subtotal=cents,
            subtotal_tax=0,
            total=cents,
            tax=0,
        )
        line.id = self.world.new_line_id()
        fields: dict[str, Any] = {"billing": Address(first_name="Gail", country="DE")}
        if order.bare:
            fields["billing"] = Address()
        placed = self.keeper.add_order(
            customer_id=int(order.customer or 0),
            email=order.email or "",
            state=order.status or states.PROCESSING,
            at=int(order.placed_at.timestamp()) if order.placed_at else None,
            currency=order.currency or self.world.currency,
            lines=[] if order.bare else [line],
            total=cents,
            **fields,
        )
        return str(placed.id)

    def edit(self, stream: Stream, external_id: str) -> None:
        word = f"Edited {next(self._numbers)}"
        if stream is Stream.CUSTOMERS:
            self.keeper.edit_customer(int(external_id), last_name=word)
        elif stream is Stream.PRODUCTS:
            self._edit_unit(int(external_id), word)
        else:
            order = self.world.orders.by_id[int(external_id)]
            shipping = replace(order.shipping, city=word)
            self.keeper.edit_order(order.id, email=f"{word[7:]}@example.com", shipping=shipping)

    def delete(self, stream: Stream, external_id: str) -> None:
        if stream is Stream.CUSTOMERS:
            self.keeper.delete_customer(int(external_id))
        elif stream is Stream.PRODUCTS:
            unit = self.world.variants.by_id.get(int(external_id))
            self.keeper.delete_product(unit.product_id if unit else int(external_id))
        else:
            self.keeper.delete_order(int(external_id))

    def refund(self, order_id: str, amount: Decimal) -> None:
        self.keeper.refund_order(int(order_id), amount)

    def redact(self, customer_id: str) -> None:
        self.keeper.edit_customer(
            int(customer_id),
            is_redacted=True,
            first_name="",
            last_name="",
            phone="",
            address=None,
            email=f"erased{customer_id}@site.invalid",
        )

    def tie(self, stream: Stream, external_ids: Sequence[str]) -> datetime:
        at = self.world.clock.now()
        with self.world.lock:
            for one in map(int, external_ids):
                if stream is Stream.CUSTOMERS:
                    self.keeper.edit_customer(one, at=at)
                elif stream is Stream.ORDERS:
                    self.keeper.touch(one, at=at)
                elif one in self.world.variants.by_id:
                    self.keeper.edit_variant(one, at=at)
                else:
                    self.keeper.edit_product(one, at=at)
        return datetime.fromtimestamp(at, UTC)

    def break_record(self, stream: Stream, external_id: str) -> None:
        one = int(external_id)
        if stream is Stream.CUSTOMERS:
            self.keeper.edit_customer(one, first_name="A\x00B")
        elif stream is Stream.ORDERS:
            self.keeper.edit_order(one, total=IMPOSSIBLE)
        elif one in self.world.variants.by_id:
            self.keeper.edit_variant(one, price=IMPOSSIBLE)
        else:
            self.keeper.edit_product(one, price=IMPOSSIBLE)
        self._broken.add((stream, external_id))

    @contextmanager
    def misbehave(self, trouble: Trouble, *, always: bool = False) -> Iterator[Mischief]:
        judge = self.sandbox.judge
        mischief = Mischief()
        before = _troubles(judge.counts), judge.asked
        calm, judge.faults = judge.faults, (_FOR_GOOD if always else _FAULTS)[trouble]
        try:
            yield mischief
        finally:
            judge.faults = calm
            happened = _troubles(judge.counts) - before[0]
            mischief.count = judge.asked - before[1] if trouble is Trouble.SLOW else happened

    def _edit_unit(self, unit_id: int, word: str) -> None:
        variant = self.world.variants.by_id.get(unit_id)
        if variant is not None:
            self.keeper.edit_variant(unit_id, price=variant.price + 1, sku=word)
        else:
            self.keeper.edit_product(unit_id, name=word)


class WooCommerceShop(SandboxShop):
    platform = "woocommerce"
    # A status that some plugin registered; the API hides orders of one that nobody did.
    unknown_status = states.AWAIT_SHIP
    cannot: ClassVar[Mapping[Ability, str]] = {
        **SandboxShop.cannot,
        Ability.RESUME_CUSTOMERS: "customers are not listed by change, so each reading is whole",
    }

    def unit_ids(self) -> list[str]:
        """Return products and variations: WooCommerce sells both."""
        shown = [one for one in self.world.products if one.state != states.TRASH]
        return [str(unit.id) for product in shown for unit in (product, *product.variants)]


class ShopifyShop(SandboxShop):
    platform = "shopify"
    cannot: ClassVar[Mapping[Ability, str]] = {
        **SandboxShop.cannot,
        Ability.FOREIGN_CURRENCY: "every amount is stated in the shop's own currency",
        Ability.ZERO_DECIMALS: "the sandbox's Shopify store trades in dollars, and in them alone",
        Ability.UNKNOWN_STATUS: "an order has three statuses, all of them enums of the schema",
    }

    def new_unit(self, product: Product) -> Product | Variant:
        return add_variant(self.world, product, (), product.price)


def _cents(amount: Decimal) -> int:
    cents = amount.scaleb(2)
    assert cents == int(cents), f"the sandbox has no {amount}"
    return int(cents)


def _troubles(counts: Mapping[Verdict, int]) -> int:
    return sum(number for verdict, number in counts.items() if verdict is not Verdict.NOTICE)
