"""Shopify's feed of deletions: what was destroyed, kept for a year.

One call for all streams, since the feed names orders, products and customers alike. It is a hint
and no proof: merged customers and single variants are not in it, and where it is forbidden or cut
the counts still tell.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.errors import Permanent
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import id_of
from connectors.shopify.paging import pages
from connectors.shopify.throttle import LARGEST_PAGE, PageSize

_logger: Final = logging.getLogger(__name__)
# The streams' windows start at slightly different times; one call is to serve them all.
_MARGIN: Final = timedelta(hours=1)


class Deletions:
    """The feed of one store, read once for the earliest time that was asked for."""

    def __init__(self, api: ShopifyApi) -> None:
        self._api = api
        self._since: datetime | None = None
        self._found: dict[str, dict[str, None]] = {}

    def of(self, kind: str, since: datetime) -> list[str]:
        """Return the ids of a kind ("Order", "Product", "Customer") destroyed since then.

        Older ones may be among them.
        """
        if self._since is None or since < self._since:
            self._since = since.astimezone(UTC) - _MARGIN
            self._read(self._since)
        return list(self._found.get(kind, {}))

    def seen(self, kind: str) -> frozenset[str]:
        """Return what has been read of the feed so far."""
        return frozenset(self._found.get(kind, {}))

    def _read(self, since: datetime) -> None:
        query = f"action:destroy AND created_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"
        size = PageSize(LARGEST_PAGE)
        try:
            for raw in pages(
                self._api, "deletions", "events", size=size, variables={"query": query}
            ):
                for event in raw.nodes:
                    self._note(event)
        except Permanent as refusal:
            _logger.warning("%s Deletions are found by comparing counts instead.", refusal)

    def _note(self, event: Any) -> None:
        if not isinstance(event, Mapping) or event.get("action") != "destroy":
            return
        subject = event.get("subjectId")
        external_id = id_of({"id": subject})
        if isinstance(subject, str) and external_id is not None:
            kind = subject.removeprefix("gid://shopify/").partition("/")[0]
            self._found.setdefault(kind, {})[external_id] = None
