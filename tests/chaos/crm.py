"""The CRM's side of a history: what the tables hold, and what people and chats do to them."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

_CLIENTS: Final = """
select id::text, contact_id::text, client_type, company_name, full_name, email, phone, address,
  secondary_phone, ecommerce_customer_id, total_orders, total_revenue, average_order_value, source,
  lifecycle_stage, lead_score, tags, custom_fields, platform_user_id, first_contact_date,
  last_contact_date, xmin::text as version
from public.crm_clients where organization_id = %s
"""
_ORDERS: Final = """
select id::text, client_id::text, order_number, ecommerce_order_id, total, refunded_total, currency,
  status, tracking_number, shipping_address, order_date, net_revenue, xmin::text as version
from public.crm_orders where organization_id = %s
"""
_PRODUCTS: Final = """
select id::text, ecommerce_product_id, name, price, is_active, custom_fields, xmin::text as version
from public.crm_products where organization_id = %s
"""
_MAP: Final = """
select store_id::text, entity, external_id, crm_id::text, deleted_at is not null as is_gone,
  content_hash is not null as is_told, source_updated_at, link_reason, xmin::text as version
from sync.record_map where organization_id = %s
"""
_CURSORS: Final = """
select store_id::text, stream, watermark, resume from sync.cursors where organization_id = %s
"""
_MERGES: Final = """
select id, winner_id::text, loser_id::text, reason, moved from sync.client_merges
where organization_id = %s and undone_at is null
order by id
"""
_REVIEWS: Final = """
select client_id::text, candidate_ids::text [] from sync.identity_reviews
where organization_id = %s
"""
_QUARANTINE: Final = """
select store_id::text, stream, external_id from sync.quarantine
where organization_id = %s and resolved_at is null
"""
_TABLES: Final = {
    "clients": _CLIENTS,
    "orders": _ORDERS,
    "products": _PRODUCTS,
    "map": _MAP,
    "cursors": _CURSORS,
    "merges": _MERGES,
    "reviews": _REVIEWS,
    "quarantine": _QUARANTINE,
}


class Crm:
    """One organization's rows, over a connection of the test's own."""

    def __init__(self, connection: psycopg.Connection[Any], organization_id: str) -> None:
        self.connection = connection
        self.organization_id = organization_id

    def rows(self) -> dict[str, list[Row]]:
        """Return every table's rows."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return {
                name: cursor.execute(query.encode(), [self.organization_id]).fetchall()
                for name, query in _TABLES.items()
            }

    def versions(self) -> set[tuple[str, str, str]]:
        """Return which row versions there are: equal before and after means nothing was written."""
        return {
            (name, row["id"] if "id" in row else row["entity"] + row["external_id"], row["version"])
            for name, rows in self.rows().items()
            if name in ("clients", "orders", "products", "map")
            for row in rows
        }

    def has_open_edits(self) -> bool:
        """Whether a person's edit still waits for the store that the row follows."""
        row = self.connection.execute(
            """
            select exists (
              select
              from sync.field_edits
              where organization_id = %s and state = 'open'
            )
            """,
            [self.organization_id],
        ).fetchone()
        assert row is not None
        return bool(row[0])

    def set(self, table: str, row_id: str, **columns: Any) -> None:
        """A person edits a row."""
        pairs = ", ".join(f"{name} = %s" for name in columns)
        self.connection.execute(
            f"update public.{table} set {pairs} where organization_id = %s and id = %s".encode(),
            [*columns.values(), self.organization_id, row_id],
        )

    def delete(self, table: str, row_id: str) -> None:
        """A person deletes a row."""
        self.connection.execute(
            f"delete from public.{table} where organization_id = %s and id = %s".encode(),
            [self.organization_id, row_id],
        )

    def add_client(self, **columns: Any) -> str:
        """A person types in a client."""
        names = ", ".join(columns)
        marks = ", ".join(["%s"] * len(columns))
        row = self.connection.execute(
            f"insert into public.crm_clients (organization_id, {names}) values (%s, {marks}) "
            "returning id::text".encode(),
            [self.organization_id, *columns.values()],
        ).fetchone()
        assert row is not None
        return str(row[0])

    def chat(self, number: str, name: str | None) -> str:
        """Somebody writes by WhatsApp: a contact, and its client by the CRM's own trigger."""
        row = self.connection.execute(
            """
            with channel as (
              insert into channels (organization_id, name, platform, platform_channel_id)
              values (%(organization)s, 'Line', 'whatsapp', gen_random_uuid()::text)
              returning id
            ),
            contact as (
              insert into contacts (organization_id, channel_id, platform, platform_user_id, name)
              select %(organization)s, id, 'whatsapp', %(number)s, %(name)s from channel
              returning id
            )
            select id::text from contact
            """,
            {"organization": self.organization_id, "number": number, "name": name},
        ).fetchone()
        assert row is not None
        return str(row[0])
