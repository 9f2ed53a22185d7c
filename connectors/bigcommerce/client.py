"""BigCommerce as a connector: v2 orders, v3 customers, v3 catalogue.

All three can be asked for what changed. What moves no date is looked for besides: refunds of the
last day once a day, variants that left a product that changed, and archived orders, which the
lists leave out, when the store counts fewer orders than are known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from connectors.base import Connector, Known, Page, StoreConfig, StoreProbe, Window
from connectors.bigcommerce import customers, listings
from connectors.bigcommerce.api import StoreApi
from connectors.bigcommerce.catalog import Catalog
from connectors.bigcommerce.orders import LARGEST_PAGE, WholeOrders
from connectors.bigcommerce.pages import page_of
from connectors.bigcommerce.paging import SECOND, Pager, Part, Row, Span
from connectors.bigcommerce.probing import currency_of, probe
from connectors.bigcommerce.rules import rules_of
from connectors.bigcommerce.status import is_incomplete
from connectors.bigcommerce.values import identifier, instant
from connectors.errors import BadRecord, Permanent
from connectors.glances import OrderGlance, glances
from connectors.records import Stream
from connectors.services import Services

_CONCURRENCY: Final = 4
_EVERYTHING: Final = Span(None, None)


class BigCommerceConnector(Connector):
    """Reads one BigCommerce store. Settings and what is synced: see the README beside this."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,  # noqa: ARG002 - the token lasts, the store tells its allowance
        **client_options: Any,
    ) -> None:
        self.config = config
        self._rules = rules_of(config)
        self._api: Final = StoreApi(config, **client_options)
        concurrency = self._number("concurrency", _CONCURRENCY, most=32)
        self._page_size = self._number("page_size", LARGEST_PAGE, most=LARGEST_PAGE)
        self._pool: Final = ThreadPoolExecutor(
            max_workers=concurrency, thread_name_prefix=f"bigcommerce-{config.key}"
        )
        self._pager: Final = Pager(config.key, self._page_size)
        self._orders: Final = WholeOrders(
            self._api,
            self._pool,
            reads_shipments=config.settings.get("shipments", True) is not False,
        )
        self._catalog: Final = Catalog(self._api, self._pool)
        self._order_window: Window | None = None
        self._variants_of: dict[str, set[str]] = {}
        # A count that was needed a moment ago, for the next one who asks.
        self._counted: int | None = None
        self._may_have_archived = True

    def __repr__(self) -> str:
        return f"BigCommerceConnector({self.config.key!r})"

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        return self._api.http.calls

    def probe(self) -> StoreProbe:
        """Check address, token and scopes; raise a StoreError saying what to do."""
        return probe(self._api, self.config)

    def count(self, stream: Stream) -> int | None:
        """Return how many records a full read yields, by the store's own totals."""
        if stream is Stream.CUSTOMERS:
            return self._api.listed(customers.PATH, {"limit": 1}).total
        if stream is Stream.PRODUCTS:
            return self._catalog.count()
        counted, self._counted = self._counted, None
        return self._orders.count() if counted is None else counted

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that changed inside the window, oldest change first."""
        span = _span(window)
        if stream is Stream.CUSTOMERS:
            for part in self._pager.changes(listings.Customers(self._api), span):
                yield self._page(stream, part.rows, complete_until=part.complete_until)
        elif stream is Stream.PRODUCTS:
            yield from self._read_products(span, is_increment=window.start is not None)
        else:
            self._order_window = window
            orders = listings.Orders(self._api, listings.WITH_LINES)
            for part in self._pager.changes(orders, span):
                rows = self._orders.completed(part.rows)
                yield self._page(stream, rows, complete_until=part.complete_until)

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield the records of these ids as they are now, and the ids the store has no more."""
        wanted = list(dict.fromkeys(ids))
        chunk = customers.AT_ONCE if stream is Stream.CUSTOMERS else LARGEST_PAGE
        for some in _chunks(wanted, chunk):
            rows = self._by_name(stream, some)
            found = {row.id for row in rows}
            gone = tuple(one for one in some if one not in found)
            yield self._page(stream, rows, gone=gone)

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the id of every record that `count` counts."""
        if stream is Stream.PRODUCTS:
            yield from self._catalog.unit_ids()
            return
        api = self._api
        # Without lines a page costs the store little: `page_size` need not make it smaller.
        listing = listings.Orders(api) if stream is Stream.ORDERS else listings.Customers(api)
        for part in Pager(self.config.key, LARGEST_PAGE).whole(listing, _EVERYTHING):
            yield from (row.id for row in part.rows if row.id and not _is_left_out(row))

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:
        """Yield orders with refunds we do not know, and variants that left their product."""
        if stream is Stream.PRODUCTS:
            for product_id, present in self._variants_of.items():
                yield from sorted(known.children(product_id) - present)
        elif stream is Stream.ORDERS:
            yield from self._orders.newly_refunded(self._order_window, known)
            self._counted = self._orders.count()
            self._may_have_archived = self._counted < len(known.ids(Stream.ORDERS))

    def deleted_ids(self, stream: Stream, window: Window) -> Iterator[str]:
        """Yield the orders archived inside the window, as far as the store lists such.

        Not asked for where `unannounced` has just found that no order is missing.
        """
        may_have, self._may_have_archived = self._may_have_archived, True
        if stream is not Stream.ORDERS or not may_have:
            return
        archived = listings.Orders(self._api, listings.ARCHIVED)
        for part in self._pager.changes(archived, _span(window)):
            # The parameter is documented no more; where it is ignored all orders come.
            yield from (row.id for row in part.rows if row.id and _is_archived(row))

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance]:
        """Yield the live orders placed in `[start, end)`: two calls for 250."""
        listing = listings.Orders(self._api, listings.created_in(start, end))
        for part in Pager(self.config.key, LARGEST_PAGE).whole(listing, _EVERYTHING):
            # Neither lines nor shipments bear on the sums, and shipments cost a call each.
            page = page_of(Stream.ORDERS, self._orders.with_refunds(part.rows), self._rules)
            yield from glances(page.records, page.rejected, start=start, end=end)

    def oldest_order(self) -> datetime | None:
        """Return when the oldest order that can be reached was placed, None without any."""
        for row in self._api.rows("v2/orders", {"sort": "date_created:asc", "limit": 50}):
            if isinstance(row, Mapping) and not is_incomplete(row):
                try:
                    return instant(row.get("date_created"), "date_created")
                except BadRecord:
                    continue
        return None

    def close(self) -> None:
        """Close connections and threads. Safe to call twice."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._api.http.close()

    def _read_products(self, span: Span, *, is_increment: bool) -> Iterator[Page]:
        self._require_currency()
        self._variants_of = {}
        for part in self._pager.changes(listings.Products(self._api), span):
            units = self._catalog.units(part.rows)
            if is_increment:
                self._remember_variants(part, units)
            yield self._page(Stream.PRODUCTS, units, complete_until=part.complete_until)

    def _remember_variants(self, part: Part, units: Iterable[Row]) -> None:
        for row in part.rows:
            if row.id:
                self._variants_of[row.id] = set()
        for unit in units:
            product = unit.payload.get("product") if isinstance(unit.payload, Mapping) else None
            owner = identifier(product.get("id")) if isinstance(product, Mapping) else None
            if owner in self._variants_of:
                self._variants_of[owner].add(unit.id)

    def _by_name(self, stream: Stream, ids: list[str]) -> list[Row]:
        if stream is Stream.CUSTOMERS:
            return customers.by_id(self._api, ids)
        if stream is Stream.ORDERS:
            return self._orders.by_id(ids, page_size=self._page_size)
        self._require_currency()
        return self._catalog.by_id(ids)

    def _page(
        self,
        stream: Stream,
        rows: list[Row],
        *,
        complete_until: datetime | None = None,
        gone: tuple[str, ...] = (),
    ) -> Page:
        return page_of(stream, rows, self._rules, complete_until=complete_until, gone=gone)

    def _require_currency(self) -> None:
        if self._catalog.currency is None:
            currency = self._rules.currency or currency_of(self._api.object("v2/store"))
            if not currency:
                raise Permanent(
                    "its currency is unknown: set `currency` in the store's settings.",
                    store=self.config.key,
                )
            self._catalog.currency = currency

    def _number(self, name: str, default: int, *, most: int) -> int:
        value: object = self.config.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise Permanent(
                f"`{name}` must be a whole number from 1 to {most}.", store=self.config.key
            )
        return value


def _span(window: Window) -> Span:
    """Return the window with the whole second of its end.

    What changed in that second just before the clock was asked would otherwise wait for the next
    sync, while the counts already speak of it.
    """
    start = window.start
    if window.resume is not None:
        mark = datetime.fromisoformat(window.resume).astimezone(UTC)
        start = mark if start is None else max(mark, start)
    return Span(start, window.end.astimezone(UTC).replace(microsecond=0) + SECOND)


def _is_archived(row: Row) -> bool:
    return isinstance(row.payload, Mapping) and row.payload.get("is_deleted") is True


def _is_left_out(row: Row) -> bool:
    return _is_archived(row) or is_incomplete(row.payload)


def _chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
