"""Changes a running store the way its staff would, with the side effects measured on real ones.

What moves a modification time and what does not is the whole point: a deleted refund, a deleted
product or a new order of an old customer leave the times alone, and an incremental sync blind.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from connectors.sandbox import world as states
from connectors.sandbox.erasing import erase_customer
from connectors.sandbox.goods import TAX, sell
from connectors.sandbox.words import REASONS
from connectors.sandbox.world import (
    Address,
    Customer,
    Line,
    Order,
    Product,
    Refund,
    Variant,
    World,
)


class Shopkeeper:
    """Edits one store. Every method takes `at`, seconds since 1970, default the store's now."""

    def __init__(self, world: World) -> None:
        self._world = world

    def touch(self, order_id: int, *, at: int | None = None) -> Order:
        """Move the order's modification time and nothing else, as viewing it once did."""
        return self.edit_order(order_id, at=at)

    def edit_order(self, order_id: int, *, at: int | None = None, **changes: Any) -> Order:
        """Set fields of the order (`state`, `email`, `note`, `total` in cents, …).

        Setting the state `refunded` in WooCommerce refunds the rest by itself.
        """
        with self._world.lock:
            order = self._world.orders.by_id[order_id]
            moment = self._now(at)
            for name, value in changes.items():
                if name not in Order.__slots__ and not hasattr(order, name):
                    raise AttributeError(f"an order has no {name!r}")
                setattr(order, name, value)
            rest = order.total - order.refunded
            if changes.get("state") == states.REFUNDED and rest > 0:
                self._add_refund(order, rest, "Order fully refunded.", moment)
            _stamp(order, changes.get("state", ""), moment)
            self._world.orders.changed(order, at=moment)
            return order

    def refund_order(
        self, order_id: int, amount: Decimal | None = None, *, at: int | None = None
    ) -> Refund:
        """Give back `amount` (default: all that is left); a full refund changes the status.

        Raises ValueError for more than is left, which WooCommerce answers with a 500.
        """
        with self._world.lock:
            order = self._world.orders.by_id[order_id]
            rest = order.total - order.refunded
            cents = rest if amount is None else int(amount.scaleb(2))
            if not 0 < cents <= rest:
                raise ValueError(f"order {order_id} has {rest} cents left to refund, not {cents}")
            moment = self._now(at)
            refund = self._add_refund(order, cents, REASONS[cents % len(REASONS)], moment)
            if cents == rest and not order.cancelled_at:
                order.state = states.REFUNDED
            self._world.orders.changed(order, at=moment)
            return refund

    def delete_refund(self, refund_id: int) -> None:
        """Take a refund back. Neither the order's time nor its status moves."""
        with self._world.lock:
            refund = self._world.refunds.remove(refund_id)
            order = self._world.orders.by_id[refund.order_id]
            order.refunds.remove(refund)
            self._world.orders.changed(order)

    def cancel_order(self, order_id: int, *, at: int | None = None) -> Order:
        """Cancel the order; its total stays."""
        moment = self._now(at)
        return self.edit_order(order_id, at=moment, state=states.CANCELLED, cancelled_at=moment)

    def trash_order(self, order_id: int, *, at: int | None = None) -> Order:
        """Put the order in the trash (WooCommerce); `restore_order` takes it out."""
        state = self._world.orders.by_id[order_id].state
        return self.edit_order(order_id, at=at, state=states.TRASH, state_before_trash=state)

    def restore_order(self, order_id: int, *, at: int | None = None) -> Order:
        """Take the order out of the trash."""
        state = self._world.orders.by_id[order_id].state_before_trash
        return self.edit_order(order_id, at=at, state=state)

    def delete_order(self, order_id: int, *, at: int | None = None) -> None:
        """Delete the order for good; no list tells of it, only Shopify's feed of events."""
        with self._world.lock:
            order = self._world.orders.remove(order_id)
            self._world.note_destroyed("Order", order_id, at=self._now(at))
            for refund in order.refunds:
                self._world.refunds.remove(refund.id)

    def add_order(
        self,
        *,
        customer_id: int = 0,
        email: str = "guest@example.com",
        state: str = states.PROCESSING,
        at: int | None = None,
        **fields: Any,
    ) -> Order:
        """Place an order of one random product; `fields` as of `Order`, amounts in cents.

        The customer's own modification time stays, as in both platforms.
        """
        world = self._world
        with world.lock:
            moment = self._now(at)
            customer = world.customers.by_id.get(customer_id)
            address = fields.pop("billing", None) or (
                customer.address if customer and customer.address else Address(country="DE")
            )
            identifier = world.new_id()
            dice = random.Random(identifier)  # noqa: S311 - picks a product
            product = dice.choice(list(world.products))
            line = sell(dice, product, TAX.get(address.country, 0), 1)
            line.id = world.new_line_id()
            order = Order(
                id=identifier,
                created_at=moment,
                modified_at=moment,
                number=world.new_number() if world.platform == "shopify" else str(identifier),
                state=state,
                currency=fields.pop("currency", world.currency),
                customer_id=customer_id,
                email=customer.email if customer else email,
                billing=address,
                shipping=address,
                lines=fields.pop("lines", [line]),
                paid_at=0 if state in (states.PENDING, states.ON_HOLD) else moment,
            )
            order.recompute()
            for name, value in fields.items():
                setattr(order, name, value)
            world.orders.add(order)
            return order

    def add_customer(
        self,
        email: str,
        *,
        first_name: str = "New",
        last_name: str = "Customer",
        at: int | None = None,
    ) -> Customer:
        """Register somebody. A guest's earlier orders under the same e-mail stay the guest's."""
        with self._world.lock:
            moment = self._now(at)
            customer = Customer(
                id=self._world.new_customer_id(),
                created_at=moment,
                modified_at=moment,
                email=email,
                first_name=first_name,
                last_name=last_name,
            )
            self._world.customers.add(customer)
            return customer

    def edit_customer(self, customer_id: int, *, at: int | None = None, **changes: Any) -> Customer:
        """Set fields of the customer (`email`, `first_name`, `phone`, …)."""
        with self._world.lock:
            customer = self._world.customers.by_id[customer_id]
            for name, value in changes.items():
                setattr(customer, name, value)
            self._world.customers.changed(customer, at=self._now(at))
            return customer

    def delete_customer(self, customer_id: int, *, at: int | None = None) -> None:
        """Delete the customer; the orders become a guest's and their times move."""
        with self._world.lock:
            self._world.customers.remove(customer_id)
            moment = self._now(at)
            self._world.note_destroyed("Customer", customer_id, at=moment)
            for order in self._world.orders:
                if order.customer_id == customer_id:
                    order.customer_id = 0
                    self._world.orders.changed(order, at=moment)

    def merge_customers(self, source_id: int, target_id: int, *, at: int | None = None) -> None:
        """Merge a customer into another (Shopify): the orders move, no feed names the source."""
        with self._world.lock:
            self._world.customers.remove(source_id)
            moment = self._now(at)
            self._world.customers.changed(self._world.customers.by_id[target_id], at=moment)
            for order in self._world.orders:
                if order.customer_id == source_id:
                    order.customer_id = target_id
                    self._world.orders.changed(order, at=moment)

    def redact_customer(self, customer_id: int, *, at: int | None = None) -> None:
        """Erase the person: the records stay with their amounts, as the platform leaves them."""
        with self._world.lock:
            erase_customer(self._world, customer_id, at=self._now(at))

    def edit_product(self, product_id: int, *, at: int | None = None, **changes: Any) -> Product:
        """Set fields of the product (`name`, `price` in cents, `state`, …)."""
        with self._world.lock:
            product = self._world.products.by_id[product_id]
            for name, value in changes.items():
                setattr(product, name, value)
            self._world.products.changed(product, at=self._now(at))
            for variant in product.variants:
                self._world.variants.changed(variant)
            return product

    def edit_variant(self, variant_id: int, *, at: int | None = None, **changes: Any) -> Variant:
        """Set fields of the variant (`price` in cents, `sku`, `stock`); its product moves too."""
        with self._world.lock:
            variant = self._world.variants.by_id[variant_id]
            for name, value in changes.items():
                setattr(variant, name, value)
            self._world.variants.changed(variant, at=self._now(at))
            product = self._world.products.by_id[variant.product_id]
            self._world.products.changed(product, at=self._now(at))
            return variant

    def delete_variant(self, variant_id: int, *, at: int | None = None) -> None:
        """Delete one of several variants: its product moves, and no feed names the variant."""
        with self._world.lock:
            variant = self._world.variants.remove(variant_id)
            product = self._world.products.by_id[variant.product_id]
            product.variants.remove(variant)
            self._world.products.changed(product, at=self._now(at))
            self._unlink(lambda line: line.variant_id == variant_id, is_product_left=True)

    def trash_product(self, product_id: int, *, at: int | None = None) -> Product:
        """Put it in the trash, its variations along (WooCommerce); `edit_product` restores it."""
        return self.edit_product(product_id, at=at, state=states.TRASH)

    def delete_product(self, product_id: int, *, at: int | None = None) -> None:
        """Delete the product for good; order lines lose their link, their orders do not move."""
        with self._world.lock:
            product = self._world.products.remove(product_id)
            self._world.note_destroyed("Product", product_id, at=self._now(at))
            for variant in product.variants:
                self._world.variants.remove(variant.id)
            self._unlink(lambda line: line.product_id == product_id)

    def _unlink(self, is_theirs: Callable[[Line], bool], *, is_product_left: bool = False) -> None:
        """Take the link to a deleted product or variant from lines; no order's time moves."""
        for order in self._world.orders:
            for line in order.lines:
                if is_theirs(line):
                    line.variant_id = 0
                    if not is_product_left:
                        line.product_id = 0
                    line.sku = None
                    self._world.orders.changed(order)

    def _add_refund(self, order: Order, cents: int, reason: str, at: int) -> Refund:
        refund = Refund(
            id=self._world.new_id(),
            created_at=at,
            modified_at=at,
            order_id=order.id,
            amount=cents,
            reason=reason,
        )
        order.refunds.append(refund)
        self._world.refunds.add(refund)
        return refund

    def _now(self, at: int | None) -> int:
        return self._world.clock.now() if at is None else at


def _stamp(order: Order, state: str, at: int) -> None:
    """Note the times that come with reaching `state`, unless they are known already."""
    if state in (states.PROCESSING, states.AWAIT_SHIP, states.SHIPPED, states.COMPLETED):
        order.paid_at = order.paid_at or at
    if state in (states.SHIPPED, states.COMPLETED):
        order.shipped_at = order.shipped_at or at
    if state == states.COMPLETED:
        order.delivered_at = order.delivered_at or at
        order.completed_at = order.completed_at or at
