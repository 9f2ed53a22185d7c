"""Rows of one batch on their way into the staging tables.

Values travel as text through COPY: the fastest way in that keeps every digit of a `Decimal` and
needs no statement per row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from psycopg import sql

from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.records import Address, Order, OrderLine, Product

Row = Sequence[str | None]
# Amounts inside JSON stay exact: jsonb numbers are decimals.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")

_KEYS: Final = frozenset(
    {"ecommerce_product_id", "ecommerce_order_id", "order_number", "client_id"}
)
PRODUCT_COLUMNS: Final = (
    "external_id", "ecommerce_product_id", "parent_ecommerce_product_id", "name", "description",
    "sku", "category", "price", "cost", "currency", "is_active", "is_deleted",
    "source_created_at", "source_updated_at", "content_hash",
)  # fmt: skip
ORDER_COLUMNS: Final = (
    "external_id", "ecommerce_order_id", "order_number", "client_id", "person_entity",
    "person_external_id", "is_anonymous", "status",
    "currency", "subtotal", "tax", "shipping", "discount", "total", "refunded_total", "items",
    "shipping_address", "tracking_number", "order_date", "shipped_date", "delivered_date",
    "is_deleted", "source_status", "details", "source_created_at", "source_updated_at",
    "content_hash",
)  # fmt: skip
PEOPLE_COLUMNS: Final = (
    "round", "client_id", "is_new", "is_owner", "entity", "external_id", "is_mapped",
    "link_reason", "ecommerce_customer_id", "email", "phone", "full_name", "company_name",
    "address", "first_seen", "last_seen", "has_ordered", "is_deleted", "content_hash",
    "source_updated_at", "details", "evidence",
)  # fmt: skip


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """An element of crm_orders.items: the line as it was sold.

    `ecommerce_product_id` joins crm_products once the product is there, before or after the order.
    """

    name: str
    quantity: Decimal
    external_id: str | None = None
    ecommerce_product_id: str | None = None
    sku: str | None = None
    unit_price: Decimal | None = None
    total: Decimal | None = None
    tax: Decimal | None = None


def copy_rows(
    connection: Connection, folder: str, table: str, columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Make the staging table of `folder` if it is not there, empty it, and fill it."""
    connection.execute(load(f"{folder}/stage"))
    name = sql.Identifier("pg_temp", table)
    connection.execute(sql.SQL("truncate {}").format(name))
    statement = sql.SQL("copy {} ({}) from stdin").format(
        name, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    # Without numbers the planner misjudges every join; of the keys only, for JSON costs ten times
    # as much to look at.
    keys = [column for column in columns if column in _KEYS]
    connection.execute(
        sql.SQL("analyze {} ({})").format(name, sql.SQL(", ").join(map(sql.Identifier, keys)))
    )


def product_row(product: Product, digest: bytes, id_prefix: str) -> Row:
    """Return a product as PRODUCT_COLUMNS."""
    parent = product.parent_external_id
    return (
        product.external_id,
        id_prefix + product.external_id,
        None if parent is None else id_prefix + parent,
        product.name,
        product.description,
        product.sku,
        product.category,
        str(product.price),
        None if product.cost is None else str(product.cost),
        product.currency,
        flag(product.is_active and not product.is_deleted),
        flag(product.is_deleted),
        moment(product.source_created_at),
        moment(product.source_updated_at),
        binary(digest),
    )


def order_row(
    order: Order,
    digest: bytes,
    *,
    client_id: str,
    person: tuple[str, str],
    is_anonymous: bool,
    id_prefix: str,
    order_number_prefix: str,
) -> Row:
    """Return an order as ORDER_COLUMNS. A deleted one is cancelled; its words stay in the map.

    `person`: the buyer's key in the record map.
    """
    return (
        order.external_id,
        id_prefix + order.external_id,
        order_number_prefix + order.order_number,
        client_id,
        *person,
        flag(is_anonymous),
        "cancelled" if order.is_deleted else order.status.value,
        order.currency,
        str(order.subtotal),
        str(order.tax),
        str(order.shipping),
        str(order.discount),
        str(order.total),
        str(order.refunded_total),
        json_text([_item(line, id_prefix) for line in order.lines]) if order.lines else None,
        address_text(order.shipping_address),
        order.tracking_number,
        moment(order.order_date),
        moment(order.shipped_date),
        moment(order.delivered_date),
        flag(order.is_deleted),
        order.source_status,
        json_text({"refunds": order.refunds}) if order.refunds else None,
        moment(order.source_created_at),
        moment(order.source_updated_at),
        binary(digest),
    )


def with_held(columns: Sequence[str], row: Row, stays: Mapping[str, str | None] | None) -> Row:
    """Return a row with the values that stay in the CRM instead of the store's."""
    if not stays:
        return row
    return [stays.get(column, value) for column, value in zip(columns, row, strict=True)]


def _item(line: OrderLine, id_prefix: str) -> Item:
    product = line.product_external_id
    return Item(
        line.name,
        line.quantity,
        line.external_id,
        None if product is None else id_prefix + product,
        line.sku,
        line.unit_price,
        line.total,
        line.tax,
    )


def json_text(value: Any) -> str:
    """Return JSON with exact numbers."""
    return _ENCODER.encode(value).decode()


def address_text(address: Address | None) -> str | None:
    """Return an address as JSON, None when nothing in it is known."""
    if address is None:
        return None
    text = json_text(address)
    return None if text == "{}" else text


def moment(value: datetime | None) -> str | None:
    """Return a time as PostgreSQL reads it, zone included."""
    return None if value is None else value.isoformat()


def binary(value: bytes | None) -> str | None:
    """Return bytes as PostgreSQL's hex text."""
    return None if value is None else f"\\x{value.hex()}"


def flag(value: bool) -> str:  # noqa: FBT001 - a conversion has nothing but its value
    """Return a boolean as PostgreSQL reads it."""
    return "t" if value else "f"


def array(values: Iterable[str | None]) -> str:
    """Return an array literal; the driver's own lists cost ten times as much per element."""
    return "{" + ",".join("NULL" if value is None else _quoted(value) for value in values) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
