"""Whose is a column? The one declared list of what Storeloom writes in the CRM's three tables.

Whatever is not listed here belongs to people or to the database and is never written by a sync.
`migrations/20261126020100_field_edits.sql` (the triggers), the merge statements and
`docs/ownership.md` say the same; tests compare each with this list, column by column.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from connectors.records import Stream

CLIENTS: Final = "crm_clients"
PRODUCTS: Final = "crm_products"
ORDERS: Final = "crm_orders"

TABLE_OF: Final[Mapping[Stream, str]] = {
    Stream.CUSTOMERS: CLIENTS,
    Stream.PRODUCTS: PRODUCTS,
    Stream.ORDERS: ORDERS,
}


class Rule(StrEnum):
    """How a synced column is written, and so what it means when a person changes it.

    KEY: the store's id; put back before anything is written, whatever the store's setting.
    OVERWRITE: the store's value, always. KNOWN: the store's value unless it has none. DATED: as
    KNOWN, but gone when the store takes the order back (re-opened, cancelled). CONTACT: as
    KNOWN from the customer record that the client follows; anybody else fills a gap. FILL: a
    gap only. FORWARD: moves on, never back. EARLIEST, LATEST: a date that only moves that way.
    ONCE: when the row is made; a client of whom no time was known then gets that of its first
    order. RATE: what sync.exchange_rates has. DERIVED: what the database makes of the orders.
    """

    KEY = "key"
    OVERWRITE = "overwrite"
    KNOWN = "overwrite unless empty"
    DATED = "overwrite unless empty, or taken back with the order"
    CONTACT = "contact"
    FILL = "fill a gap"
    FORWARD = "forward only"
    EARLIEST = "earliest"
    LATEST = "latest"
    ONCE = "once"
    RATE = "rate"
    DERIVED = "derived"


# A change by hand of such a column is noted, and the store's value comes back.
_NOTED: Final = frozenset(
    {Rule.KEY, Rule.OVERWRITE, Rule.KNOWN, Rule.DATED, Rule.CONTACT, Rule.RATE, Rule.DERIVED}
)
# With `edits: "crm_wins"` a change by hand stays. Without its key a row would be loaded twice, and
# totals that are no sum of orders would be nobody's.
_HOLDABLE: Final = frozenset({Rule.OVERWRITE, Rule.KNOWN, Rule.DATED, Rule.CONTACT})


class Column(msgspec.Struct, frozen=True):
    """A synced column. `source`: where its value comes from, for people.

    `field`: of the record that it is taken from, None where there is no single one.
    """

    name: str
    rule: Rule
    source: str
    field: str | None = None

    @property
    def is_noted(self) -> bool:
        """Whether a change by hand is noted and settled."""
        return self.rule in _NOTED

    @property
    def is_holdable(self) -> bool:
        """Whether a change by hand may stay, should the store be set to let the CRM win."""
        return self.rule in _HOLDABLE


SYNCED: Final[Mapping[str, tuple[Column, ...]]] = {
    CLIENTS: (
        Column("ecommerce_customer_id", Rule.KEY, "the customer record that the client follows"),
        Column("company_name", Rule.CONTACT, "customer, else order", "company_name"),
        Column("full_name", Rule.CONTACT, "customer, else order", "full_name"),
        Column("email", Rule.CONTACT, "customer, else order", "email"),
        Column("phone", Rule.CONTACT, "customer, else order; E.164 where it is a number", "phone"),
        Column("address", Rule.CONTACT, "customer, else billing address of an order", "address"),
        Column("client_type", Rule.FORWARD, "customer with the first order that stands; inactive"),
        Column("lifecycle_stage", Rule.FORWARD, "customer with the first order that stands"),
        Column("source", Rule.FILL, "the platform's name"),
        Column("first_contact_date", Rule.EARLIEST, "customer's registration, first order"),
        Column("last_contact_date", Rule.LATEST, "last order"),
        Column("created_at", Rule.ONCE, "customer's registration, first order"),
        Column("total_orders", Rule.DERIVED, "orders that are not cancelled or refunded"),
        Column("total_revenue", Rule.DERIVED, "their net revenue"),
        Column("average_order_value", Rule.DERIVED, "their net revenue, each"),
    ),
    PRODUCTS: (
        Column("ecommerce_product_id", Rule.KEY, "the store's id with its prefix"),
        Column(
            "parent_ecommerce_product_id", Rule.KNOWN, "the variant's product", "parent_external_id"
        ),
        Column("name", Rule.OVERWRITE, "product", "name"),
        Column("description", Rule.KNOWN, "product", "description"),
        Column("sku", Rule.KNOWN, "product", "sku"),
        Column("category", Rule.KNOWN, "product", "category"),
        Column("price", Rule.OVERWRITE, "product", "price"),
        Column("cost", Rule.KNOWN, "product", "cost"),
        Column("currency", Rule.OVERWRITE, "product", "currency"),
        Column("is_active", Rule.OVERWRITE, "product; false once deleted"),
        Column("created_at", Rule.ONCE, "product"),
    ),
    ORDERS: (
        Column("ecommerce_order_id", Rule.KEY, "the store's id with its prefix"),
        Column("client_id", Rule.OVERWRITE, "the order's customer or guest"),
        Column("order_number", Rule.OVERWRITE, "order; the id behind it where the number is taken"),
        Column("subtotal", Rule.OVERWRITE, "order", "subtotal"),
        Column("tax", Rule.OVERWRITE, "order", "tax"),
        Column("shipping", Rule.OVERWRITE, "order", "shipping"),
        Column("discount", Rule.OVERWRITE, "order", "discount"),
        Column("total", Rule.OVERWRITE, "order", "total"),
        Column("refunded_total", Rule.OVERWRITE, "order", "refunded_total"),
        Column("exchange_rate", Rule.RATE, "sync.exchange_rates, on the day of the order"),
        Column("currency", Rule.OVERWRITE, "order", "currency"),
        Column("status", Rule.OVERWRITE, "order; cancelled once deleted"),
        Column("items", Rule.KNOWN, "order", "lines"),
        Column("shipping_address", Rule.KNOWN, "order", "shipping_address"),
        Column("tracking_number", Rule.KNOWN, "order", "tracking_number"),
        Column("order_date", Rule.OVERWRITE, "order", "order_date"),
        Column("shipped_date", Rule.DATED, "order", "shipped_date"),
        Column("delivered_date", Rule.DATED, "order", "delivered_date"),
        Column("created_at", Rule.ONCE, "order"),
    ),
}  # fmt: skip


def columns(table: str, *rules: Rule) -> tuple[str, ...]:
    """Return the names of a table's synced columns, of these rules or of all."""
    return tuple(one.name for one in SYNCED[table] if not rules or one.rule in rules)


def noted(table: str) -> tuple[str, ...]:
    """Return the columns in which a change by hand is noted."""
    return tuple(one.name for one in SYNCED[table] if one.is_noted)


def column(table: str, name: str) -> Column:
    """Return one synced column; KeyError for a column that is not synced."""
    return _BY_NAME[table, name]


_BY_NAME: Final = {(table, one.name): one for table, many in SYNCED.items() for one in many}


def as_markdown() -> str:
    """Return the table of docs/ownership.md."""
    lines = ["| table | column | rule | from |", "|---|---|---|---|"]
    lines += [
        f"| `{table}` | `{one.name}` | {one.rule.value} | {one.source} |"
        for table, many in SYNCED.items()
        for one in many
    ]
    return "\n".join(lines)
