"""The setting `status_map` of every platform: a store's own words for the CRM's statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Permanent
from connectors.records import OrderStatus


def status_exceptions(settings: Mapping[str, Any], *, store: str) -> dict[str, OrderStatus]:
    """Return `status_map` by the store's words, empty where it is not set.

    Raises Permanent when it is no object or names a status the CRM does not have.
    """
    given = settings.get("status_map") or {}
    if not isinstance(given, Mapping):
        raise Permanent(
            '`status_map` must be an object of statuses, {"await-ship": "processing"}.', store=store
        )
    exceptions = {}
    for word, status in given.items():
        try:
            exceptions[str(word)] = OrderStatus(str(status))
        except ValueError:
            raise Permanent(
                f"`status_map` maps {word!r} to {status!r}; choose one of "
                f"{', '.join(OrderStatus)}.",
                store=store,
            ) from None
    return exceptions
