"""Routes of the WooCommerce dialect: from a request to a status, headers and bytes.

Printed records are kept until they change: serving the same shop a second time then costs a join
of bytes, and a test with thousands of orders waits for the connector and not for the sandbox.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from connectors.sandbox import world as states
from connectors.sandbox.answer import Answer
from connectors.sandbox.faults import Judge
from connectors.sandbox.spec import Faults
from connectors.sandbox.woocommerce import lists, parameters, shop
from connectors.sandbox.woocommerce.auth import Asked, Gate, Refused
from connectors.sandbox.woocommerce.parameters import Listing, Rules
from connectors.sandbox.woocommerce.payloads import Printer
from connectors.sandbox.world import Entity, World

CUSTOM_STATES: Final = (states.AWAIT_SHIP,)
_encode: Final = msgspec.json.Encoder().encode


class WooCommerce:
    """One WooCommerce shop under `base_url` (which may have a path: shops live in folders)."""

    def __init__(self, world: World, gate: Gate, judge: Judge) -> None:
        self._world = world
        self._gate = gate
        self._judge = judge
        self._printed: dict[tuple[object, ...], tuple[int, bytes]] = {}
        self._listed: dict[tuple[object, ...], tuple[tuple[int, ...], Sequence[Any]]] = {}

    @property
    def _faults(self) -> Faults:
        return self._judge.faults

    def answer(self, asked: Asked, route: str, base_url: str) -> Answer:
        """Answer a request for `route`, the path below /wp-json."""
        try:
            with self._world.lock:
                return self._routed(asked, route.strip("/"), base_url)
        except Refused as refusal:
            return Answer(_encode(refusal.body), refusal.status)

    def _routed(self, asked: Asked, route: str, base_url: str) -> Answer:
        if route in ("", "wc/v3"):
            served = [pattern for pattern, _, is_served in self._routes() if is_served]
            return Answer(_encode(shop.index(self._world, base_url, served)))
        for pattern, handler, is_served in self._routes():
            found = re.fullmatch("wc/v3/" + pattern, route)
            if found and is_served:
                self._gate.check(asked, self._world.clock.now())
                query = {
                    name: value
                    for name, value in parse_qsl(asked.query, keep_blank_values=True)
                    if name not in self._faults.ignored_parameters
                }
                if asked.method == "OPTIONS":
                    return Answer(_encode(shop.description(pattern, self._statuses())))
                if parameters.is_too_much(query.get("per_page", ""), self._faults.largest_page):
                    return Answer(b"<html>Service Unavailable</html>", 503)
                return handler(_Call(base_url, route, query), *map(int, found.groups()))
        raise Refused(
            404, "rest_no_route", "No route was found matching the URL and request method."
        )

    def _routes(self) -> tuple[tuple[str, Callable[..., Answer], bool], ...]:
        faults = self._faults
        return (
            ("orders", self._orders, True),
            (r"orders/(\d+)", self._one_order, True),
            (r"orders/(\d+)/refunds", self._order_refunds, True),
            ("refunds", self._refunds, not faults.without_refunds_route),
            ("customers", self._customers, True),
            (r"customers/(\d+)", self._one_customer, True),
            ("products", self._products, True),
            (r"products/(\d+)", self._one_product, True),
            (r"products/(\d+)/variations/(\d+)", self._one_variation, True),
            (r"products/(\d+)/variations", self._product_variations, True),
            ("variations", self._variations, not faults.without_variations_route),
            ("reports/orders/totals", self._order_totals, not faults.without_statuses),
            ("settings/general", self._about(shop.settings), True),
            ("settings/general/woocommerce_currency", self._about(shop.currency_setting), True),
            ("data/currencies/current", self._about(shop.currency), True),
            ("system_status", self._about(shop.system_status), True),
        )

    def _statuses(self) -> tuple[str, ...]:
        """Return the statuses of orders that the shop tells of."""
        if self._faults.without_statuses:
            return ()
        return lists.order_statuses((*CUSTOM_STATES, *sorted(self._faults.hidden_statuses)))

    def _order_totals(self, _call: _Call) -> Answer:
        return Answer(_encode(shop.order_totals(self._world, self._statuses())))

    def _orders(self, call: _Call) -> Answer:
        hidden = self._faults.hidden_statuses
        listing = self._read(call, lists.order_rules((*CUSTOM_STATES, *hidden)))
        printer = Printer(self._world, call.base_url, listing.places)
        # Past the end the orders list forgets its total; the others keep it.
        return self._page(
            call,
            listing,
            lambda: lists.orders(self._world, listing, hidden),
            printer.order,
            among_others=lambda order: printer.order(order, newest_first=True),
            forgets=True,
        )

    def _order_refunds(self, call: _Call, order_id: int) -> Answer:
        if order_id not in self._world.orders.by_id:
            raise Refused(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.")
        return self._refunds(call, order_id)

    def _refunds(self, call: _Call, order_id: int | None = None) -> Answer:
        listing = self._read(call, lists.REFUND_RULES)
        printer = Printer(self._world, call.base_url, listing.places)
        return self._page(
            call,
            listing,
            lambda: lists.refunds(self._world, listing, order_id),
            printer.refund,
            forgets=True,
        )

    def _customers(self, call: _Call) -> Answer:
        listing = self._read(call, lists.CUSTOMER_RULES)
        printer = Printer(self._world, call.base_url)
        return self._page(
            call, listing, lambda: lists.customers(self._world, listing), printer.customer
        )

    def _products(self, call: _Call) -> Answer:
        listing = self._read(call, lists.PRODUCT_RULES)
        printer = Printer(self._world, call.base_url, listing.places)
        return self._page(
            call, listing, lambda: lists.products(self._world, listing), printer.product
        )

    def _variations(self, call: _Call, product_id: int | None = None) -> Answer:
        listing = self._read(call, lists.VARIATION_RULES)
        printer = Printer(self._world, call.base_url, listing.places)
        by_id = self._world.products.by_id
        return self._page(
            call,
            listing,
            lambda: lists.variations(self._world, listing, product_id),
            lambda variant: printer.variation(variant, by_id[variant.product_id]),
        )

    def _product_variations(self, call: _Call, product_id: int) -> Answer:
        if product_id not in self._world.products.by_id:
            raise Refused(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        return self._variations(call, product_id)

    def _one_order(self, call: _Call, identifier: int) -> Answer:
        order = self._world.orders.by_id.get(identifier)
        if identifier in self._faults.unreadable:
            raise Refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot view this.")
        if order is None:
            raise Refused(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        listing = self._read(call, Rules(orderby=("date",)))
        printer = Printer(self._world, call.base_url, listing.places)
        return Answer(self._print(order, printer.order, listing, call.base_url))

    def _one_customer(self, call: _Call, identifier: int) -> Answer:
        customer = self._world.customers.by_id.get(identifier)
        if customer is None:
            raise Refused(404, "wc_user_invalid_id", "Invalid user ID.")
        printer = Printer(self._world, call.base_url)
        return Answer(self._print(customer, printer.customer, Listing(), call.base_url))

    def _one_product(self, call: _Call, identifier: int) -> Answer:
        world = self._world
        printer = Printer(world, call.base_url)
        if identifier in world.variants.by_id:
            # One sequence, one route: products/{id} answers for a variation too.
            variant = world.variants.by_id[identifier]
            parent = world.products.by_id[variant.product_id]
            shown = printer.variation(variant, parent)
            return Answer(_encode(shown | {"name": f"{parent.name} - {shown['name']}"}))
        product = world.products.by_id.get(identifier)
        if product is None:
            raise Refused(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        return Answer(self._print(product, printer.product, Listing(), call.base_url))

    def _one_variation(self, call: _Call, product_id: int, identifier: int) -> Answer:
        variant = self._world.variants.by_id.get(identifier)
        if variant is None or variant.product_id != product_id:
            raise Refused(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        # In the trash along with its product it is on no list, but still answers to its name.
        shown = Printer(self._world, call.base_url).variation(
            variant, self._world.products.by_id[product_id]
        )
        return Answer(_encode(shown))

    def _about(self, describe: Callable[[World, str], object]) -> Callable[[_Call], Answer]:
        return lambda call: Answer(_encode(describe(self._world, call.base_url)))

    def _read(self, call: _Call, rules: Rules) -> Listing:
        return parameters.read(call.query, rules, self._world.zone)

    def _page(
        self,
        call: _Call,
        listing: Listing,
        select: Callable[[], Sequence[Any]],
        printer: Callable[[Any], dict[str, Any]],
        *,
        among_others: Callable[[Any], dict[str, Any]] | None = None,
        forgets: bool = False,
    ) -> Answer:
        rows = self._selected(call, select)
        page = rows[listing.skip : listing.skip + listing.per_page]
        total = 0 if forgets and listing.skip and not page else len(rows)
        pages = math.ceil(total / listing.per_page)
        headers = lists.page_headers(total, pages, listing.page, call.query, call.address)
        shown = [row for row in page if row is not None]
        form = among_others if among_others is not None and len(shown) > 1 else printer
        printed = (self._print(row, form, listing, call.base_url) for row in shown)
        return Answer(b"[" + b",".join(printed) + b"]", headers=headers)

    def _selected(self, call: _Call, select: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """Return all rows of the list, kept from the page before while nothing changed."""
        world = self._world
        revision = (
            world.orders.revision,
            world.customers.revision,
            world.products.revision,
            world.variants.revision,
            world.refunds.revision,
        )
        shape = (
            call.route,
            self._faults,
            *sorted(
                pair
                for pair in call.query.items()
                if pair[0] not in ("page", "per_page", "offset", "dp", "_fields")
                and not pair[0].startswith(("oauth_", "consumer_"))
            ),
        )
        known = self._listed.get(shape)
        if known is None or known[0] != revision:
            if len(self._listed) > 64:  # noqa: PLR2004 - a sync asks for a dozen shapes
                self._listed.clear()
            rows = select()
            if self._faults.unreadable:
                # Counted, but not shown.
                rows = [None if row.id in self._faults.unreadable else row for row in rows]
            if self._faults.short_pages:
                # Rows the key may not read are counted but not shown, as None here.
                rows = [shown for n, row in enumerate(rows) for shown in lists.hole_before(n, row)]
            known = (revision, rows)
            self._listed[shape] = known
        return known[1]

    def _print(
        self,
        entity: Entity,
        printer: Callable[[Any], dict[str, Any]],
        listing: Listing,
        base_url: str,
    ) -> bytes:
        key = (base_url, printer.__qualname__, entity.id, listing.places, listing.fields)
        known = self._printed.get(key)
        if known is None or known[0] != entity.version:
            payload = printer(entity)
            if listing.fields:
                kept = {name.partition(".")[0] for name in listing.fields}
                payload = {name: value for name, value in payload.items() if name in kept}
            known = (entity.version, _encode(payload))
            self._printed[key] = known
        return known[1]


@dataclass(frozen=True)
class _Call:
    """A request that got through the gate."""

    base_url: str
    route: str
    query: dict[str, str]

    @property
    def address(self) -> str:
        return f"{self.base_url}/wp-json/{self.route}"
