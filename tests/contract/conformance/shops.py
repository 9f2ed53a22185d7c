"""What the conformance suite asks of a platform's shop: to be filled, changed and broken.

A platform writes one `Shop` (an adapter, a hundred lines or so) and names it in `adapters.py`;
every test of this folder then runs on its connector. The adapter speaks to the shop behind the
connector's back: what it tells must come from the shop itself, never through the code under test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

import pytest

from connectors.base import Connector, StoreConfig
from connectors.records import OrderStatus, Stream


class Ability(StrEnum):
    """What some platforms cannot have. An adapter that lacks one says why, in `Shop.cannot`."""

    # Several records with one and the same change time.
    TIES = "ties"
    # An order without a customer account.
    GUESTS = "guests"
    # Personal data erased, the record still there.
    REDACTION = "redaction"
    # An order status nobody heard of.
    UNKNOWN_STATUS = "unknown_status"
    # Orders in another currency than the store's, of no, and of three decimals.
    FOREIGN_CURRENCY = "foreign_currency"
    ZERO_DECIMALS = "zero_decimals"
    THREE_DECIMALS = "three_decimals"
    # Money given back, in parts.
    REFUNDS = "refunds"
    # An unfinished reading goes on: from a page's mark, or from what it was complete until.
    RESUME_CUSTOMERS = "resume_customers"
    RESUME_PRODUCTS = "resume_products"
    RESUME_ORDERS = "resume_orders"
    # A record is removed for good.
    DELETE_CUSTOMERS = "delete_customers"
    DELETE_PRODUCTS = "delete_products"
    DELETE_ORDERS = "delete_orders"
    # A record nobody can map, among good ones.
    BREAK_CUSTOMERS = "break_customers"
    BREAK_PRODUCTS = "break_products"
    BREAK_ORDERS = "break_orders"
    # The kinds of misbehaviour below.
    THROTTLE = "throttle"
    ERROR = "error"
    TRUNCATE = "truncate"
    RESET = "reset"
    SLOW = "slow"
    # A sync of one changed order costs at most three requests a stream, counting included.
    FEW_CALLS = "few_calls"
    # There are credentials that could leak.
    SECRETS = "secrets"
    # Orders can be asked for by when they were placed.
    GLANCES = "glances"


class Trouble(StrEnum):
    """How a shop misbehaves; the names of the abilities of the same value."""

    # 429 with Retry-After: 0, or the platform's own way of saying so.
    THROTTLE = "throttle"
    # 500 and 503.
    ERROR = "error"
    # Half an answer, with an honest and with a dishonest Content-Length.
    TRUNCATE = "truncate"
    # The connection is closed without an answer.
    RESET = "reset"
    # Every answer takes a moment (some hundredths of a second).
    SLOW = "slow"


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """An order to be placed, of one line unless `bare`.

    `total`: what the customer pays, before refunds, exact in its currency. `currency`: None is the
    store's own. `customer`: an external id as `put_customer` returned it; None is a guest known by
    `email`. `status`: the platform's own word for the state of the order, None a paid one.
    `placed_at`: aware; the shop may keep whole seconds. `bare`: whatever the platform lets be null
    or missing is (names, phones, addresses, SKU, notes, lines).
    """

    total: Decimal = Decimal("19.90")
    currency: str | None = None
    customer: str | None = None
    email: str | None = "guest@example.com"
    status: str | None = None
    placed_at: datetime | None = None
    bare: bool = False


@dataclass
class Mischief:
    """How often a shop misbehaved, known when the block ends.

    A test of troubles that did not happen shows nothing.
    """

    count: int = 0


class Shop(ABC):
    """One store of one platform, up while the test runs.

    Ids are external ids, as the connector's records have them. Each test gets a shop with some
    records in each stream, in which nothing is broken and which does not misbehave; what
    earlier tests put there may still be there. Every method but `connector` goes past the
    connector. A method is called only when its ability is not in `cannot`.
    """

    platform: ClassVar[str]
    # Ability -> why this platform cannot have it: a fact about the platform, for a reader.
    cannot: ClassVar[Mapping[Ability, str]] = {}
    # Marks for every test of this platform, `pytest.mark.vendure` for instance.
    marks: ClassVar[tuple[pytest.MarkDecorator, ...]] = ()
    # The word `NewOrder.status` gets in the test of unknown states, and what may come of it.
    unknown_status: ClassVar[str] = "lost-in-space"
    unknown_becomes: ClassVar[frozenset[OrderStatus]] = frozenset(
        {OrderStatus.PENDING, OrderStatus.PROCESSING}
    )

    @classmethod
    @abstractmethod
    def opened(cls, request: pytest.FixtureRequest) -> AbstractContextManager[Shop]:
        """Start (or take over) a shop for one test.

        `request.getfixturevalue` reaches the fixtures every test has (`server`, `tmp_path`, …).
        """

    @abstractmethod
    def config(self, **settings: Any) -> StoreConfig:
        """Return how the store would be configured, working credentials included.

        `settings` go on top of those that the shop needs to be reached (`allow_http`).
        """

    @abstractmethod
    def connector(self, config: StoreConfig) -> Connector:
        """Open the connector under test on `config`, such that backing off costs no time."""

    def page_size(self, size: int) -> dict[str, Any]:
        """Return the settings that make pages of `size` records, or as near as the platform can."""
        return {"page_size": size}

    # What is there

    @abstractmethod
    def ids(self, stream: Stream) -> frozenset[str]:
        """Return the ids a full read must yield as records that are not deleted (`is_deleted`)."""

    # What the staff does. Times move as on the platform: where an edit moves none, none moves.

    @abstractmethod
    def put_customer(self, *, email: str, name: str = "Nora Neu", bare: bool = False) -> str:
        """Register somebody; `bare`: with nothing but what the platform insists on."""

    @abstractmethod
    def put_product(self, *, name: str, price: Decimal = Decimal("10.00")) -> str:
        """Add a product of one sellable unit; return the unit's id, which is in `ids`."""

    @abstractmethod
    def put_order(self, order: NewOrder) -> str:
        """Place an order, now unless it says otherwise."""

    @abstractmethod
    def edit(self, stream: Stream, external_id: str) -> None:
        """Change something the CRM keeps of the record, each time to another value."""

    @abstractmethod
    def delete(self, stream: Stream, external_id: str) -> None:
        """Delete the record for good, as staff would. Of a product: the sellable unit, whole."""

    def refund(self, order_id: str, amount: Decimal) -> None:
        """Give `amount` back, in the order's currency."""
        raise NotImplementedError(f"{self.platform}: say why not in `cannot`")

    def redact(self, customer_id: str) -> None:
        """Erase the customer's personal data; the record stays."""
        raise NotImplementedError(f"{self.platform}: say why not in `cannot`")

    def tie(self, stream: Stream, external_ids: Sequence[str]) -> datetime:
        """Give all of these records one change time, the present second; return it (UTC)."""
        raise NotImplementedError(f"{self.platform}: say why not in `cannot`")

    def break_record(self, stream: Stream, external_id: str) -> None:
        """Make the record one that cannot be mapped (an impossible amount, date, text).

        It leaves `ids`: a full read yields it as rejected. `opened` mends it after the test.
        """
        raise NotImplementedError(f"{self.platform}: say why not in `cannot`")

    def misbehave(
        self, trouble: Trouble, *, always: bool = False
    ) -> AbstractContextManager[Mischief]:
        """Have the shop misbehave within the block.

        About every third request fails, no request more than three times in a row; `always`: every
        one fails, for good.
        """
        raise NotImplementedError(f"{self.platform}: say why not in `cannot`")


def lacks(shop: type[Shop], ability: Ability) -> bool:
    """Say whether the platform cannot have `ability`; a reason must be given for it."""
    reason = shop.cannot.get(ability)
    assert reason is None or len(reason.split()) > 2, f"{shop.platform}: why no {ability}?"
    return reason is not None
