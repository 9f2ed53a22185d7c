"""Columns that somebody has added to crm_clients: a merge carries them along like our own.

They belong to people, so that a sync never writes them. When two clients become one, what was typed
into the one that goes would go with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg import sql
from psycopg.types.json import Jsonb

from connectors.crm.database import Connection
from connectors.crm.staging import array
from connectors.crm.statements import load

# Named by identity/fill.sql, write_image.sql and insert_image.sql, or written by nobody.
OURS: Final = (
    "id",
    "organization_id",
    "contact_id",
    "client_type",
    "company_name",
    "full_name",
    "email",
    "phone",
    "secondary_phone",
    "address",
    "ecommerce_customer_id",
    "total_orders",
    "total_revenue",
    "average_order_value",
    "source",
    "source_details",
    "utm_data",
    "lifecycle_stage",
    "lead_score",
    "lead_quality",
    "assigned_to",
    "tags",
    "custom_fields",
    "platform_user_id",
    "first_contact_date",
    "last_contact_date",
    "next_follow_up_date",
    "created_at",
    "updated_at",
)


def added_columns(connection: Connection) -> list[str]:
    """Return the columns of crm_clients that are none of ours, nor hold a client's id."""
    rows = connection.execute(load("identity/added_columns"), {"ours": array(OURS)})
    return [str(name) for (name,) in rows]


def fill_added(
    connection: Connection, organization_id: str, client_id: Any, image: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Fill gaps in the added columns of a client from another's image.

    To be called once the other is gone: a value may be one client's only. Returns the client's
    image, None when nothing has been added.
    """
    columns = [name for name in added_columns(connection) if name in image]
    return _write(connection, organization_id, client_id, image, columns, "coalesce(c.{0}, i.{0})")


def put_added(
    connection: Connection, organization_id: str, client_id: Any, image: Mapping[str, Any]
) -> None:
    """Write the added columns of an image into a client, as far as the image knows of them."""
    columns = [name for name in added_columns(connection) if name in image]
    _write(connection, organization_id, client_id, image, columns, "i.{0}")


def _write(
    connection: Connection,
    organization_id: str,
    client_id: Any,
    image: Mapping[str, Any],
    columns: Sequence[str],
    value: str,
) -> dict[str, Any] | None:
    if not columns:
        return None
    values = sql.SQL(", ").join(
        sql.SQL("{0} = " + value).format(sql.Identifier(name)) for name in columns
    )
    row = connection.execute(
        sql.SQL(
            "update public.crm_clients as c set {values} "
            "from jsonb_populate_record(null::public.crm_clients, %(image)s) as i "
            "where c.organization_id = %(organization_id)s and c.id = %(client_id)s "
            "returning to_jsonb(c)"
        ).format(values=values),
        {"organization_id": organization_id, "client_id": client_id, "image": Jsonb(dict(image))},
    ).fetchone()
    return None if row is None else dict(row[0])
