"""One CRM status from Medusa's three, of which the order's own says least.

A paid and delivered order stays `pending` until somebody calls it complete. `payment_status` says
`refunded` as soon as anything of a partly captured payment went back, and `fulfillment_status` says
`canceled` when one parcel of a live order was. So refunded is decided by the money, and the words
are only asked how far the order has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.medusa.payloads import OrderPayload
from connectors.records import OrderStatus
from connectors.status_map import status_exceptions

CANCELED: Final = "canceled"
DRAFT: Final = "draft"
_BY_FULFILLMENT: Final[Mapping[str, OrderStatus]] = {
    "delivered": OrderStatus.DELIVERED,
    "partially_delivered": OrderStatus.SHIPPED,
    "shipped": OrderStatus.SHIPPED,
    "partially_shipped": OrderStatus.PROCESSING,
    "fulfilled": OrderStatus.PROCESSING,
    "partially_fulfilled": OrderStatus.PROCESSING,
}
_BY_PAYMENT: Final[Mapping[str, OrderStatus]] = {
    "authorized": OrderStatus.PROCESSING,
    "partially_authorized": OrderStatus.PROCESSING,
    "captured": OrderStatus.PROCESSING,
    "partially_captured": OrderStatus.PROCESSING,
    "partially_refunded": OrderStatus.PROCESSING,
    "refunded": OrderStatus.PROCESSING,
    "not_paid": OrderStatus.PENDING,
    "awaiting": OrderStatus.PENDING,
    "requires_action": OrderStatus.PENDING,
    "canceled": OrderStatus.PENDING,
}


class StatusRules(msgspec.Struct, frozen=True, kw_only=True):
    """The tables above with a store's own exceptions (setting `status_map`) before them.

    Their words are `fulfillment:…`, `payment:…`, or bare for the order's own status.
    """

    exceptions: Mapping[str, OrderStatus] = msgspec.field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], *, store: str) -> StatusRules:
        """Read `status_map`; raises Permanent when it names a status the CRM does not have."""
        return cls(exceptions=status_exceptions(settings, store=store))

    def status(self, order: OrderPayload, *, is_refunded: bool, is_paid: bool) -> OrderStatus:
        """Return the CRM status; cancelled wins over refunded, both over any later stage.

        A word nobody heard of counts as none; without any, `is_paid` decides.
        """
        payment, fulfillment = order.payment_status or "", order.fulfillment_status or ""
        words = (order.status, f"fulfillment:{fulfillment}", f"payment:{payment}")
        stated = next((self.exceptions[one] for one in words if one in self.exceptions), None)
        is_cancelled = order.canceled_at is not None or order.status == CANCELED
        if stated is OrderStatus.CANCELLED or (stated is None and is_cancelled):
            return OrderStatus.CANCELLED
        if is_refunded:
            return OrderStatus.REFUNDED
        return (
            stated
            or _BY_FULFILLMENT.get(fulfillment)
            or _BY_PAYMENT.get(payment)
            or (OrderStatus.PROCESSING if is_paid else OrderStatus.PENDING)
        )


def source_status(order: OrderPayload) -> str:
    """Return the three words as people should see them, "pending / captured / shipped"."""
    words = (order.status, order.payment_status, order.fulfillment_status)
    return " / ".join(word for word in words if word)
