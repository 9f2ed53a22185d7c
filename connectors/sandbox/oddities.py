"""The records that broke somebody's sync once, put into every seeded store.

Zero totals, orders without lines, lines whose product is gone, erased people who now share one
address, test orders, drafts, a bulk edit that left a hundred orders with one modification time.
"""

from __future__ import annotations

import random

from connectors.sandbox import world as states
from connectors.sandbox.goods import sell
from connectors.sandbox.people import Crowd
from connectors.sandbox.spec import SandboxSpec
from connectors.sandbox.world import Address, Order, World

DAY = 86_400
HUGE = 37
ERASED_EMAIL = "deleted@site.invalid"


def scatter(world: World, dice: random.Random, crowd: Crowd, spec: SandboxSpec, end: int) -> None:
    """Make some of the crowd's orders odd, each in one way."""
    orders = crowd.orders
    odd = dice.sample(orders, min(len(orders), max(8, len(orders) // 20)))
    kinds = (_free_of_charge, _without_lines, _gone_product, _free_text, _erased, _draft, _huge)
    for number, order in enumerate(odd):
        kinds[number % len(kinds)](world, order, end)
    if world.platform == "shopify":
        for order in dice.sample(orders, min(len(orders), max(2, len(orders) // 150))):
            order.is_test = True
    elif spec.foreign_currency_rate:
        for order in dice.sample(orders, int(len(orders) * spec.foreign_currency_rate)):
            order.currency = "GBP" if order.billing.country == "GB" else "USD"
    for customer in dice.sample(list(world.customers), len(world.customers) // 200):
        if customer.role == "customer":
            customer.is_redacted = True
            customer.first_name = customer.last_name = customer.phone = ""
            customer.email = (
                "" if world.platform == "shopify" else f"erased{customer.id}@site.invalid"
            )
            customer.address = None


def same_second(world: World, spec: SandboxSpec, end: int) -> None:
    """Give `spec.same_second` old orders one modification time, as a bulk edit does."""
    at = end - 20 * DAY + 14 * 3600 + 30 * 60
    old = [order for order in world.orders if order.modified_at < at - 40 * DAY]
    for order in old[-spec.same_second :]:
        world.orders.changed(order, at=at)


def _free_of_charge(_world: World, order: Order, _end: int) -> None:
    order.coupon = "GIFT100"
    for line in order.lines:
        line.total = line.tax = 0
    order.shipping_total = order.shipping_tax = 0
    order.recompute()


def _without_lines(_world: World, order: Order, _end: int) -> None:
    order.lines = []
    order.coupon = ""
    order.shipping_total = order.shipping_tax = 0
    order.recompute()


def _gone_product(_world: World, order: Order, _end: int) -> None:
    line = order.lines[0]
    line.product_id = line.variant_id = 0
    line.sku = None
    line.name = "Discontinued " + line.name


def _free_text(_world: World, order: Order, _end: int) -> None:
    line = order.lines[-1]
    line.product_id = line.variant_id = 0
    line.sku = None
    line.name = "Engraving – “für Oma” ✍"


def _erased(world: World, order: Order, _end: int) -> None:
    order.customer_id = 0
    order.email = "" if world.platform == "shopify" else ERASED_EMAIL
    word = "" if world.platform == "shopify" else "[deleted]"
    order.billing = order.shipping = Address(
        first_name=word, last_name=word, country=order.billing.country
    )


def _huge(world: World, order: Order, _end: int) -> None:
    # More lines and parcels than any client asks for inside a list of orders.
    dice = random.Random(order.created_at)  # noqa: S311 - picks products
    products = list(world.products)
    order.lines = [sell(dice, dice.choice(products), 0, 1) for _ in range(HUGE)]
    order.coupon = ""
    order.parcels = 5
    order.recompute()


def _draft(world: World, order: Order, _end: int) -> None:
    # Shopify keeps drafts in a list of their own, which nobody syncs.
    if world.platform != "shopify":
        order.state = states.CHECKOUT_DRAFT
