"""The loader somebody writes in an afternoon: page after page, `executemany` upserts, commit.

Done decently: one connection kept alive, batches of a page through the driver's pipeline, the same
columns, tables, indexes and triggers. It has no identity rules, no record map, no quarantine, no
cursor and no retries, which is all in its favour here.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

_STATUSES = {
    "pending": "pending",
    "on-hold": "pending",
    "processing": "processing",
    "completed": "delivered",
    "cancelled": "cancelled",
    "failed": "cancelled",
    "refunded": "refunded",
}

UPSERT_CUSTOMER = """
insert into crm_clients (
  organization_id, ecommerce_customer_id, email, phone, full_name, company_name, address, source,
  first_contact_date, created_at
) values (%s, %s, %s, %s, %s, %s, %s, 'woocommerce', %s, %s)
on conflict (organization_id, ecommerce_customer_id) do update set
  email = excluded.email, phone = excluded.phone, full_name = excluded.full_name,
  company_name = excluded.company_name, address = excluded.address
"""
UPSERT_PRODUCT = """
insert into crm_products (
  organization_id, ecommerce_product_id, name, description, sku, category, price, currency,
  is_active
) values (%s, %s, %s, %s, %s, %s, %s, 'USD', %s)
on conflict (organization_id, ecommerce_product_id) do update set
  name = excluded.name, description = excluded.description, sku = excluded.sku,
  category = excluded.category, price = excluded.price, is_active = excluded.is_active
"""
INSERT_GUEST = """
insert into crm_clients (
  organization_id, email, phone, full_name, address, source, client_type, lifecycle_stage,
  first_contact_date, last_contact_date, created_at
)
select %(org)s, %(email)s, %(phone)s, %(name)s, %(address)s, 'woocommerce', 'customer',
  'customer', %(at)s, %(at)s, %(at)s
where not exists (
  select from crm_clients where organization_id = %(org)s and lower(email) = lower(%(email)s)
)
"""
FIND_CLIENTS = """
select id, ecommerce_customer_id, lower(email) from crm_clients
where organization_id = %s and (ecommerce_customer_id = any(%s) or lower(email) = any(%s))
"""
TOUCH_CLIENT = """
update crm_clients set
  client_type = 'customer', lifecycle_stage = 'customer',
  first_contact_date = least(first_contact_date, %s),
  last_contact_date = greatest(last_contact_date, %s)
where organization_id = %s and id = %s
"""
UPSERT_ORDER = """
insert into crm_orders (
  organization_id, client_id, order_number, ecommerce_order_id, subtotal, tax, shipping, discount,
  total, currency, status, items, shipping_address, order_date, delivered_date, exchange_rate,
  created_at
) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s)
on conflict (organization_id, order_number) do update set
  client_id = excluded.client_id, subtotal = excluded.subtotal, tax = excluded.tax,
  shipping = excluded.shipping, discount = excluded.discount, total = excluded.total,
  status = excluded.status, items = excluded.items, shipping_address = excluded.shipping_address,
  order_date = excluded.order_date, delivered_date = excluded.delivered_date
"""


def load_everything(database_url: str, organization_id: str, store_url: str) -> None:
    """Load customers, products and orders, in that order."""
    with (
        httpx.Client(base_url=f"{store_url}/wp-json/wc/v3") as client,
        psycopg.connect(database_url) as connection,
    ):
        for page in _pages(client, "customers"):
            _customers(connection, organization_id, page)
        for page in _pages(client, "products"):
            _products(connection, organization_id, page)
        for page in _pages(client, "orders"):
            _orders(connection, organization_id, page)


def _pages(client: httpx.Client, name: str) -> Iterator[list[dict[str, Any]]]:
    number, pages = 1, 1
    while number <= pages:
        answer = client.get(f"/{name}", params={"page": number, "per_page": 100})
        answer.raise_for_status()
        pages = int(answer.headers["X-WP-TotalPages"])
        yield answer.json()
        number += 1


def _customers(
    connection: psycopg.Connection[Any], organization_id: str, page: list[dict[str, Any]]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            UPSERT_CUSTOMER,
            [
                (
                    organization_id,
                    str(one["id"]),
                    one["email"],
                    one["billing"]["phone"],
                    f"{one['first_name']} {one['last_name']}",
                    one["billing"]["company"] or None,
                    Jsonb(one["billing"]),
                    one["date_created_gmt"] + "Z",
                    one["date_created_gmt"] + "Z",
                )
                for one in page
            ],
        )
    connection.commit()


def _products(
    connection: psycopg.Connection[Any], organization_id: str, page: list[dict[str, Any]]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            UPSERT_PRODUCT,
            [
                (
                    organization_id,
                    str(one["id"]),
                    one["name"],
                    one["description"],
                    one["sku"],
                    one["categories"][0]["name"] if one["categories"] else None,
                    Decimal(one["price"]),
                    one["status"] == "publish",
                )
                for one in page
            ],
        )
    connection.commit()


def _orders(
    connection: psycopg.Connection[Any], organization_id: str, page: list[dict[str, Any]]
) -> None:
    guests = [one for one in page if not one["customer_id"]]
    with connection.cursor() as cursor:
        cursor.executemany(
            INSERT_GUEST,
            [
                {
                    "org": organization_id,
                    "email": one["billing"]["email"],
                    "phone": one["billing"]["phone"],
                    "name": f"{one['billing']['first_name']} {one['billing']['last_name']}",
                    "address": Jsonb(one["billing"]),
                    "at": one["date_created_gmt"] + "Z",
                }
                for one in guests
            ],
        )
        cursor.execute(
            FIND_CLIENTS,
            (
                organization_id,
                [str(one["customer_id"]) for one in page],
                [one["billing"]["email"].lower() for one in guests],
            ),
        )
        by_key: dict[str, Any] = {}
        for client_id, customer_id, email in cursor.fetchall():
            by_key[customer_id or email] = client_id
        clients = [
            by_key[
                str(one["customer_id"]) if one["customer_id"] else one["billing"]["email"].lower()
            ]
            for one in page
        ]
        cursor.executemany(
            TOUCH_CLIENT,
            [
                (one["date_created_gmt"] + "Z",) * 2 + (organization_id, client)
                for one, client in zip(page, clients, strict=True)
            ],
        )
        cursor.executemany(
            UPSERT_ORDER,
            [
                (
                    organization_id,
                    client,
                    one["number"],
                    str(one["id"]),
                    sum(Decimal(line["subtotal"]) for line in one["line_items"]),
                    Decimal(one["total_tax"]),
                    Decimal(one["shipping_total"]),
                    Decimal(one["discount_total"]),
                    Decimal(one["total"]),
                    one["currency"],
                    _STATUSES[one["status"]],
                    Jsonb(
                        [
                            {
                                "name": line["name"],
                                "quantity": line["quantity"],
                                "external_id": str(line["id"]),
                                "ecommerce_product_id": str(line["product_id"]),
                                "sku": line["sku"],
                                "unit_price": line["price"],
                                "total": line["total"],
                                "tax": line["total_tax"],
                            }
                            for line in one["line_items"]
                        ]
                    ),
                    Jsonb(one["shipping"]),
                    one["date_created_gmt"] + "Z",
                    one["date_completed_gmt"] + "Z" if one["status"] == "completed" else None,
                    one["date_created_gmt"] + "Z",
                )
                for one, client in zip(page, clients, strict=True)
            ],
        )
    connection.commit()
