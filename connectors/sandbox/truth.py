"""What a store really holds, counted straight from the world.

Nothing here goes through a dialect or a connector: the point of these figures is to disagree when
one of those is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from connectors.records import OrderStatus, Stream
from connectors.sandbox import world as states
from connectors.sandbox.world import Order, World

_STATUS = {
    states.PENDING: OrderStatus.PENDING,
    states.ON_HOLD: OrderStatus.PENDING,
    states.PROCESSING: OrderStatus.PROCESSING,
    states.SHIPPED: OrderStatus.SHIPPED,
    states.COMPLETED: OrderStatus.DELIVERED,
    states.CANCELLED: OrderStatus.CANCELLED,
    states.TRASH: OrderStatus.CANCELLED,
    states.REFUNDED: OrderStatus.REFUNDED,
}


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and sums a complete sync must arrive at.

    `rows`: records per stream as a connector should yield them: customers of every role; products
    as sellable units (WooCommerce: products and variations; Shopify: variants); orders without
    drafts and test orders, and trashed ones among them. `trashed`: how many of the orders are in
    the trash (tombstones to the CRM). `order_totals`, `refunded`: by order currency.
    `order_totals_by_status`: by CRM status, then currency. `skipped_orders`: drafts and tests.
    `kept_…`: the same without the trash, which is what a comparison with the CRM is about.
    """

    platform: str
    currency: str
    rows: dict[str, int]
    trashed: int
    skipped_orders: int
    guest_orders: int
    refunds: int
    orders_by_status: dict[str, int]
    order_totals: dict[str, Decimal]
    order_totals_by_status: dict[str, dict[str, Decimal]]
    refunded: dict[str, Decimal]
    kept_rows: dict[str, int]
    kept_order_totals: dict[str, Decimal]
    kept_refunded: dict[str, Decimal]


def truth(world: World) -> Truth:
    """Count `world` as it is now."""
    with world.lock:
        counted = [order for order in world.orders if is_counted(order)]
        by_status: dict[str, int] = {}
        totals_by_status: dict[str, dict[str, int]] = {}
        for order in counted:
            status = crm_status(world, order).value
            by_status[status] = by_status.get(status, 0) + 1
            of_status = totals_by_status.setdefault(status, {})
            of_status[order.currency] = of_status.get(order.currency, 0) + order.total
        kept = [order for order in counted if order.state != states.TRASH]
        rows = {
            Stream.CUSTOMERS.value: len(world.customers),
            Stream.PRODUCTS.value: _units(world),
            Stream.ORDERS.value: len(counted),
        }
        return Truth(
            platform=world.platform,
            currency=world.currency,
            rows=rows,
            trashed=sum(order.state == states.TRASH for order in counted),
            skipped_orders=len(world.orders) - len(counted),
            guest_orders=sum(not order.customer_id for order in counted),
            refunds=sum(len(order.refunds) for order in counted),
            orders_by_status=by_status,
            order_totals=_money(_sums((one.currency, one.total) for one in counted)),
            order_totals_by_status={
                status: _money(sums) for status, sums in totals_by_status.items()
            },
            refunded=_money(_sums((one.currency, one.refunded) for one in counted)),
            kept_rows={**rows, Stream.ORDERS.value: len(kept)},
            kept_order_totals=_money(_sums((one.currency, one.total) for one in kept)),
            kept_refunded=_money(_sums((one.currency, one.refunded) for one in kept)),
        )


def is_counted(order: Order) -> bool:
    """Whether the CRM should ever hear of `order`."""
    return not order.is_test and order.state not in states.DRAFTS


def crm_status(world: World, order: Order) -> OrderStatus:
    """Return the status the CRM should show for `order`.

    A failed payment is the end of an order in WooCommerce, while a Shopify order stays open after
    it. A status of the shop's own counts as being worked on once it is paid.
    """
    is_shopify = world.platform == "shopify"
    if world.platform == "bigcommerce" and _is_partly_refunded(order):
        # The status "Partially Refunded" hides whether the parcel arrived, not that it left.
        return OrderStatus.SHIPPED if order.shipped_at else OrderStatus.PROCESSING
    if is_shopify and order.cancelled_at:
        return OrderStatus.CANCELLED
    is_paid_back = order.total > 0 and order.refunded >= order.total
    if is_paid_back and order.state not in (states.CANCELLED, states.FAILED, states.TRASH):
        return OrderStatus.REFUNDED
    if order.state == states.FAILED:
        return OrderStatus.PENDING if is_shopify else OrderStatus.CANCELLED
    if is_shopify and order.paid_at and not order.lines:
        # Nothing to send: Shopify says FULFILLMENT_NOT_REQUIRED.
        return OrderStatus.DELIVERED
    unknown = OrderStatus.PROCESSING if order.paid_at else OrderStatus.PENDING
    return _STATUS.get(order.state, unknown)


def _is_partly_refunded(order: Order) -> bool:
    return 0 < order.refunded < order.total and order.state not in (
        states.CANCELLED,
        states.FAILED,
        states.TRASH,
    )


def _units(world: World) -> int:
    if world.platform != "woocommerce":
        return len(world.variants)
    shown = [product for product in world.products if product.state != states.TRASH]
    return len(shown) + sum(len(product.variants) for product in shown)


def _sums(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for currency, cents in amounts:
        sums[currency] = sums.get(currency, 0) + cents
    return sums


def _money(cents: dict[str, int]) -> dict[str, Decimal]:
    return {currency: Decimal(amount).scaleb(-2) for currency, amount in sorted(cents.items())}
