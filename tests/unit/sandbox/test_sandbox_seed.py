"""What a seeded store contains: the odd records are there, and so is a believable rhythm."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import phonenumbers
import pytest

from connectors.sandbox.seed import build
from connectors.sandbox.spec import PLATFORMS, SandboxSpec
from connectors.sandbox.truth import crm_status, is_counted, truth
from connectors.sandbox.world import Clock, World

SPEC = SandboxSpec(orders=2000, as_of=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture(scope="module", params=PLATFORMS)
def world(request: pytest.FixtureRequest) -> World:
    return build(SPEC, str(request.param), Clock())


def test_two_thousand_orders_take_less_than_two_seconds() -> None:
    started = time.process_time()
    build(SPEC, "woocommerce", Clock())
    assert time.process_time() - started < 2


def test_totals_are_the_sum_of_their_parts(world: World) -> None:
    for order in world.orders:
        goods = sum(line.total + line.tax for line in order.lines)
        assert order.total == goods + order.shipping_total + order.shipping_tax
        assert 0 <= order.refunded <= order.total


def test_times_run_forward_and_end_with_the_history(world: World) -> None:
    end = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
    for order in world.orders:
        assert order.created_at <= order.modified_at <= end
        assert all(order.created_at <= refund.created_at <= end for refund in order.refunds)


def test_about_every_seventh_order_is_a_guests(world: World) -> None:
    guests = sum(not order.customer_id for order in world.orders)
    assert 0.12 < guests / len(world.orders) < 0.19


def test_some_guests_register_later_and_some_people_vary_the_case(world: World) -> None:
    registered = {customer.email.lower() for customer in world.customers if customer.email}
    guests = {order.email.lower() for order in world.orders if not order.customer_id}
    assert registered & guests
    typed = {order.email for order in world.orders}
    assert len({email.lower() for email in typed}) < len(typed)


def test_no_two_people_share_a_phone_and_most_numbers_are_real(world: World) -> None:
    numbers: dict[str, set[str]] = {}
    for order in world.orders:
        if order.billing.phone:
            parsed = phonenumbers.parse(order.billing.phone, order.billing.country)
            key = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            numbers.setdefault(key, set()).add(order.email.lower())
            assert phonenumbers.is_possible_number(parsed)
    assert max(len(emails) for emails in numbers.values()) == 1


def test_december_sells_more_than_february_and_sunday_more_than_monday(world: World) -> None:
    days = [datetime.fromtimestamp(order.created_at, UTC) for order in world.orders]
    months, weekdays = Counter(d.month for d in days), Counter(d.weekday() for d in days)
    assert months[12] > 1.5 * months[2]
    assert weekdays[6] > weekdays[0]


def test_every_oddity_is_there(world: World) -> None:
    orders = list(world.orders)
    states = Counter(order.state for order in orders)
    assert {"completed", "cancelled", "refunded", "failed", "pending"} <= set(states)
    assert any(order.total == 0 and order.lines for order in orders)
    assert any(not order.lines for order in orders)
    assert any(line.product_id == 0 for order in orders for line in order.lines)
    assert any(0 < order.refunded < order.total for order in orders)
    assert any(len(order.refunds) > 3 for order in orders)
    assert Counter(order.modified_at for order in orders).most_common(1)[0][1] >= 100
    if world.platform == "woocommerce":
        assert {"trash", "checkout-draft", "await-ship", "on-hold"} <= set(states)
    else:
        assert any(order.is_test for order in orders)
        assert any(order.presentment for order in orders)


def test_the_truth_adds_up(world: World) -> None:
    told = truth(world)
    assert sum(told.orders_by_status.values()) == told.rows["orders"]
    assert told.rows["orders"] + told.skipped_orders == len(world.orders)
    for currency, total in told.order_totals.items():
        parts = [sums.get(currency, 0) for sums in told.order_totals_by_status.values()]
        assert sum(parts) == total
    statuses = {crm_status(world, order).value for order in world.orders if is_counted(order)}
    assert statuses == set(told.orders_by_status)


def test_another_seed_gives_another_store() -> None:
    first, second = (
        truth(build(SandboxSpec(orders=50, seed=seed), "shopify", Clock())) for seed in (1, 2)
    )
    assert first.order_totals != second.order_totals


def test_a_store_may_be_empty_or_tiny() -> None:
    for orders in (0, 1):
        for platform in PLATFORMS:
            built = build(SandboxSpec(orders=orders, products=1), platform, Clock())
            assert len(built.orders) == orders
