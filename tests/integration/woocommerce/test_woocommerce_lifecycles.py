"""Orders, products and customers of a WooCommerce shop, there and back again.

After each step the CRM's order and its client's totals are those of the shop.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fixtures.woocommerce.synced import Synced

from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox import world as states
from connectors.sandbox.world import Order

Add = Callable[..., Synced]
SPEC = SandboxSpec(orders=60, products=10, same_second=5)
TOTALS = """
    select c.id
    from crm_clients as c
    left join crm_orders as o
      on o.organization_id = c.organization_id and o.client_id = c.id
      and o.status not in ('cancelled', 'refunded')
    group by c.id
    having c.total_orders <> count(o.id) or c.total_revenue <> coalesce(sum(o.net_revenue), 0)
"""


class Followed:
    """One order of a shop, as the CRM has it after each sync."""

    def __init__(self, shop: Synced, **wanted: Any) -> None:
        self.shop = shop
        self.store = shop.sandbox.store("woocommerce")
        self.order: Order = next(
            order
            for order in shop.sandbox.world("woocommerce").orders
            if order.state == states.COMPLETED
            and not order.refunds
            and order.total > 1000
            and all(getattr(order, name) for name in wanted)
        )
        shop.sync()
        self.before = self.client()

    def now(self) -> tuple[str, Decimal]:
        """Sync; return the order's status and refunded total. Every client's totals must fit."""
        self.shop.sync()
        assert self.shop.rows(TOTALS) == []
        ((status, refunded),) = self.shop.rows(
            "select status, refunded_total from crm_orders where ecommerce_order_id = %s",
            str(self.order.id),
        )
        return status, refunded

    def client(self) -> tuple[int, Decimal]:
        ((orders, revenue),) = self.shop.rows(
            "select c.total_orders, c.total_revenue from crm_orders as o join crm_clients as c"
            " on c.organization_id = o.organization_id and c.id = o.client_id"
            " where o.ecommerce_order_id = %s",
            str(self.order.id),
        )
        return orders, revenue


@pytest.fixture
def shop(synced: Add) -> Any:
    with SandboxServer(SPEC) as sandbox:
        shop = synced(sandbox)
        # Without a rate for the shop's currency there would be no revenue to follow.
        shop.connection.execute("update organizations set reporting_currency = 'EUR'")
        yield shop


def test_a_full_refund_that_is_deleted_gives_the_order_back(shop: Synced) -> None:
    followed = Followed(shop)
    total = Decimal(followed.order.total).scaleb(-2)
    orders, revenue = followed.before

    refund = followed.store.refund_order(followed.order.id)
    assert followed.now() == ("refunded", total)
    assert followed.client() == (orders - 1, revenue - total)

    # No date moves, and the status stays what the refund has made of it.
    followed.store.delete_refund(refund.id)
    assert followed.now() == ("refunded", 0)

    followed.store.edit_order(followed.order.id, state=states.COMPLETED)
    assert followed.now() == ("delivered", 0)
    assert followed.client() == followed.before


def test_two_partial_refunds_of_which_one_is_deleted(shop: Synced) -> None:
    followed = Followed(shop)
    orders, revenue = followed.before
    followed.store.refund_order(followed.order.id, Decimal("2.00"))
    second = followed.store.refund_order(followed.order.id, Decimal("3.00"))
    assert followed.now() == ("delivered", Decimal("5.00"))
    followed.store.delete_refund(second.id)
    assert followed.now() == ("delivered", Decimal("2.00"))
    assert followed.client() == (orders, revenue - 2)


def test_a_cancellation_is_taken_back(shop: Synced) -> None:
    followed = Followed(shop)
    followed.store.cancel_order(followed.order.id)
    assert followed.now() == ("cancelled", 0)
    assert followed.client()[0] == followed.before[0] - 1
    followed.store.edit_order(followed.order.id, state=states.PROCESSING)
    assert followed.now() == ("processing", 0)
    assert followed.client() == followed.before


def test_an_order_is_trashed_restored_and_deleted_for_good(shop: Synced) -> None:
    followed = Followed(shop)
    followed.store.trash_order(followed.order.id)
    assert followed.now() == ("cancelled", 0)
    followed.store.restore_order(followed.order.id)
    assert followed.now() == ("delivered", 0)
    assert followed.client() == followed.before
    followed.store.delete_order(followed.order.id)
    assert followed.now() == ("cancelled", 0)
    assert followed.client()[0] == followed.before[0] - 1


def test_an_order_with_two_refunds_is_the_same_read_alone_and_in_a_page(shop: Synced) -> None:
    followed = Followed(shop)
    followed.store.refund_order(followed.order.id, Decimal("2.00"))
    followed.store.refund_order(followed.order.id, Decimal("3.00"))
    followed.now()
    orders = shop.sync(full=True).streams[Stream.ORDERS]
    assert orders.fetched > 1
    assert (orders.inserted, orders.updated) == (0, 0)


def test_a_refunded_order_that_is_deleted_for_good_takes_its_refunds_along(shop: Synced) -> None:
    followed = Followed(shop)
    followed.store.refund_order(followed.order.id, Decimal("2.00"))
    assert followed.now() == ("delivered", Decimal("2.00"))
    followed.store.delete_order(followed.order.id)
    assert followed.now() == ("cancelled", Decimal("2.00"))
    again = shop.sync()
    assert again.streams[Stream.ORDERS].updated == again.streams[Stream.ORDERS].deleted == 0


def test_a_deleted_customer_s_orders_become_a_guest_s_without_a_date(shop: Synced) -> None:
    """As WordPress does it: the orders' rows are written behind WooCommerce's back."""
    followed = Followed(shop, customer_id=True)
    world = shop.sandbox.world("woocommerce")
    customer_id = followed.order.customer_id
    theirs = [order for order in world.orders if order.customer_id == customer_id]
    with world.lock:
        world.customers.remove(customer_id)
        for order in theirs:
            order.customer_id = 0
            world.orders.changed(order)

    result = shop.sync()

    assert result.streams[Stream.CUSTOMERS].deleted == 1
    assert shop.rows(TOTALS) == []
    assert shop.rows(
        "select distinct person_entity from sync.record_map"
        " where entity = 'orders' and external_id = any(%s) and content_hash is not null",
        [str(order.id) for order in theirs],
    ) == [("guests",)]
    assert followed.client() == followed.before, "the same person"
