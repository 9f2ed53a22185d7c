"""Pages of one shop's lists, fetched and mapped in whatever thread asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from connectors.woocommerce.api import RawPage, RecordMissing, ShopApi
from connectors.woocommerce.listings import Listing
from connectors.woocommerce.mapping import Rules
from connectors.woocommerce.paging import Batch, Fetch, Query
from connectors.woocommerce.parents import Parents
from connectors.woocommerce.payloads import Parent, ProductPayload, RefundEntry, fields
from connectors.woocommerce.rows import (
    Row,
    change_of,
    creation_of,
    decode_row,
    identity_row,
    make_row,
    payload_type,
    refund_row,
)
from connectors.woocommerce.spans import Span
from connectors.woocommerce.values import identifier

_NOTHING: Final = Batch([], 0, 0)
_IDENTITY: Final = "id,status,type,date_modified_gmt"
# What status, day and sums of an order are mapped from.
_GLANCE: Final = "id,status,currency,total,refunds,date_created_gmt,date_paid_gmt"


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

    def oldest(self, listing: Listing) -> datetime | None:
        """Return when the oldest record of a list was made, None for an empty one."""
        query: Query = {"orderby": "date", "order": "asc", "per_page": 1, "page": 1}
        page = self._api.page(
            listing.path, {**listing.query, **query, "_fields": "id,date_created_gmt"}
        )
        return creation_of(decode_row(listing.stream, page.rows[0])) if page.rows else None

    def fetch(self, listing: Listing) -> Fetch:
        """Return a function that reads one page of `listing` and maps it."""
        return self._fetch(listing, lambda _payload: True)

    def fetch_changed(self, listing: Listing, span: Span) -> Fetch:
        """Return a function that reads one page and maps only what changed since `span` began.

        The others come unmapped: their products would have to be asked for first.
        """
        start = span.start

        def is_wanted(payload: Any) -> bool:
            at = change_of(payload)
            return at is None or start is None or at >= start

        return self._fetch(listing, is_wanted)

    def fetch_ids(self, listing: Listing, *, with_variations: bool = False) -> Fetch:
        """Return a function that reads just who is on a page of `listing`."""
        wanted = f"{_IDENTITY},variations" if with_variations else _IDENTITY

        def read_page(query: Query) -> Batch:
            page = self._page(listing, {"_fields": wanted, **query})
            if page is None:
                return _NOTHING
            rows = [identity_row(listing.stream, raw, self.rules) for raw in page.rows]
            return Batch(
                [row for row in rows if row is not None and listing.holds(row)],
                page.total,
                page.pages,
            )

        return read_page

    def fetch_glances(self, listing: Listing) -> Fetch:
        """Return a function that reads one page of orders with no more than makes their sums."""
        return self._fetch(listing, lambda _payload: True, wanted=_GLANCE)

    def fetch_refunds(self) -> Fetch:
        """Return a function that reads whose refunds are on a page of all refunds."""

        def read_page(query: Query) -> Batch:
            page = self._api.page("refunds", {"_fields": fields(RefundEntry), **query})
            rows = [row for raw in page.rows if (row := refund_row(raw)) is not None]
            return Batch(rows, page.total, page.pages)

        return read_page

    def one(self, listing: Listing, path: str) -> Row | None:
        """Read a single record below `path` as an element of `listing`; None when it is gone."""
        try:
            raw = self._api.record(path, {"_fields": fields(payload_type(listing.stream))})
        except RecordMissing:
            return None
        return self._mapped(listing, [raw], lambda _payload: True)[0]

    def _fetch(
        self, listing: Listing, is_wanted: Callable[[Any], bool], *, wanted: str | None = None
    ) -> Fetch:
        shown = wanted or fields(payload_type(listing.stream))

        def read_page(query: Query) -> Batch:
            page = self._page(listing, {"_fields": shown, **query})
            if page is None:
                return _NOTHING
            rows = self._mapped(listing, page.rows, is_wanted)
            return Batch([row for row in rows if listing.holds(row)], page.total, page.pages)

        return read_page

    def _page(self, listing: Listing, query: Query) -> RawPage | None:
        try:
            return self._api.page(listing.path, {**listing.query, **query})
        except RecordMissing:
            # The product was deleted between its page and the one of its variations.
            return None

    def _mapped(
        self, listing: Listing, raws: list[msgspec.Raw], is_wanted: Callable[[Any], bool]
    ) -> list[Row]:
        stream, rules = listing.stream, self.rules
        payloads = [decode_row(stream, raw) for raw in raws]
        if listing.parent is None:
            self._parents.note(one for one in payloads if isinstance(one, ProductPayload))
            return [
                make_row(stream, raw, payload, rules)
                for raw, payload in zip(raws, payloads, strict=True)
            ]
        owners = [
            (listing.parent or _parent_id(payload)) if is_wanted(payload) else ""
            for payload in payloads
        ]
        parents = self._parents.get(owner for owner in owners if owner)
        return [
            make_row(stream, raw, payload, rules, parents.get(owner, Parent()))
            for raw, payload, owner in zip(raws, payloads, owners, strict=True)
        ]


def _parent_id(payload: Any) -> str:
    return "" if payload is None else identifier(payload.parent_id) or ""
