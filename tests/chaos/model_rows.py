"""The rows the CRM should have, as plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from connectors.records import Order, Record

# entity, external id: how the record map names a person.
Key = tuple[str, str]
LOST: Final = ("cancelled", "refunded")


@dataclass(eq=False, kw_only=True)
class Edited:
    """What people did to columns that a store fills.

    `is_edited`: the store's next word by name is written although it said the same before. `held`:
    columns that stay as people left them, where the store lets the CRM win.
    """

    is_edited: bool = False
    held: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Client(Edited):
    """A client. `people`: the columns that belong to people, as they left them."""

    contact: dict[str, Any]
    ecommerce_customer_id: str | None = None
    client_type: str = "lead"
    lifecycle_stage: str | None = "lead"
    source: str | None = None
    first_contact_date: datetime | None = None
    last_contact_date: datetime | None = None
    platform_user_id: str | None = None
    is_in_chat: bool = False
    people: dict[str, Any] = field(
        default_factory=lambda: {
            "lead_score": 0, "tags": None, "secondary_phone": None, "contact_id": None
        }
    )  # fmt: skip
    # Set for rows that people or chats made, by which they are found again.
    crm_id: str | None = None
    order_of_making: int = 0


@dataclass(eq=False)
class OrderRow(Edited):
    """An order. `fields`: the columns the store owns, as the store said them last."""

    client: Client
    ecommerce_order_id: str | None
    number: str
    fields: dict[str, Any]
    people: dict[str, Any] = field(default_factory=dict)
    crm_id: str | None = None

    @property
    def is_lost(self) -> bool:
        return self.fields["status"] in LOST

    @property
    def net(self) -> Decimal | None:
        """What it is worth; None while no exchange rate is known."""
        if self.is_lost:
            return Decimal(0)
        if self.fields["currency"] != "USD":
            return None
        worth: Decimal = self.fields["total"] - self.fields["refunded_total"]
        return worth


@dataclass(eq=False)
class ProductRow(Edited):
    """Something for sale."""

    ecommerce_product_id: str
    fields: dict[str, Any]
    people: dict[str, Any] = field(default_factory=dict)
    crm_id: str | None = None


@dataclass
class Seen:
    """What is remembered of a store's record. `record` None: told by others only, or gone."""

    row: Client | OrderRow | ProductRow
    record: Record | None = None
    updated_at: datetime | None = None
    is_gone: bool = False
    # Of an order: who placed it.
    person: Key | None = None
    former: Key | None = None
    # An address that the customer record itself does not vouch for.
    unverified: str | None = None
    reason: str | None = None

    @property
    def order(self) -> Order | None:
        return self.record if isinstance(self.record, Order) else None
