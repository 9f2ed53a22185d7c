"""Fills a sandbox store with a believable, repeatable past.

Orders thicken over the years, before Christmas and at weekends; some buyers come once, a few come
all the time; and the odd records every connector met in real shops are all in: see `oddities.py`.
"""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

from connectors.sandbox import oddities, words
from connectors.sandbox.goods import TAX, sell, stock_up
from connectors.sandbox.history import live_through
from connectors.sandbox.people import Crowd
from connectors.sandbox.spec import SandboxSpec
from connectors.sandbox.world import Address, Clock, Line, Order, World

DAY = 86_400
# Weight of each hour of the local day: nobody buys at four, everybody after supper.
HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 10, 9, 8, 8, 9, 10, 12, 14, 16, 15, 10, 5)
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.05, 1.2, 1.3)
MONTHS = (0.8, 0.75, 0.9, 0.95, 1.0, 0.9, 0.75, 0.8, 1.0, 1.1, 1.6, 1.9)
HOME = {
    "EUR": ("DE", "DE", "DE", "DE", "FR", "FR", "PL", "GB", "JP"),
    "USD": ("US", "US", "US", "US", "US", "CA", "CA", "GB", "JP"),
}
PRESENTMENT_RATE = 0.7
COUPON_RATE = 0.15
FREE_SHIPPING_FROM = 10_000
PRESENTMENT = {"CA": ("CAD", 13_700), "GB": ("GBP", 7_900), "JP": ("JPY", 1_510_000)}


def build(spec: SandboxSpec, platform: str, clock: Clock) -> World:
    """Make the `platform` store of `spec`, whole."""
    name, currency, time_zone = {
        "woocommerce": ("Nordlicht Home", spec.woocommerce_currency, spec.time_zone),
        "shopify": ("Harbor & Oak", spec.shopify_currency, spec.shopify_time_zone),
        "bigcommerce": ("Copper & Clay", spec.bigcommerce_currency, spec.bigcommerce_time_zone),
        "medusa": ("Fjord & Fern", spec.medusa_currency, "UTC"),
    }[platform]
    world = World(
        platform=platform,
        name=name,
        currency=currency,
        time_zone=time_zone,
        clock=clock,
    )
    # A str seed hashes with SHA-512: the same in every process, unlike hash().
    dice = random.Random(f"{spec.seed}/{platform}")  # noqa: S311 - a shop, not a secret
    end = as_of(spec)
    start = end - spec.years * 365 * DAY
    stock_up(world, dice, count=spec.products, since=start - 30 * DAY)
    crowd = Crowd(world, dice, HOME.get(world.currency, HOME["USD"]), since=start - 60 * DAY)
    for at in order_times(dice, world, spec.orders, start, end):
        place(world, dice, crowd, at)
    oddities.scatter(world, dice, crowd, spec, end)
    live_through(world, dice, crowd.orders, end)
    oddities.same_second(world, spec, end)
    return world


def as_of(spec: SandboxSpec) -> int:
    """Return the second at which the seeded history ends."""
    moment = spec.as_of or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(moment.timestamp())


def order_times(dice: random.Random, world: World, count: int, start: int, end: int) -> list[int]:
    """Return `count` times between `start` and `end`, ascending, in the rhythm of a shop."""
    days = (end - start) // DAY
    first = datetime.fromtimestamp(start, UTC)
    weights = []
    for number in range(days):
        day = first + timedelta(days=number)
        growth = math.exp(number / days)
        weights.append(growth * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1])
    chosen = dice.choices(range(days), weights, k=count)
    hours = dice.choices(range(24), HOURS, k=count)
    # One offset for all is right enough: a rhythm needs no summer time.
    offset = world.zone.utcoffset(first.replace(tzinfo=None))
    shift = int(offset.total_seconds()) if offset else 0
    times = sorted(
        start + day * DAY + hour * 3600 - shift + dice.randrange(3600)
        for day, hour in zip(chosen, hours, strict=True)
    )
    return [min(max(at, start), end - 60) for at in times]


def place(world: World, dice: random.Random, crowd: Crowd, at: int) -> Order:
    """Let somebody order something at `at`; the order waits on the shelf as `processing`."""
    buyer = crowd.buyer(at)
    order = Order(
        created_at=at,
        modified_at=at,
        number="",
        state="processing",
        currency=world.currency,
        customer_id=buyer.customer_id,
        email=buyer.email_as_typed(dice),
        billing=buyer.address,
        shipping=buyer.address,
        lines=basket(world, dice, buyer.address),
        note=dice.choice(words.NOTES),
        payment_method=dice.choice(("card", "card", "paypal", "bacs")),
    )
    if world.platform == "shopify" and dice.random() < PRESENTMENT_RATE:
        order.presentment = PRESENTMENT.get(buyer.address.country)
    if dice.random() < COUPON_RATE:
        reduce(order, 10, dice.choice(("WELCOME10", "WELCOME10", "Sommer10")))
    goods = sum(line.total for line in order.lines)
    if goods < FREE_SHIPPING_FROM:
        order.shipping_method = "Standard"
        ship_at_cost(order, 590, TAX.get(order.billing.country, 0))
    else:
        order.shipping_method = "Free shipping"
    order.recompute()
    crowd.orders.append(order)
    return order


def basket(world: World, dice: random.Random, address: Address) -> list[Line]:
    """Return one to five lines, dear things less often than cheap ones."""
    rate = TAX.get(address.country, 0)
    products = list(world.products.by_id.values())
    size = dice.choices((1, 2, 3, 4, 5), (50, 27, 13, 7, 3))[0]
    return [
        sell(dice, product, rate, dice.choices((1, 2, 3, 6), (78, 15, 5, 2))[0])
        for product in dice.sample(products, min(size, len(products)))
    ]


def reduce(order: Order, percent: int, coupon: str) -> None:
    """Take `percent` off every line."""
    order.coupon = coupon
    for line in order.lines:
        line.total = line.subtotal * (100 - percent) // 100
        line.tax = line.subtotal_tax * (100 - percent) // 100


def ship_at_cost(order: Order, net: int, rate: int) -> None:
    """Charge `net` cents for shipping and its tax."""
    order.shipping_total = net
    order.shipping_tax = (net * rate + 50) // 100
