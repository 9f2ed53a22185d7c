"""Zelda, who is erased: by the CRM's own command while her shops know her, or by the shops.

She keeps to herself: nothing else in a history touches her records, so that every trace of her has
one reason to be there. Her amounts stay, and nothing of her may be left in any table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from connectors.records import Stream
from tests.chaos.compare import Mismatch, is_zelda
from tests.chaos.crm import Row
from tests.chaos.people import Contact
from tests.chaos.shop import Shop

EMAIL: Final = "zelda.quux@example.org"
WHO: Final = Contact(EMAIL, "+15125550199", "Zelda Quux", "Zedville")
# What would betray her, in whatever column. All of her number: seven digits come up in digests.
_MARKS: Final = r"zelda|quux|5125550199|zedville"
CUSTOMER: Final = "z0"


def turn_up(shop: Shop, one: int, _other: int) -> None:
    """Zelda registers, or buys with or without her account."""
    if shop.is_zelda_gone:
        return
    is_known = CUSTOMER in shop.customers
    if not is_known and one % 2:
        shop.register(WHO, external_id=CUSTOMER, verified=True)
        return
    key = f"z{1 + sum(map(is_zelda, shop.orders))}"
    customer = CUSTOMER if is_known and one % 3 else None
    shop.order(WHO, customer, 1_000 + one, external_id=key)


def redact(shop: Shop) -> None:
    """The shop erases her, and says so."""
    shop.is_zelda_gone = True
    nothing: dict[str, Any] = {"email": None, "phone": None, "full_name": None}
    if CUSTOMER in shop.customers:
        shop.change(Stream.CUSTOMERS, CUSTOMER, address=None, is_redacted=True, **nothing)
    for key in list(filter(is_zelda, shop.orders)):
        shop.change(
            Stream.ORDERS,
            key,
            billing_address=None,
            shipping_address=None,
            is_redacted=True,
            **nothing,
        )


def check_traces(connection: psycopg.Connection[Any], organization_id: str) -> None:
    """Search every table that names an organization for her."""
    found = connection.execute(_search(connection), {"organization_id": organization_id}).fetchall()
    if found:
        raise Mismatch(f"something of an erased person is left: {found}")


_searches: dict[str, sql.Composed] = {}


def _search(connection: psycopg.Connection[Any]) -> sql.Composed:
    database = connection.info.dbname
    if database not in _searches:
        tables = connection.execute(
            """
            select c.table_schema, c.table_name
            from information_schema.columns as c
            inner join information_schema.tables as t using (table_schema, table_name)
            where
              c.column_name = 'organization_id'
              and c.table_schema in ('public', 'sync')
              and t.table_type = 'BASE TABLE'
              -- Sealed at random, and once "quUx" was in it.
              and c.table_name <> 'store_credentials'
            order by 1, 2
            """
        ).fetchall()
        _searches[database] = sql.SQL(" union all ").join(
            sql.SQL(
                "select {name}, t::text from {table} as t "
                "where t.organization_id = %(organization_id)s and t::text ~* {marks}"
            ).format(
                name=sql.Literal(f"{schema}.{table}"),
                table=sql.Identifier(schema, table),
                marks=sql.Literal(_MARKS),
            )
            for schema, table in tables
        )
    return _searches[database]


def check_orders(
    shops: Sequence[Shop], rows: dict[str, list[Row]], prefixes: Iterable[str]
) -> None:
    """Her orders are there to the cent, and she is one client of an organization at most."""
    there = {one["ecommerce_order_id"]: one for one in rows["orders"]}
    clients = set()
    for shop, prefix in zip(shops, prefixes, strict=True):
        for key in filter(is_zelda, shop.orders):
            order, row = shop.orders[key], there.get(prefix + key)
            if row is None or (row["total"], row["status"]) != (order.total, order.status.value):
                raise Mismatch(f"order {key} of the erased person: is {row}, should be {order}")
            clients.add(row["client_id"])
    if len(clients) > 1:
        raise Mismatch(f"one person is {len(clients)} clients: {clients}")
