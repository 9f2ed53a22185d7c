"""A Medusa store, read through its Admin API.

Medusa moves a record's time when the record itself is written, and much that belongs to it is not:
a capture, a refund after a return, a product's name on its variants, a customer's address. So each
stream is read by its own time and by the times of what hangs on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from connectors.base import Connector, Known, Page, StoreConfig, StoreProbe, Window
from connectors.errors import Permanent
from connectors.glances import OrderGlance, glances
from connectors.http import HttpClient
from connectors.medusa.api import AdminApi, Listed, Query
from connectors.medusa.lists import (
    IDENTITY,
    LISTINGS,
    PRODUCTS,
    Listing,
    is_deleted,
    variants_of,
)
from connectors.medusa.mapping import Rules
from connectors.medusa.movements import orders_with_moved_payments
from connectors.medusa.paging import Changes, RawPage, changed_at, ids_of, stamp
from connectors.medusa.rows import page_of
from connectors.records import Stream
from connectors.services import Services

# 200 orders with all their parts are a second and two megabytes on a small server.
DEFAULT_PAGE: Final = 200
LARGEST_PAGE: Final = 5_000
_IDS_PER_PAGE: Final = 5
# As many as fit into the shortest URL that proxies allow (8 kB).
_AT_ONCE: Final = 100


class MedusaConnector(Connector):
    """Reads one Medusa server. Settings and credentials: README.md beside this."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,  # noqa: ARG002 - a login of its own each time
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config = config
        # Read now: a mistake in the settings should not surface in the middle of the night.
        self._rules = Rules.from_config(config)
        size = _page_size(config)
        self._http = HttpClient(config, base_url=config.base_url, sleep=sleep)
        self._api = AdminApi(config, self._http)
        self._changes = Changes(size=size, store=config.key)
        self._id_changes = Changes(size=size * _IDS_PER_PAGE, store=config.key)
        self._currency: str | None = None
        # Customers of the orders that an increment read: their addresses may be new, unless they
        # were read themselves.
        self._buyers: dict[str, None] = {}
        self._fresh: set[str] = set()
        # Variants that an increment found deleted, with their product or without.
        self._deleted: dict[str, None] = {}

    def __repr__(self) -> str:
        return f"MedusaConnector({self.config.key!r})"

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries and logins included."""
        return self._http.calls

    def probe(self) -> StoreProbe:
        """Check address and credentials; raises a StoreError saying what to do."""
        store, answer = self._api.store()
        offered = _currencies(store)
        default = next(iter(offered), None)
        self._currency = self._chosen_currency(default)
        warnings = []
        if default is None:
            warnings.append(
                "the shop has no default currency: choose one under Settings, Store, or set "
                "`currency` in the store's settings."
            )
        elif self.config.currency and self.config.currency not in offered:
            warnings.append(
                f"the shop trades in {', '.join(offered)}, the store was added with "
                f"{self.config.currency}: correct it, or set `currency` in its settings."
            )
        if not self._currency:
            raise Permanent(
                "the currency of its prices is unknown: set `currency` in the store's settings.",
                store=self.config.key,
            )
        return StoreProbe(
            name=str(store.get("name") or self.config.key),
            currency=self._currency,
            server_time=answer.server_time,
            warnings=tuple(warnings),
        )

    def count(self, stream: Stream) -> int | None:
        """Return how many records the store has: no drafts, no deleted ones."""
        return self._fetch(LISTINGS[stream], IDENTITY)([("limit", 0)]).count

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window, and those whose parts did."""
        fetch = self._fetch(LISTINGS[stream])
        pages = self._changes.pages(fetch, window.start, window.end)
        if window.start is None:
            # Whole records are read, so there is nothing on them that could have moved unseen.
            yield from (self._page(stream, raw) for raw in pages)
        elif stream is Stream.CUSTOMERS:
            for raw in pages:
                self._fresh.update(ids_of(raw.nodes))
                yield self._page(stream, raw)
        elif stream is Stream.PRODUCTS:
            moved = self._changes.pages(self._fetch(PRODUCTS), window.start, window.end)
            early = (RawPage(nodes=self._living(raw.nodes)) for raw in moved)
            yield from self._joined(stream, early, pages)
        else:
            yield from self._joined(stream, *self._with_moved_payments(window.start, pages))

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield these records as they are now, and the ids that the store has no more."""
        wanted = list(dict.fromkeys(ids))
        for at in range(0, len(wanted), _AT_ONCE):
            asked = wanted[at : at + _AT_ONCE]
            nodes = self._named(stream, asked)
            missing = set(asked).difference(ids_of(nodes))
            gone = [one for one in asked if one in missing and not self._found(stream, one, nodes)]
            yield self._page(stream, RawPage(nodes=nodes), gone=tuple(gone))

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the id of every record that `count` counts; one that changes meanwhile twice."""
        fetch = self._fetch(LISTINGS[stream], IDENTITY)
        for raw in self._id_changes.pages(fetch, None, None):
            yield from ids_of(raw.nodes)

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:  # noqa: ARG002 - protocol
        """Yield the customers of the orders just read: an address moves no customer's time."""
        if stream is Stream.CUSTOMERS:
            yield from (one for one in self._buyers if one not in self._fresh)
            self._buyers, self._fresh = {}, set()

    def deleted_ids(self, stream: Stream, window: Window) -> Iterator[str]:  # noqa: ARG002 - seen while reading
        """Yield the variants that the products just read no longer have.

        Deleted customers are found by comparing ids, and orders cannot be deleted.
        """
        if stream is Stream.PRODUCTS:
            yield from self._deleted
            self._deleted = {}

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance]:
        """Yield the orders placed in `[start, end)`, read whole: all parts make their sums."""
        span: Query = [("created_at[$gte]", stamp(start)), ("created_at[$lt]", stamp(end))]
        for nodes in self._changes.by_position(self._fetch(LISTINGS[Stream.ORDERS]), span):
            page = self._page(Stream.ORDERS, RawPage(nodes=nodes))
            yield from glances(page.records, page.rejected, start=start, end=end)

    def oldest_order(self) -> datetime | None:
        """Return when the oldest order was placed, None without any."""
        fields = ("id", "created_at")
        fetch = self._fetch(LISTINGS[Stream.ORDERS], fields)
        listed = fetch([("order", "created_at"), ("limit", 1)])
        return next((changed_at(node, "created_at") for node in listed.nodes), None)

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        self._http.close()

    def _with_moved_payments(
        self, start: datetime, pages: Iterator[RawPage]
    ) -> tuple[Iterator[RawPage], Iterator[RawPage]]:
        """Return the orders that only their payments tell of, and the pages of the others.

        The first page is taken out before: most often all of those orders are on it.
        """
        moved = orders_with_moved_payments(self._api, start)
        first = next(pages)
        rest = [one for one in moved if one not in set(ids_of(first.nodes))]

        def early() -> Iterator[RawPage]:
            for at in range(0, len(rest), _AT_ONCE):
                # What is not listed was a draft: they have payments too.
                yield RawPage(nodes=self._named(Stream.ORDERS, rest[at : at + _AT_ONCE]))

        def others() -> Iterator[RawPage]:
            yield first
            yield from pages

        return early(), others()

    def _joined(
        self, stream: Stream, early: Iterable[RawPage], pages: Iterable[RawPage]
    ) -> Iterator[Page]:
        """Yield both, without those of the second that came as they are in the first."""
        shown: dict[str, datetime | None] = {}
        for raw in early:
            self._remember_buyers(stream, raw)
            shown |= {one["id"]: changed_at(one) for one in raw.nodes if ids_of([one])}
            yield self._page(stream, RawPage(nodes=raw.nodes))
        for raw in pages:
            self._remember_buyers(stream, raw)
            fresh = [
                node
                for node in raw.nodes
                if not ids_of([node]) or shown.get(node["id"]) != changed_at(node)
            ]
            yield self._page(stream, RawPage(nodes=fresh, complete_until=raw.complete_until))

    def _living(self, products: Iterable[Any]) -> list[Any]:
        """Return the variants of changed products; the deleted ones are put down as such.

        They have lost their prices, and those last known should stay.
        """
        living = []
        for variant in (one for product in products for one in variants_of(product)):
            if is_deleted(variant):
                self._deleted.update(dict.fromkeys(ids_of([variant])))
            else:
                living.append(variant)
        return living

    def _remember_buyers(self, stream: Stream, raw: RawPage) -> None:
        if stream is Stream.ORDERS:
            # An order whose customer was deleted has its id, but nobody to read again.
            buyers = [node.get("customer") for node in raw.nodes if isinstance(node, dict)]
            self._buyers.update(dict.fromkeys(ids_of(buyers)))

    def _named(self, stream: Stream, asked: list[str]) -> list[Any]:
        """Return the records of these ids that are listed."""
        query: list[tuple[str, str | int]] = [("id[]", one) for one in asked]
        query.append(("limit", len(asked)))
        nodes = self._fetch(LISTINGS[stream])(query).nodes
        if not set(ids_of(nodes)) <= set(asked):
            raise Permanent(
                f"/admin/{LISTINGS[stream].path} ignores the filter by `id[]`. Ask whoever runs "
                "the shop whether a proxy or a changed route drops query parameters.",
                store=self.config.key,
            )
        return nodes

    def _found(self, stream: Stream, external_id: str, nodes: list[Any]) -> bool:
        """Ask for a record that is not listed by its own address, and add it to `nodes`."""
        listing = LISTINGS[stream]
        if listing.single is None:
            # A variant has no address of its own; the list was asked for it by name.
            return False
        query = [("fields", ",".join(listing.fields))]
        found = self._api.one(listing.path, listing.single, external_id, query)
        if found is None:
            return False
        nodes.append(found)
        return True

    def _fetch(
        self, listing: Listing, fields: tuple[str, ...] | None = None
    ) -> Callable[[Query], Listed]:
        shown = ("fields", ",".join(fields or listing.fields))
        fixed = [*listing.options, shown]
        return lambda query: self._api.listed(listing.path, listing.key, [*query, *fixed])

    def _page(self, stream: Stream, raw: RawPage, *, gone: tuple[str, ...] = ()) -> Page:
        currency = self._price_currency() if stream is Stream.PRODUCTS else None
        return page_of(stream, raw, self._rules, currency=currency, gone=gone)

    def _price_currency(self) -> str | None:
        if self._currency is None:
            self._currency = self._chosen_currency(
                next(iter(_currencies(self._api.store()[0])), None)
            )
        return self._currency

    def _chosen_currency(self, default: str | None) -> str | None:
        """Return the setting, else what the store was added with, else the shop's default."""
        chosen = self.config.settings.get("currency") or self.config.currency or default
        return str(chosen).upper() if chosen else None


def _currencies(store: dict[str, Any]) -> list[str]:
    told = store.get("supported_currencies")
    named = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    # The default first.
    ranked = sorted(named, key=lambda one: not one.get("is_default"))
    return [str(one["currency_code"]).upper() for one in ranked if one.get("currency_code")]


def _page_size(config: StoreConfig) -> int:
    value: object = config.settings.get("page_size", DEFAULT_PAGE)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_PAGE:
        raise Permanent(
            f"`page_size` must be a whole number from 1 to {LARGEST_PAGE}.", store=config.key
        )
    return value
