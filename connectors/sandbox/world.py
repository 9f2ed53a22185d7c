"""What a sandbox store holds: people, goods, orders, in plain mutable objects.

Amounts are integer cents and times integer seconds since 1970 (UTC): both dialects print them in
their own way, and formatting a hundred thousand `Decimal`s and `datetime`s at start-up was what
made an earlier sandbox slower than the sync it was built to test.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

# WooCommerce's own words; the Shopify dialect derives its three statuses from them.
PENDING = "pending"
ON_HOLD = "on-hold"
PROCESSING = "processing"
AWAIT_SHIP = "await-ship"
SHIPPED = "shipped"
COMPLETED = "completed"
CANCELLED = "cancelled"
REFUNDED = "refunded"
FAILED = "failed"
TRASH = "trash"
CHECKOUT_DRAFT = "checkout-draft"
AUTO_DRAFT = "auto-draft"
DRAFTS = frozenset({CHECKOUT_DRAFT, AUTO_DRAFT})


@dataclass(slots=True, kw_only=True)
class Entity:
    """Anything with an id. `version` grows with every change, so that cached answers expire."""

    id: int = 0
    created_at: int = 0
    modified_at: int = 0
    version: int = 0


@dataclass(slots=True, kw_only=True)
class Address:
    """A postal address; empty parts are empty strings. `phone` as a person types it."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""


@dataclass(slots=True, kw_only=True)
class Customer(Entity):
    """A registered customer. `modified_at` 0: never edited since registering."""

    email: str
    first_name: str
    last_name: str
    phone: str = ""
    role: str = "customer"
    address: Address | None = None
    is_redacted: bool = False


@dataclass(slots=True, kw_only=True)
class Variant(Entity):
    """A sellable unit of a product; `options` are (name, value) pairs."""

    product_id: int
    sku: str
    price: int
    options: tuple[tuple[str, str], ...] = ()
    stock: int = 0


@dataclass(slots=True, kw_only=True)
class Product(Entity):
    """A product. `sku` and `price` count only when `variants` is empty or holds the one default.

    `state`: publish, draft, private or trash.
    """

    name: str
    description: str
    category: str
    sku: str
    price: int
    cost: int
    state: str = "publish"
    stock: int = 0
    variants: list[Variant] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Line:
    """A line as sold. `subtotal` before and `total` after discount, both without tax, in cents.

    `product_id` and `variant_id` 0 and `sku` None: a free-text line or a deleted product.
    """

    id: int = 0
    name: str
    product_id: int
    variant_id: int
    sku: str | None
    quantity: int
    subtotal: int
    subtotal_tax: int
    total: int
    tax: int


@dataclass(slots=True, kw_only=True)
class Refund(Entity):
    """Money given back; `amount` is positive cents."""

    order_id: int
    amount: int
    reason: str


@dataclass(slots=True, kw_only=True)
class Order(Entity):
    """An order. `state` is one of the constants above or a status of the shop's own.

    `customer_id` 0: a guest, known by `email` and `billing` alone. `total` is never lowered by
    refunds. `presentment`: (currency, ten-thousandths of it per unit of the store's currency),
    when the buyer saw another currency.
    """

    number: str
    state: str
    currency: str
    customer_id: int
    email: str
    billing: Address
    shipping: Address
    lines: list[Line]
    shipping_total: int = 0
    shipping_tax: int = 0
    shipping_method: str = ""
    discount: int = 0
    discount_tax: int = 0
    coupon: str = ""
    total_tax: int = 0
    total: int = 0
    refunds: list[Refund] = field(default_factory=list)
    paid_at: int = 0
    completed_at: int = 0
    shipped_at: int = 0
    delivered_at: int = 0
    cancelled_at: int = 0
    tracking_number: str = ""
    parcels: int = 1
    payment_method: str = "card"
    note: str = ""
    is_test: bool = False
    presentment: tuple[str, int] | None = None
    state_before_trash: str = ""

    @property
    def refunded(self) -> int:
        """Sum of all refunds, in cents."""
        return sum(refund.amount for refund in self.refunds)

    def recompute(self) -> None:
        """Set `total_tax`, `discount` and `total` from lines and shipping."""
        self.discount = sum(line.subtotal - line.total for line in self.lines)
        self.discount_tax = sum(line.subtotal_tax - line.tax for line in self.lines)
        self.total_tax = sum(line.tax for line in self.lines) + self.shipping_tax
        goods = sum(line.total for line in self.lines)
        self.total = goods + self.shipping_total + self.total_tax


