"""A shop as its owner sees it: records, a trash, a clock, and changes that move no date.

Nothing here knows of Storeloom. Each method is something that happens in a shop; what it leaves
behind (a date, a line in a feed of deletions, a count, or nothing at all) is what platforms leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.records import (
    Address,
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Record,
    Refund,
    Stream,
)
from tests.chaos.people import Contact

EPOCH: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REDACTED: Final = "[deleted]"


@dataclass(frozen=True)
class Flavour:
    """How a platform behaves.

    `has_trash`: records go there first, and come back. `has_feed`: deletions are listed (merges
    are not). `scans_customers`: they cannot be asked by date. `forgets_refunds`: a refund can be
    deleted, and no date moves. `merges_customers`: two customers become one.
    """

    name: str
    has_trash: bool
    has_feed: bool
    scans_customers: bool
    forgets_refunds: bool
    merges_customers: bool


WOO: Final = Flavour("woocommerce", True, False, True, True, False)
SHOPIFY: Final = Flavour("shopify", False, True, False, False, True)
FLAVOURS: Final = (WOO, SHOPIFY)


@dataclass
class Shop:
    """One shop. Methods that name a record take its id and expect it to be there."""

    flavour: Flavour
    customers: dict[str, Customer] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    feed: list[tuple[Stream, str, datetime]] = field(default_factory=list)
    gone: dict[Stream, list[str]] = field(default_factory=lambda: {one: [] for one in Stream})
    # What the shop's API answers with something that is no record.
    spoiled: set[tuple[Stream, str]] = field(default_factory=set)
    is_zelda_gone: bool = False
    now: datetime = EPOCH
    last_id: int = 0

    def of(self, stream: Stream) -> dict[str, Any]:
        """Return the records of a stream by id."""
        named: dict[Stream, dict[str, Any]] = {
            Stream.CUSTOMERS: self.customers,
            Stream.PRODUCTS: self.products,
            Stream.ORDERS: self.orders,
        }
        return named[stream]

    def tick(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def new_id(self) -> str:
        self.last_id += 1
        return str(self.last_id)

    def register(self, who: Contact, *, external_id: str | None = None, verified: bool) -> None:
        external_id = external_id or self.new_id()
        self.customers[external_id] = Customer(
            external_id=external_id,
            email=who.email,
            email_verified=verified or self.flavour is WOO,
            phone=who.phone,
            full_name=who.full_name,
            address=Address(city=who.city) if who.city else None,
            source_created_at=self.now,
            source_updated_at=self.now,
        )

    def change(
        self, stream: Stream, external_id: str, *, moves: bool = True, **fields: Any
    ) -> None:
        """Change fields of a record; `moves`: its date moves, as it should."""
        records = self.of(stream)
        if moves:
            fields["source_updated_at"] = self.now
        records[external_id] = msgspec.structs.replace(records[external_id], **fields)

    def remove(self, stream: Stream, external_id: str, *, is_listed: bool = True) -> None:
        """Delete a record for good."""
        del self.of(stream)[external_id]
        self.spoiled.discard((stream, external_id))
        if self.flavour.has_feed and is_listed:
            self.feed.append((stream, external_id, self.now))
        if external_id not in self.gone[stream]:
            self.gone[stream].append(external_id)

    def remove_customer(self, external_id: str) -> None:
        """Delete a customer; the orders become a guest's. WooCommerce moves no date for it."""
        for order in list(self.orders.values()):
            if order.customer_external_id == external_id:
                self.change(
                    Stream.ORDERS,
                    order.external_id,
                    moves=self.flavour is not WOO,
                    customer_external_id=None,
                )
        self.remove(Stream.CUSTOMERS, external_id)

    def merge_customers(self, winner: str, loser: str) -> None:
        """Make two customers one: orders move with a new date, the loser is gone without a word."""
        for order in list(self.orders.values()):
            if order.customer_external_id == loser:
                self.change(Stream.ORDERS, order.external_id, customer_external_id=winner)
        left, right = self.customers[winner], self.customers[loser]
        self.change(
            Stream.CUSTOMERS,
            winner,
            phone=left.phone or right.phone,
            full_name=left.full_name or right.full_name,
        )
        self.remove(Stream.CUSTOMERS, loser, is_listed=False)

    def order(
        self,
        who: Contact | None,
        customer: str | None,
        cents: int,
        *,
        external_id: str | None = None,
        number: str | None = None,
    ) -> None:
        """Somebody buys: a customer, a guest by what he types, or nobody (`who` None)."""
        external_id = external_id or self.new_id()
        self.orders[external_id] = Order(
            external_id=external_id,
            order_number=number or f"#{external_id}",
            status=OrderStatus.PENDING,
            currency="USD",
            total=Decimal(cents) / 100,
            order_date=self.now,
            customer_external_id=customer,
            email=who.email if who else None,
            phone=who.phone if who else None,
            full_name=who.full_name if who else None,
            billing_address=Address(city=who.city) if who and who.city else None,
            shipping_address=Address(city=who.city, name=who.full_name) if who else None,
            lines=(OrderLine(name="Mug", quantity=Decimal(1), product_external_id="1"),),
            source_status="pending",
            source_created_at=self.now,
            source_updated_at=self.now,
        )

    def refund(self, external_id: str, cents: int | None) -> None:
        """Give money back, all that is left when `cents` is None."""
        order = self.orders[external_id]
        left = order.total - order.refunded_total
        amount = left if cents is None else min(left, Decimal(cents) / 100)
        if amount <= 0:
            return
        refunds = (*order.refunds, Refund(external_id=self.new_id(), amount=amount))
        self._set_refunds(order, refunds, moves=True)

    def forget_refund(self, external_id: str) -> None:
        """Delete the last refund, which moves no date."""
        order = self.orders[external_id]
        self._set_refunds(order, order.refunds[:-1], moves=False)

    def _set_refunds(self, order: Order, refunds: tuple[Refund, ...], *, moves: bool) -> None:
        # With cents, as of an order that has had none: what reads alike is the same content.
        given = sum((one.amount for one in refunds), Decimal("0.00"))
        status = order.status
        if status is not OrderStatus.CANCELLED:
            is_full = order.total > 0 and given == order.total
            if is_full:
                status = OrderStatus.REFUNDED
            elif status is OrderStatus.REFUNDED:
                status = OrderStatus.PROCESSING
        self.change(
            Stream.ORDERS,
            order.external_id,
            moves=moves,
            refunds=refunds,
            refunded_total=given,
            status=status,
        )

    def stock(self, cents: int, *, external_id: str | None = None) -> None:
        """Offer something for sale."""
        external_id = external_id or self.new_id()
        self.products[external_id] = Product(
            external_id=external_id,
            name=f"Thing {external_id}",
            price=Decimal(cents) / 100,
            currency="USD",
            source_created_at=self.now,
            source_updated_at=self.now,
        )

    def live(self, stream: Stream) -> dict[str, Record]:
        """Return what is there and not in the trash."""
        return {key: one for key, one in self.of(stream).items() if not one.is_deleted}
