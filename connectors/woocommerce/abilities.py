"""What one shop can do, found out once per connector: routes, statuses, and whether it knows UTC.

Asked anew for each list these questions cost more calls than the answers they are about; a shop
does not change its version between two lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.errors import AuthFailed, Permanent
from connectors.records import Stream
from connectors.woocommerce.api import API, RouteMissing, ShopApi
from connectors.woocommerce.listings import VARIATIONS, Listing, OrderLists, order_lists
from connectors.woocommerce.mapping import TRASH
from connectors.woocommerce.reading import Reader
from connectors.woocommerce.spans import SECOND, Span, bounds

_ATTEMPTS: Final = 3
_NO_STATUSES: Final = frozenset({"any", TRASH})
REFUNDS: Final = Listing(Stream.ORDERS, "refunds", {})


class Abilities:
    """Answers are kept for as long as the connector lives."""

    def __init__(self, api: ShopApi, reader: Reader, *, extra_statuses: frozenset[str]) -> None:
        self._api = api
        self._reader = reader
        self._extra = extra_statuses
        self._routes: frozenset[str] = frozenset()
        self._reachable: dict[str, bool] = {}
        self._compares_utc: dict[str, bool] = {}
        self._orders: OrderLists | None = None

    def learn(self, index: Mapping[str, Any]) -> None:
        """Take over the routes that the site's index names; some shops hide it."""
        routes = index.get("routes")
        if isinstance(routes, Mapping):
            self._routes = frozenset(str(route) for route in routes)

    @property
    def has_variations(self) -> bool:
        """Whether variations have a list of their own (WooCommerce 10.3)."""
        return self._has(VARIATIONS)

    @property
    def has_refunds(self) -> bool:
        """Whether refunds have a list of their own (WooCommerce 9.0) that the key may read."""
        return self._has(REFUNDS)

    @property
    def orders(self) -> OrderLists:
        """The lists orders are to be read from."""
        if self._orders is None:
            skipped = self._reader.rules.skipped_orders
            self._orders = order_lists(self._statuses(), self._extra, skipped)
        return self._orders

    def compares_utc(self, listing: Listing) -> bool:
        """Check that the shop obeys `dates_are_gmt`, which some are reported not to.

        Told by a record whose change time is known, asked for by the second it lies in. Read as
        local time, the bounds east of Greenwich would leave out the latest records without a trace.
        """
        if listing.path not in self._compares_utc:
            self._compares_utc[listing.path] = self._finds_by_time(listing)
        return self._compares_utc[listing.path]

    def _finds_by_time(self, listing: Listing) -> bool:
        fetch = self._reader.fetch_ids(listing)
        for _ in range(_ATTEMPTS):
            rows = fetch({"orderby": "id", "order": "desc", "per_page": 1, "page": 1}).rows
            at = rows[0].modified if rows else None
            if at is None:
                # Nothing there to lose, or nothing to tell by: what is read is checked anyway.
                return True
            if self._reader.total(listing, bounds(Span(at, at + SECOND))):
                return True
            # Changed between the two questions? That happens once, not every time.
        return False

    def _has(self, listing: Listing) -> bool:
        path = listing.path
        if path not in self._reachable:
            self._reachable[path] = f"/{API}/{path}" in self._routes or self._answers(listing)
        return self._reachable[path]

    def lacks(self, listing: Listing) -> None:
        """Note that a route is not to be used after all."""
        self._reachable[listing.path] = False

    def _answers(self, listing: Listing) -> bool:
        try:
            self._reader.total(listing)
        except (RouteMissing, AuthFailed):
            return False
        return True

    def _statuses(self) -> frozenset[str] | None:
        """Return the statuses of orders that can be asked for by name; None if unknown."""
        named = _enumerated(self._api.options("orders")) or self._reported()
        if not named:
            return None
        return frozenset(named) - _NO_STATUSES

    def _reported(self) -> list[str]:
        try:
            rows = self._api.get("reports/orders/totals").json()
        except (Permanent, ValueError):
            # No such report, or not for this key: `any` has to do.
            return []
        slugs = [row.get("slug") for row in rows if isinstance(row, dict)] if rows else []
        return [slug for slug in slugs if isinstance(slug, str) and slug]


def _enumerated(described: Any) -> list[str]:
    """Return the statuses in WordPress's description of GET /orders, [] when it has none."""
    endpoints = described.get("endpoints") if isinstance(described, dict) else None
    for endpoint in endpoints if isinstance(endpoints, list) else ():
        if not isinstance(endpoint, dict) or "GET" not in (endpoint.get("methods") or ()):
            continue
        found: Any = endpoint
        for name in ("args", "status", "items", "enum"):
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, list):
            return [slug for slug in found if isinstance(slug, str) and slug]
    return []
