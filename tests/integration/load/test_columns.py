"""Every column of the three tables, taken from the catalogue: people's survive, the store's return.

A new column is covered by itself: one that is not declared as synced counts as people's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql

from connectors.base import StoreConfig
from connectors.crm.ownership import SYNCED, columns, noted
from connectors.crm.results import StoreResult
from connectors.records import Address, Customer, OrderStatus, Product, Record
from tests.integration.load.memory_store import (
    DAY,
    MemoryStore,
    customer,
    lines,
    order,
    product,
)

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
# What identifies a row, and the database's own mark of a change.
STRUCTURE = {"id", "organization_id", "updated_at"}
BY_HAND: dict[str, Any] = {
    "text": "by hand",
    "jsonb": '{"by": "hand"}',
    "integer": 7,
    "numeric": Decimal(3),
    "boolean": False,
    "text[]": ["by", "hand"],
    "date": "2026-07-07",
    "timestamp with time zone": "2026-07-07T07:07:07Z",
}

FULL = {
    "address": Address(line1="Main St 1", city="Austin", country_code="US"),
    "phone": "+15125550123",
    "company_name": "Acme",
}
SHOP: tuple[Record, ...] = (
    customer("1", **FULL),
    customer("2"),
    product("9"),
    product("1", description="Nice", sku="MUG", category="Mugs", cost=Decimal(4),
            parent_external_id="9"),
    order("1", customer_external_id="1", subtotal=Decimal(90), tax=Decimal(10),
          shipping=Decimal(5), discount=Decimal(5), refunded_total=Decimal(20),
          shipping_address=FULL["address"], tracking_number="T1", shipped_date=DAY,
          delivered_date=LATER),
)  # fmt: skip


@pytest.fixture
def store(config: StoreConfig, sync: Sync) -> MemoryStore:
    store = MemoryStore(config)
    sync(store, *SHOP)
    return store


class Catalogue:
    """What the database says of its columns, and how a person would change one."""

    def __init__(self, connection: psycopg.Connection[Any], organization: str) -> None:
        self.connection = connection
        self.organization = organization

    def columns(self, table: str) -> dict[str, str]:
        """The type by column, generated ones left out."""
        return dict(
            self.connection.execute(
                "select attname, format_type(atttypid, null) from pg_attribute "
                "where attrelid = %s::regclass and attnum > 0 and not attisdropped "
                "and attgenerated = ''",
                [table],
            ).fetchall()
        )

    def by_hand(self, table: str, column: str, kind: str) -> Any:
        """A value that the column takes and does not have."""
        target = self.connection.execute(
            "select confrelid::regclass::text from pg_constraint as c "
            "join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[2] "
            "where c.contype = 'f' and c.conrelid = %s::regclass and a.attname = %s",
            [table, column],
        ).fetchone()
        if target is not None:
            return self.row_of(table, column, target[0])
        check = self.connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint "
            "where conrelid = %s::regclass and conname = %s",
            [table, f"{table}_{column}_check"],
        ).fetchone()
        allowed = re.findall(r"'([^']+)'::text", check[0]) if check else []
        if allowed:
            present = self.value(table, column)
            return next(one for one in allowed if one != present)
        assert kind in BY_HAND, f"say in BY_HAND how a person fills in {table}.{column} ({kind})"
        return BY_HAND[kind]

    def row_of(self, table: str, column: str, target: str) -> str:
        """Another row that a reference may name."""
        rows = self.connection.execute(
            sql.SQL("select id::text from {} where organization_id = %s and id::text <> %s").format(
                sql.Identifier(*target.split("."))
            ),
            [self.organization, str(self.value(table, column))],
        ).fetchall()
        assert rows, f"furnish() makes no row of {target} for {table}.{column}"
        return str(rows[0][0])

    def value(self, table: str, column: str) -> Any:
        query = sql.SQL("select {} from {} where {} = '1'").format(
            sql.Identifier(column), sql.Identifier(table), sql.Identifier(KEYS[table])
        )
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def put(self, table: str, column: str, value: Any) -> None:
        query = sql.SQL("update {} set {} = %s where {} = '1'").format(
            sql.Identifier(table), sql.Identifier(column), sql.Identifier(KEYS[table])
        )
        self.connection.execute(query, [value])


KEYS = {
    "crm_clients": "ecommerce_customer_id",
    "crm_products": "ecommerce_product_id",
    "crm_orders": "ecommerce_order_id",
}


@pytest.fixture
def catalogue(connection: psycopg.Connection[Any], organization: str) -> Catalogue:
    return Catalogue(connection, organization)


def furnish(connection: psycopg.Connection[Any], organization: str) -> None:
    """A row of everything that a column may refer to."""
    connection.execute(
        "with u as (insert into auth.users (id, aud, role, raw_user_meta_data) "
        "values (gen_random_uuid(), 'authenticated', 'authenticated', '{}') returning id) "
        "select id from u"
    )
    connection.execute("update profiles set organization_id = %s", [organization])
    connection.execute(
        "with c as (insert into channels (organization_id, name, platform) "
        "values (%(o)s, 'Chat', 'telegram') returning id) "
        "insert into contacts (organization_id, channel_id, platform, platform_user_id) "
        "select %(o)s, id, 'telegram', 'u1' from c",
        {"o": organization},
    )
    connection.execute("delete from crm_clients where contact_id is not null")
    connection.execute(
        "insert into crm_deals (organization_id, client_id, name) "
        "select organization_id, id, 'Deal' from crm_clients where ecommerce_customer_id = '1'"
    )


def changed(record: Record) -> Record:
    """The same record with every field that a store may change changed."""
    news: dict[str, Any] = {"source_updated_at": LATER}
    if isinstance(record, Customer):
        news |= {"email": "n@example.com", "full_name": "New", "phone": "+15125550199",
                 "company_name": "New", "address": Address(line1="New")}  # fmt: skip
    elif isinstance(record, Product):
        news |= {"name": "New", "price": Decimal(99), "is_active": False, "sku": "NEW",
                 "description": "New", "category": "New", "cost": Decimal(98)}  # fmt: skip
    else:
        news |= {"status": OrderStatus.DELIVERED, "total": Decimal(55), "lines": lines("New"),
                 "tracking_number": "NEW", "order_number": "#NEW", "order_date": LATER,
                 "shipping_address": Address(line1="New")}  # fmt: skip
    return msgspec.structs.replace(record, **news)


@pytest.mark.parametrize("table", SYNCED)
def test_every_column_that_is_not_synced_is_peoples(
    table: str, store: MemoryStore, sync: Sync, catalogue: Catalogue
) -> None:
    furnish(catalogue.connection, catalogue.organization)
    kinds = catalogue.columns(table)
    assert set(columns(table)) <= set(kinds) | {"net_revenue"}
    theirs = {name: kind for name, kind in kinds.items() if name not in columns(table)}
    edited = {name: kind for name, kind in theirs.items() if name not in STRUCTURE}
    assert edited, "nothing would be tested"
    for name, kind in edited.items():
        catalogue.put(table, name, catalogue.by_hand(table, name, kind))
    before = {name: catalogue.value(table, name) for name in edited}
    assert None not in before.values()

    news = [changed(record) for record in SHOP if record.external_id == "1"]
    assert sum(one.updated for one in sync(store, *news).streams.values()) == len(news)
    assert {name: catalogue.value(table, name) for name in edited} == before

    sync(store, *(deleted(record) for record in news))
    assert {name: catalogue.value(table, name) for name in edited} == before


def deleted(record: Record) -> Record:
    return msgspec.structs.replace(
        record, is_deleted=True, source_updated_at=LATER + timedelta(hours=1)
    )


@pytest.mark.parametrize("table", SYNCED)
def test_every_column_of_the_stores_comes_back(
    table: str, store: MemoryStore, sync: Sync, catalogue: Catalogue, rows: Rows
) -> None:
    furnish(catalogue.connection, catalogue.organization)
    sync(store)
    kinds = catalogue.columns(table)
    before = {name: catalogue.value(table, name) for name in noted(table)}
    assert None not in before.values(), "a store without a value has nothing to put back"
    for name in noted(table):
        if name != KEYS[table]:
            catalogue.put(table, name, catalogue.by_hand(table, name, kinds[name]))
    query = sql.SQL("update {} set {} = 'by hand' where {} = '1'")
    catalogue.connection.execute(
        query.format(*map(sql.Identifier, (table, KEYS[table], KEYS[table])))
    )
    assert {name for (name,) in rows("select distinct column_name from sync.field_edits")} == set(
        noted(table)
    )

    result = sync(store, full=False)
    assert {name: catalogue.value(table, name) for name in noted(table)} == before
    assert {(one.external_id, frozenset(one.columns)) for one in result.repairs} == {
        ("1", frozenset(noted(table)))
    }


@pytest.mark.parametrize("table", SYNCED)
def test_the_triggers_watch_the_columns_of_the_list(table: str, catalogue: Catalogue) -> None:
    found = catalogue.connection.execute(
        "select tgname, pg_get_triggerdef(oid), tgargs from pg_trigger "
        "where tgrelid = %s::regclass and tgname like 'trigger_note_%%edits'",
        [table],
    ).fetchall()
    arguments = [one for _, _, given in found for one in bytes(given).decode().split("\0") if one]
    assert sorted(arguments) == sorted(noted(table))
    for _, definition, given in found:
        condition = definition[: definition.index("EXECUTE FUNCTION")]
        # What a chat lends is left out by a condition of its own.
        condition = condition.split("(NOT (")[0]
        watched = re.findall(r"old\.(\w+)", condition)
        assert watched == re.findall(r"new\.(\w+)", condition)
        assert watched == [one for one in bytes(given).decode().split("\0") if one]
