"""Orders at a glance: what a day's figures are made of, and nothing that could be loaded.

Mapped from the platform's payloads by the very mapping that loads them, so that both sides of a
comparison call a status by one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from connectors.records import Order, Record, Rejected


class OrderGlance(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is there and not deleted; amounts in `currency`, `order_date` UTC.

    All but the id None: it is there, and its payload cannot be mapped.
    """

    external_id: str
    order_date: datetime | None = None
    status: str | None = None
    currency: str | None = None
    total: Decimal | None = None
    refunded_total: Decimal | None = None


def glance_of(order: Order) -> OrderGlance:
    """Return an order at a glance."""
    return OrderGlance(
        external_id=order.external_id,
        order_date=order.order_date,
        status=order.status.value,
        currency=order.currency,
        total=order.total,
        refunded_total=order.refunded_total,
    )


def glances(
    records: Iterable[Record],
    rejected: Iterable[Rejected],
    *,
    start: datetime,
    end: datetime,
) -> Iterator[OrderGlance]:
    """Yield the live orders of a page that were placed in `[start, end)`.

    Those that cannot be mapped come too, wherever they were placed: the store's filter let them in.
    """
    for record in records:
        if isinstance(record, Order) and not record.is_deleted and start <= record.order_date < end:
            yield glance_of(record)
    for one in rejected:
        if one.external_id is not None:
            yield OrderGlance(external_id=one.external_id)
