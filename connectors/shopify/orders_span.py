"""How far back a store's orders go, as far as the token can see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from connectors.errors import BadRecord
from connectors.shopify.api import ShopifyApi
from connectors.shopify.paging import raw_elements
from connectors.values import utc_time

# Which time an order is sorted by, and where it says it.
_FIELDS = {"PROCESSED_AT": "processedAt", "CREATED_AT": "createdAt"}


def oldest(api: ShopifyApi, sort: str) -> datetime | None:
    """Return when the first order was placed (PROCESSED_AT) or made (CREATED_AT), None without."""
    answer = api.run("oldest_order", {"sort": sort})
    for node in raw_elements(answer.data.get("orders")):
        if not isinstance(node, Mapping):
            continue
        for value in (node.get(_FIELDS[sort]), node.get("createdAt")):
            try:
                found = utc_time(value, sort) if isinstance(value, str) else None
            except BadRecord:
                continue
            if found is not None:
                return found
    return None
