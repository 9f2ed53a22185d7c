"""What of a store's settings bears on mapping."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors.base import StoreConfig
from connectors.bigcommerce.values import text
from connectors.errors import Permanent
from connectors.records import OrderStatus
from connectors.status_map import status_exceptions


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What of a store's configuration bears on mapping.

    `currency`: the store's default one, None when unknown. `statuses`: status id or name -> CRM's.
    `keeps_archived`: archived orders are not deleted ones to this shop, just put away.
    """

    currency: str | None
    statuses: Mapping[str, OrderStatus]
    keeps_archived: bool = False


def rules_of(config: StoreConfig) -> Rules:
    """Read the mapping rules of a store; raises Permanent for a setting that makes no sense."""
    currency = config.currency or text(config.settings.get("currency"))
    archived = config.settings.get("archived_orders", "delete")
    if archived not in ("delete", "keep"):
        raise Permanent(
            f'`archived_orders` is {archived!r}; choose "delete" or "keep".', store=config.key
        )
    return Rules(
        currency=currency,
        statuses=status_exceptions(config.settings, store=config.key),
        keeps_archived=archived == "keep",
    )
