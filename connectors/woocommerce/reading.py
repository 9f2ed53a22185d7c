"""Pages of one shop's lists, fetched and mapped in whatever thread asks for them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from connectors.woocommerce.api import RawPage, RecordMissing, ShopApi
from connectors.woocommerce.listings import Listing
from connectors.woocommerce.mapping import Rules
from connectors.woocommerce.paging import Batch, Fetch, Query
from connectors.woocommerce.parents import Parents
from connectors.woocommerce.payloads import Parent, fields
from connectors.woocommerce.rows import Row, decode_row, identity_row, make_row, payload_type
from connectors.woocommerce.values import identifier

_NOTHING: Final = Batch([], 0, 0)


class Reader:
    """Turns a list's pages into mapped rows. Thread-safe once `rules` are final."""

    def __init__(self, api: ShopApi, rules: Rules) -> None:
        self.rules = rules
        self._api = api
        self._parents = Parents(api)

    def total(self, listing: Listing, query: Query | None = None) -> int:
        """Return how many rows a list has."""
        try:
            page = self._api.page(
                listing.path, {**listing.query, **(query or {}), "per_page": 1, "_fields": "id"}
            )
        except RecordMissing:
            return 0
        return page.total

    def fetch(self, listing: Listing) -> Fetch:
        """Return a function that reads one page of `listing` and maps it."""
        wanted = fields(payload_type(listing.stream))

        def read_page(query: Query) -> Batch:
            page = self._page(listing, {"_fields": wanted, **query})
            if page is None:
                return _NOTHING
            rows = self._mapped(listing, page.rows)
            return Batch([row for row in rows if listing.holds(row)], page.total, page.pages)

        return read_page

    def fetch_ids(self, listing: Listing) -> Fetch:
        """Return a function that reads just who is on a page of `listing`."""

        def read_page(query: Query) -> Batch:
            page = self._page(listing, {"_fields": "id,status,type,date_modified_gmt", **query})
            if page is None:
                return _NOTHING
            rows = [identity_row(listing.stream, raw) for raw in page.rows]
            return Batch(
                [row for row in rows if row is not None and listing.holds(row)],
                page.total,
                page.pages,
            )

        return read_page

    def _page(self, listing: Listing, query: Query) -> RawPage | None:
        try:
            return self._api.page(listing.path, {**listing.query, **query})
        except RecordMissing:
            # The product was deleted between its page and the one of its variations.
            return None

    def _mapped(self, listing: Listing, raws: list[msgspec.Raw]) -> list[Row]:
        stream, rules = listing.stream, self.rules
        payloads = [decode_row(stream, raw) for raw in raws]
        if listing.parent is None:
            return [
                make_row(stream, raw, payload, rules)
                for raw, payload in zip(raws, payloads, strict=True)
            ]
        owners = [listing.parent or _parent_id(payload) for payload in payloads]
        parents = self._parents.get(owner for owner in owners if owner)
        return [
            make_row(stream, raw, payload, rules, parents.get(owner, Parent()))
            for raw, payload, owner in zip(raws, payloads, owners, strict=True)
        ]


def _parent_id(payload: Any) -> str:
    return "" if payload is None else identifier(payload.parent_id) or ""
