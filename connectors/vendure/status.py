"""One CRM status from an order's state, its refunds and its payments.

A refund does not change an order's state: a wholly refunded order stays `PaymentSettled`. Shops add
states of their own, so an unknown one is read by whether the order is paid instead of failing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.records import OrderStatus
from connectors.status_map import status_exceptions

_BY_STATE: Final[Mapping[str, OrderStatus]] = {
    # Some shops place an order before it is paid; Vendure itself never leaves it there.
    "Created": OrderStatus.PENDING,
    "Draft": OrderStatus.PENDING,
    "AddingItems": OrderStatus.PENDING,
    "ArrangingPayment": OrderStatus.PENDING,
    "PaymentAuthorized": OrderStatus.PROCESSING,
    "PaymentSettled": OrderStatus.PROCESSING,
    "Modifying": OrderStatus.PROCESSING,
    "ArrangingAdditionalPayment": OrderStatus.PROCESSING,
    "PartiallyShipped": OrderStatus.PROCESSING,
    "Shipped": OrderStatus.SHIPPED,
    "PartiallyDelivered": OrderStatus.SHIPPED,
    "Delivered": OrderStatus.DELIVERED,
    "Cancelled": OrderStatus.CANCELLED,
}


class StatusRules(msgspec.Struct, frozen=True, kw_only=True):
    """The table above with a store's own exceptions (setting `status_map`) before it."""

    exceptions: Mapping[str, OrderStatus] = msgspec.field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], *, store: str) -> StatusRules:
        """Read `status_map`; raises Permanent when it names a status the CRM does not have."""
        return cls(exceptions=status_exceptions(settings, store=store))

    def status(self, state: str, *, is_refunded: bool, is_paid: bool) -> OrderStatus:
        """Return the CRM status; cancelled wins over refunded, both over any later stage."""
        stated = self.exceptions.get(state) or _BY_STATE.get(state)
        if stated is OrderStatus.CANCELLED:
            return OrderStatus.CANCELLED
        if is_refunded:
            return OrderStatus.REFUNDED
        return stated or (OrderStatus.PROCESSING if is_paid else OrderStatus.PENDING)
