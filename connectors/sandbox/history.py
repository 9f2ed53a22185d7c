"""What became of each seeded order: paid, packed, sent, returned, binned.

Ids are given at the end, in the order of time over orders and refunds together: that is how a
platform hands them out, and a sync that takes ids for dense or for counts must fail here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from connectors.sandbox import world as states
from connectors.sandbox.words import REASONS
from connectors.sandbox.world import Order, Refund, World

HOUR = 3_600
DAY = 86_400
# One draw decides an order's fate; these are the upper edges of its slices.
CANCELLED, FAILED, UNPAID, RETURNED, PARTLY_RETURNED = 0.035, 0.06, 0.07, 0.095, 0.12
# Young orders wait for payment more often, and few are binned (from the upper end of the draw).
UNPAID_WHEN_YOUNG, PACKED, BINNED = 0.15, 0.6, 0.992
MORE_REFUNDS_RATE = 0.3


def live_through(world: World, dice: random.Random, orders: list[Order], end: int) -> None:
    """Decide every order's fate up to `end` and put orders and refunds on their shelves."""
    happenings: list[tuple[int, int, Order, Refund | None]] = []
    for number, order in enumerate(orders):
        happenings.append((order.created_at, number, order, None))
        happenings.extend(
            (refund.created_at, number, order, refund) for refund in _fate(world, dice, order, end)
        )
    happenings.sort(key=lambda happening: happening[:2])
    for _, _, order, refund in happenings:
        if refund is None:
            order.id = world.new_id()
            order.number = str(order.id)
            if world.platform == "shopify":
                order.number = world.new_number()
            for line in order.lines:
                line.id = world.new_line_id()
            world.orders.add(order)
        else:
            refund.id = world.new_id()
            refund.order_id = order.id
            order.refunds.append(refund)
            world.refunds.add(refund)


def _fate(world: World, dice: random.Random, order: Order, end: int) -> Iterator[Refund]:
    """Set state and times of `order`; yield its refunds, without ids yet."""
    if order.state in states.DRAFTS:
        return
    age = end - order.created_at
    chance = dice.random()
    if chance < CANCELLED:
        _finish(order, states.CANCELLED, order.created_at + dice.randrange(HOUR, 2 * DAY), end)
        order.cancelled_at = order.modified_at
        return
    if chance < FAILED:
        _finish(order, states.FAILED, order.created_at + dice.randrange(60, HOUR), end)
        return
    if chance < UNPAID or (age < 5 * DAY and chance < UNPAID_WHEN_YOUNG):
        order.state = states.ON_HOLD if order.payment_method == "bacs" else states.PENDING
        return
    order.paid_at = min(order.created_at + dice.randrange(5, 900), end)
    order.modified_at = order.paid_at
    sent = order.created_at + dice.randrange(12 * HOUR, 4 * DAY)
    if sent > end:
        order.state = states.AWAIT_SHIP if chance > PACKED else states.PROCESSING
        return
    order.shipped_at = order.modified_at = arrived = sent
    order.tracking_number = f"SB{order.created_at % 10**9:09d}"
    order.state = states.SHIPPED
    # A WooCommerce shop completes the order when it hands over the parcel and hears no more of it.
    if world.platform == "shopify":
        arrived += dice.randrange(DAY, 5 * DAY)
    if arrived > end:
        return
    order.delivered_at = arrived
    _finish(order, states.COMPLETED, arrived, end)
    order.completed_at = order.modified_at
    if chance < PARTLY_RETURNED and order.total:
        yield from _returns(dice, order, end, is_full=chance < RETURNED)
    elif chance > BINNED and world.platform == "woocommerce":
        order.state_before_trash = order.state
        _finish(order, states.TRASH, arrived + dice.randrange(DAY, 60 * DAY), end)


def _returns(dice: random.Random, order: Order, end: int, *, is_full: bool) -> Iterator[Refund]:
    at = min(order.delivered_at + dice.randrange(DAY, 21 * DAY), end)
    amount = order.total if is_full else max(1, order.total * dice.randrange(10, 60) // 100)
    yield _refund(dice, at, amount)
    if not is_full and dice.random() < MORE_REFUNDS_RATE:
        for _ in range(dice.choice((1, 1, 4))):
            at = min(at + dice.randrange(HOUR, 5 * DAY), end)
            yield _refund(dice, at, max(1, order.total // 20))
    _finish(order, states.REFUNDED if is_full else order.state, at, end)


def _refund(dice: random.Random, at: int, amount: int) -> Refund:
    return Refund(
        created_at=at, modified_at=at, order_id=0, amount=amount, reason=dice.choice(REASONS)
    )


def _finish(order: Order, state: str, at: int, end: int) -> None:
    order.state = state
    order.modified_at = min(at, end)
