"""Orders at a glance, for the reconciliation: the same sums as a whole reading has, for less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from contract.conformance.adapters import shops
from contract.conformance.reading import now, read, records
from contract.conformance.shops import Ability, NewOrder, Shop

from connectors.base import Connector
from connectors.glances import OrderGlance, glance_of
from connectors.records import Order, Stream

EVER = datetime(1980, 1, 1, tzinfo=UTC)


def glances(connector: Connector, start: datetime, end: datetime) -> dict[str, OrderGlance]:
    found = connector.orders_placed(start, end)
    assert found is not None, "the adapter has to say that it cannot (Ability.GLANCES)"
    listed = list(found)
    assert len({one.external_id for one in listed}) == len(listed), "an order came twice"
    return {one.external_id: one for one in listed}


def whole(connector: Connector) -> dict[str, OrderGlance]:
    return {
        order.external_id: glance_of(order)
        for order in records(read(connector, Stream.ORDERS))
        if isinstance(order, Order) and not order.is_deleted
    }


@shops(Ability.GLANCES)
def test_a_glance_of_every_order_has_what_a_whole_reading_maps(
    shop: Shop, connect: Callable[..., Connector]
) -> None:
    if Ability.REFUNDS not in shop.cannot:
        shop.refund(shop.put_order(NewOrder(total=Decimal("20.00"))), Decimal("5.00"))
    if Ability.UNKNOWN_STATUS not in shop.cannot:
        shop.put_order(NewOrder(status=shop.unknown_status))
    connector = connect()
    end = now(connector) + timedelta(minutes=2)
    # Compared with a reading of its own: what one connector has learnt must not help the other.
    assert glances(connector, EVER, end) == whole(connect())


@shops(Ability.GLANCES)
def test_glances_keep_to_their_span_to_the_second(
    shop: Shop, connect: Callable[..., Connector]
) -> None:
    connector = connect()
    orders = whole(connector)
    times = sorted(one.order_date for one in orders.values() if one.order_date is not None)
    start = times[len(times) // 3].replace(microsecond=0)
    end = times[2 * len(times) // 3].replace(microsecond=0)
    assert glances(connector, start, end) == {
        name: one
        for name, one in orders.items()
        if one.order_date is not None and start <= one.order_date < end
    }
