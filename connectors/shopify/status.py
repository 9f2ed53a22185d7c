"""One CRM status from Shopify's three: cancelled or not, how it is paid, how it is sent.

Shopify adds values within a version's life (FULFILLMENT_NOT_REQUIRED came in 2026-10), so a value
we do not know falls back on what the others say instead of failing the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from connectors.records import OrderStatus
from connectors.status_map import status_exceptions

# A payment that is awaited, ran out or was voided; a voided one does not cancel its order.
_UNPAID: Final = frozenset({"PENDING", "EXPIRED", "VOIDED"})
_PAID: Final = frozenset({"AUTHORIZED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED"})
# Something of the order has been passed on, paid or not (cash on delivery).
_UNDER_WAY: Final = frozenset({"PARTIALLY_FULFILLED", "IN_PROGRESS", "PENDING_FULFILLMENT"})
_CANCELLED: Final = "CANCELLED"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What decides an order's status. `financial` and `fulfillment`: Shopify's enum values."""

    is_cancelled: bool
    financial: str | None
    fulfillment: str | None
    is_fully_paid: bool
    is_delivered: bool

    @property
    def source_status(self) -> str:
        """Shopify's own words, as kept for people: "PAID/FULFILLED", "CANCELLED/REFUNDED/…"."""
        words = [_CANCELLED] if self.is_cancelled else []
        return "/".join([*words, self.financial or "NONE", self.fulfillment or "NONE"])


class StatusRules(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a status: the table below, with a store's own exceptions before it.

    `exceptions`: from the setting `status_map`; keys are a whole source status ("PAID/ON_HOLD"),
    or one of its words ("ON_HOLD"; of two matching words the fulfillment's wins). A cancelled
    order listens only to "CANCELLED" and to whole statuses.
    """

    exceptions: Mapping[str, OrderStatus] = msgspec.field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], *, store: str) -> StatusRules:
        """Read `status_map`; raises Permanent when it names a status the CRM does not have."""
        given = status_exceptions(settings, store=store)
        return cls(exceptions={word.upper(): status for word, status in given.items()})

    def status(self, order: Progress) -> OrderStatus:
        """Return the CRM status of an order."""
        if order.is_cancelled:
            words: tuple[str | None, ...] = (order.source_status, _CANCELLED)
        else:
            words = (order.source_status, order.fulfillment, order.financial)
        for word in words:
            if word is not None and word in self.exceptions:
                return self.exceptions[word]
        return _by_table(order)


def _by_table(order: Progress) -> OrderStatus:
    is_fulfilled = order.fulfillment == "FULFILLED"
    needs_nothing = order.fulfillment == "FULFILLMENT_NOT_REQUIRED" and order.financial == "PAID"
    # The first that holds: a later stage wins, and a part of a stage is not the stage.
    stages = (
        (order.is_cancelled, OrderStatus.CANCELLED),
        (order.financial == "REFUNDED", OrderStatus.REFUNDED),
        (is_fulfilled and order.is_delivered, OrderStatus.DELIVERED),
        (needs_nothing, OrderStatus.DELIVERED),
        (is_fulfilled, OrderStatus.SHIPPED),
        (order.fulfillment in _UNDER_WAY, OrderStatus.PROCESSING),
        (order.financial in _PAID, OrderStatus.PROCESSING),
        (order.financial in _UNPAID, OrderStatus.PENDING),
        (order.is_fully_paid, OrderStatus.PROCESSING),
    )
    return next((status for holds, status in stages if holds), OrderStatus.PENDING)