Kind = TypeVar("Kind", bound=Entity)


class Shelf(Generic[Kind]):
    """Entities of one kind by id, with sorted views that are rebuilt only after a change."""

    def __init__(self) -> None:
        self.by_id: dict[int, Kind] = {}
        self.revision = 0
        self._sorted: dict[str, tuple[int, list[Kind], list[tuple[int, int]]]] = {}

    def add(self, entity: Kind) -> None:
        """Put `entity` on the shelf under its id."""
        self.by_id[entity.id] = entity
        self.revision += 1

    def changed(self, entity: Kind, *, at: int | None = None) -> None:
        """Note a change of `entity`; `at` moves its modification time, None leaves it."""
        if at is not None:
            entity.modified_at = at
        entity.version += 1
        self.revision += 1

    def remove(self, identifier: int) -> Kind:
        """Take the entity away for good and return it."""
        self.revision += 1
        return self.by_id.pop(identifier)

    def ordered(
        self, name: str, key: Callable[[Kind], int]
    ) -> tuple[list[Kind], list[tuple[int, int]]]:
        """Return all entities by (key, id) and the list of these pairs, for bisection."""
        known = self._sorted.get(name)
        if known is None or known[0] != self.revision:
            pairs = sorted((key(entity), entity.id) for entity in self.by_id.values())
            known = (self.revision, [self.by_id[pair[1]] for pair in pairs], pairs)
            self._sorted[name] = known
        return known[1], known[2]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A deletion, as Shopify's feed of events tells of it. `kind`: Order, Product or Customer."""

    id: int
    at: int
    kind: str
    subject_id: int


class Clock:
    """The store's own clock: real time plus an offset, since stores' clocks are wrong at times."""

    def __init__(self, offset_seconds: int = 0) -> None:
        self.offset_seconds = offset_seconds

    def now(self) -> int:
        """Return whole seconds since 1970 as the store believes."""
        return int(time.time()) + self.offset_seconds


class World:
    """One store's content. Hold `lock` while reading or changing more than one thing."""

    def __init__(
        self, *, platform: str, name: str, currency: str, time_zone: str, clock: Clock
    ) -> None:
        self.platform = platform
        self.name = name
        self.currency = currency
        self.time_zone = time_zone
        self.zone = ZoneInfo(time_zone)
        self.clock = clock
        self.lock = threading.RLock()
        self.customers: Shelf[Customer] = Shelf()
        self.products: Shelf[Product] = Shelf()
        self.variants: Shelf[Variant] = Shelf()
        self.orders: Shelf[Order] = Shelf()
        self.refunds: Shelf[Refund] = Shelf()
        self.destroyed: list[Destroyed] = []
        self.next_number = 1001
        # WooCommerce draws the ids of products, orders and refunds from one sequence (posts) and
        # those of people from another (users); an id therefore counts nothing.
        is_shopify = platform == "shopify"
        first = 7_280_000_000_011 if is_shopify else 11
        self._post_ids = itertools.count(first, 32_768 if is_shopify else 1)
        self._user_ids = itertools.count(first if is_shopify else 1)
        self._line_ids = itertools.count(first)

    def new_id(self) -> int:
        """Return the next id of products, variants, orders and refunds."""
        return next(self._post_ids)

    def new_customer_id(self) -> int:
        """Return the next id of a person."""
        return next(self._user_ids)

    def new_line_id(self) -> int:
        """Return the next id of an order line."""
        return next(self._line_ids)

    def note_destroyed(self, kind: str, identifier: int, *, at: int) -> None:
        """Write a deletion into the feed."""
        self.destroyed.append(Destroyed(len(self.destroyed) + 1, at, kind, identifier))

    def new_number(self) -> str:
        """Return the next order number (Shopify; WooCommerce uses the order's id)."""
        number = self.next_number
        self.next_number += 1
        return str(number)
