"""What users of other connectors complain of, made impossible: each through the whole load path."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fixtures.woocommerce.synced import Synced

from connectors.errors import AuthFailed, Permanent
from connectors.records import Stream
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox import world as states
from connectors.sandbox.truth import is_counted
from connectors.sandbox.world import Order

Add = Callable[..., Synced]
SPEC = SandboxSpec(orders=80, products=12, same_second=10)


def some_orders(sandbox: SandboxServer, number: int, **wanted: Any) -> list[Order]:
    """Return completed orders without refunds, the oldest first."""
    found = [
        order
        for order in sandbox.world("woocommerce").orders
        if order.state == states.COMPLETED
        and not order.refunds
        and order.total > 1000
        and all(getattr(order, name) for name in wanted)
    ]
    return sorted(found, key=lambda order: order.created_at)[:number]


def live_orders(sandbox: SandboxServer) -> set[int]:
    return {
        order.id
        for order in sandbox.world("woocommerce").orders
        if is_counted(order) and order.state != states.TRASH
    }


def test_an_old_order_that_is_changed_today_arrives(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        (oldest,) = some_orders(sandbox, 1)
        sandbox.store("woocommerce").edit_order(oldest.id, total=oldest.total + 7)
        assert shop.sync().streams[Stream.ORDERS].updated == 1
        total = shop.rows(
            "select total from crm_orders where ecommerce_order_id = %s", str(oldest.id)
        )
    assert total == [(Decimal(oldest.total).scaleb(-2),)]


@pytest.mark.parametrize("ignored", [frozenset(), frozenset({"dates_are_gmt"})], ids=str)
@pytest.mark.parametrize("clock", [0, 5 * 3600, -5 * 3600], ids=["right", "ahead", "behind"])
@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Honolulu"])
def test_recent_orders_are_not_skipped_whatever_the_shop_s_zone_and_clock(
    synced: Add, zone: str, clock: int, ignored: frozenset[str]
) -> None:
    spec = SandboxSpec(
        orders=40,
        products=8,
        same_second=5,
        time_zone=zone,
        clock_offset_seconds=clock,
        faults=Faults(ignored_parameters=ignored),
    )
    with SandboxServer(spec) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        store = sandbox.store("woocommerce")
        now = sandbox.world("woocommerce").clock.now()
        placed = [store.add_order(at=now - hours * 3600).id for hours in (0, 1, 9, 14)]
        changed, *_ = some_orders(sandbox, 1)
        store.cancel_order(changed.id)
        result = shop.sync()
        assert result.streams[Stream.ORDERS].inserted == len(placed)
        assert shop.alive(Stream.ORDERS) == live_orders(sandbox)
        status = shop.rows(
            "select status from crm_orders where ecommerce_order_id = %s", str(changed.id)
        )
    assert status == [("cancelled",)]
    assert any("own zone" in warning for warning in result.warnings) is bool(ignored)


def test_customers_that_cannot_be_asked_by_date_arrive_when_an_order_names_them(
    synced: Add,
) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox, scan_always_below=0)
        shop.sync()
        store = sandbox.store("woocommerce")
        (order,) = some_orders(sandbox, 1, customer_id=True)
        store.edit_customer(order.customer_id, last_name="Umbenannt")
        store.touch(order.id)
        new = store.add_customer("new@example.org")
        result = shop.sync()
        names = shop.rows(
            "select full_name from crm_clients where ecommerce_customer_id = any(%s)",
            [str(order.customer_id), str(new.id)],
        )
    assert not result.streams[Stream.CUSTOMERS].is_scan_due
    assert result.streams[Stream.CUSTOMERS].updated == 1
    assert result.streams[Stream.CUSTOMERS].inserted == 1
    assert any("Umbenannt" in name for (name,) in names)


def test_a_customer_nobody_names_arrives_with_the_next_scan(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        (order,) = some_orders(sandbox, 1, customer_id=True)
        sandbox.store("woocommerce").edit_customer(order.customer_id, last_name="Umbenannt")
        assert shop.sync().streams[Stream.CUSTOMERS].updated == 1
        assert shop.sync().streams[Stream.CUSTOMERS].updated == 0


def test_an_order_that_was_only_looked_at_is_not_written_again(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        before = shop.rows("select id, updated_at from crm_orders order by id")
        for order in some_orders(sandbox, 5):
            sandbox.store("woocommerce").touch(order.id)
        result = shop.sync().streams[Stream.ORDERS]
        assert (result.unchanged, result.updated) == (5, 0)
        assert shop.rows("select id, updated_at from crm_orders order by id") == before


def test_an_order_of_a_deleted_product_keeps_its_lines_and_holds_up_nobody(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        store = sandbox.store("woocommerce")
        first, second = some_orders(sandbox, 2)
        sold = next(line for line in first.lines if line.product_id)
        store.delete_product(sold.product_id)
        store.touch(first.id)
        store.edit_order(second.id, total=second.total + 1)
        shop.sync()
        assert shop.alive(Stream.ORDERS) == live_orders(sandbox)
        ((items,),) = shop.rows(
            "select items from crm_orders where ecommerce_order_id = %s", str(first.id)
        )
        ((total,),) = shop.rows(
            "select total from crm_orders where ecommerce_order_id = %s", str(second.id)
        )
    assert len(items) == len(first.lines)
    assert total == Decimal(second.total).scaleb(-2)


def test_what_was_deleted_for_good_does_not_stay_for_ever(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        store, world = sandbox.store("woocommerce"), sandbox.world("woocommerce")
        deleted, trashed, back = some_orders(sandbox, 3)
        store.trash_order(back.id)
        shop.sync()
        store.delete_order(deleted.id)
        store.trash_order(trashed.id)
        store.restore_order(back.id)
        store.delete_customer(next(one.id for one in world.customers if one.role == "customer"))
        store.delete_product(next(one.id for one in world.products if one.variants))
        rich = next(one for one in world.products if len(one.variants) > 1)
        store.delete_variant(rich.variants[0].id)
        shop.sync()
        assert shop.alive(Stream.ORDERS) == live_orders(sandbox)
        assert shop.alive(Stream.CUSTOMERS) == set(world.customers.by_id)
        assert shop.alive(Stream.PRODUCTS) == {*world.products.by_id, *world.variants.by_id}
        kept = shop.rows(
            "select status, is_active from crm_orders, crm_products"
            " where ecommerce_order_id = %s and ecommerce_product_id = %s",
            str(deleted.id),
            str(rich.id),
        )
        again = shop.sync()
    # Marked, never removed.
    assert kept == [("cancelled", True)]
    assert not any(one.inserted + one.updated + one.deleted for one in again.streams.values())


def test_a_product_in_the_trash_takes_its_variations_along_and_brings_them_back(
    synced: Add,
) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        store, world = sandbox.store("woocommerce"), sandbox.world("woocommerce")
        product = next(one for one in world.products if one.variants)
        family = {product.id, *(variant.id for variant in product.variants)}
        store.trash_product(product.id)
        shop.sync()
        assert not family & shop.alive(Stream.PRODUCTS)
        store.edit_product(product.id, state="publish", name="Anders")
        shop.sync()
        assert family <= shop.alive(Stream.PRODUCTS)
        names = shop.rows(
            "select name from crm_products where ecommerce_product_id = any(%s)",
            [str(one) for one in family],
        )
    assert all(name.startswith("Anders") for (name,) in names)


def test_a_deleted_refund_is_taken_back_though_the_order_did_not_move(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        store = sandbox.store("woocommerce")
        # An hour ago: later changes must not sweep it up by their lookback.
        order, other = some_orders(sandbox, 2)
        refund = store.refund_order(order.id, Decimal("2.00"), at=int(time.time()) - 3600)
        shop.sync()
        store.delete_refund(refund.id)
        store.refund_order(other.id, Decimal("1.00"))
        shop.sync()
        refunded = shop.rows(
            "select refunded_total from crm_orders where ecommerce_order_id = any(%s)"
            " order by refunded_total",
            [str(order.id), str(other.id)],
        )
    assert refunded == [(Decimal("0.00"),), (Decimal("1.00"),)]


def test_an_order_made_a_draft_leaves_the_figures_and_comes_back(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        store = sandbox.store("woocommerce")
        (order,) = some_orders(sandbox, 1)
        store.edit_order(order.id, state=states.CHECKOUT_DRAFT)
        shop.sync()
        assert order.id not in shop.alive(Stream.ORDERS)
        store.edit_order(order.id, state=states.PROCESSING)
        shop.sync()
        assert order.id in shop.alive(Stream.ORDERS)


def test_an_emptied_shop_waits_for_a_person(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox, delete_guard=10)
        shop.sync()
        before = shop.alive(Stream.ORDERS)
        for order in some_orders(sandbox, 20):
            sandbox.store("woocommerce").delete_order(order.id)
        with pytest.raises(Permanent, match="--accept-deletes"):
            shop.sync()
        assert shop.alive(Stream.ORDERS) == before
        shop.sync(accept_deletes=True)
        assert shop.alive(Stream.ORDERS) == live_orders(sandbox)


def test_an_order_the_key_may_no_longer_see_is_not_taken_for_deleted(synced: Add) -> None:
    with SandboxServer(SPEC) as sandbox:
        (order,) = some_orders(sandbox, 1)
        shop = synced(sandbox)
        shop.sync()
        before = shop.alive(Stream.ORDERS)
        sandbox.store("woocommerce").delete_order(some_orders(sandbox, 2)[1].id)
        hidden = Faults(unreadable=frozenset({order.id}))
        sandbox.judge.faults = hidden
        with pytest.raises(AuthFailed):
            shop.sync()
        assert shop.alive(Stream.ORDERS) == before


@pytest.mark.parametrize(
    "faults",
    [
        Faults(most_at_once=1, latency_seconds=0.002),
        Faults(largest_page=10),
        Faults(largest_page=50, notice_rate=0.5, short_pages=True),
        Faults(without_statuses=True, without_variations_route=True, without_refunds_route=True),
    ],
    ids=["one worker", "small pages", "notices and holes", "old"],
)
def test_a_weak_or_old_shop_is_synced_to_the_cent(synced: Add, faults: Faults) -> None:
    spec = SandboxSpec(orders=150, products=12, same_second=20, faults=faults)
    with SandboxServer(spec) as sandbox:
        shop = synced(sandbox, concurrency=4)
        shop.sync()
        truth = sandbox.truth("woocommerce")
        ((count, total),) = shop.rows("select count(*), sum(total) from crm_orders")
        assert (count, total) == (truth.rows["orders"], sum(truth.order_totals.values()))
        for order in some_orders(sandbox, 3):
            sandbox.store("woocommerce").refund_order(order.id, Decimal("1.00"))
        sandbox.store("woocommerce").delete_order(some_orders(sandbox, 1)[0].id)
        shop.sync()
        assert shop.alive(Stream.ORDERS) == live_orders(sandbox)
