"""Every column that a store fills, changed where no trigger sees it: named and put back at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.ownership import SYNCED, TABLE_OF, noted
from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_store import reconcile_store
from connectors.records import Address, OrderLine, OrderStatus, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
MOST = 1 + max(len(noted(table)) for table in SYNCED)
OTHER = {
    "numeric": "{0} + 1",
    "integer": "{0} + 1",
    "boolean": "not {0}",
    "jsonb": """'[{{"name": "typed over"}}]'""",
    "timestamp with time zone": "{0} - interval '400 days'",
    "uuid": "(select id from crm_clients where ecommerce_customer_id = '1')",
    "text": "case '{0}' when 'status' then 'pending' when 'currency' then 'CHF' else 'typed' end",
}


@pytest.fixture
def store(make_store: Callable[..., StoreConfig], sync: Callable[..., Any]) -> MemoryStore:
    """A synced store that says something in every column, and draws no sample."""
    opened = MemoryStore(make_store("shop", settings={"country": "US", "reconcile_sample": 0}))
    address = Address(line1="High Street 1", city="Austin", country_code="US")
    names = [str(number) for number in range(1, MOST + 1)]
    sync(
        opened,
        *(
            customer(
                str(number), company_name="Acme", phone=f"+151255501{number:02}", address=address
            )
            for number in range(1, 2 * MOST + 1)
        ),
        *(
            product(
                one, parent_external_id="p", description="Blue", sku=f"S{one}", category="Cups",
                cost=Decimal("2.00"),
            )
            for one in names
        ),
        *(
            order(
                # Of somebody whose own columns nobody touches: totals follow a mended order.
                one, status=OrderStatus.DELIVERED, customer_external_id=str(MOST + int(one)),
                subtotal=Decimal("90.00"), tax=Decimal("5.00"), shipping=Decimal("7.00"),
                discount=Decimal("2.00"), refunded_total=Decimal("1.00"),
                lines=(OrderLine(name="Cup", quantity=Decimal(1), external_id=one, sku="S"),),
                shipping_address=address, tracking_number=f"T{one}", shipped_date=DAY,
                delivered_date=DAY + timedelta(hours=2),
            )
            for one in names
        ),
    )  # fmt: skip
    return opened


def whole(rows: Rows) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: rows(f"select to_jsonb(t) - 'updated_at' from {table} as t order by id")
        for table in SYNCED
    }


@pytest.mark.parametrize("is_emptied", [False, True], ids=["changed", "emptied"])
def test_each_column_is_found_named_and_put_back(
    connection: psycopg.Connection[Any],
    database: str,
    store: MemoryStore,
    rows: Rows,
    is_emptied: bool,
) -> None:
    kinds = {
        (table, name): (kind, nullable == "YES")
        for table, name, kind, nullable in rows(
            "select table_name, column_name, data_type, is_nullable "
            "from information_schema.columns where table_schema = 'public'"
        )
    }
    before, changed = whole(rows), dict[tuple[Stream, str], tuple[str, ...]]()
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        for stream, table in TABLE_OF.items():
            # The first record's client is what others are given.
            for number, name in enumerate(noted(table), start=2):
                kind, is_nullable = kinds[table, name]
                if is_emptied and not is_nullable:
                    continue
                value = "null" if is_emptied else OTHER[kind].format(name)
                done = connection.execute(
                    f"update {table} set {name} = {value} where id = (select m.crm_id "
                    "from sync.record_map as m where m.entity = %s and m.external_id = %s)",
                    [stream.value, str(number)],
                )
                assert done.rowcount == 1
                changed[stream, str(number)] = (name,)
    assert len(changed) >= 20

    done = reconcile_store(database, store.config, run_id=uuid.uuid4().hex, connector=store)
    assert done.error is None, done.error
    named = {
        (one.stream, external_id): tuple(columns)
        for one in done.findings
        if one.kind == "rows" and one.state is State.REPAIRED
        for external_id, columns in one.record_columns.items()
    }
    assert named == changed
    assert {one.state for one in done.findings} <= {State.EQUAL, State.REPAIRED}
    assert whole(rows) == before
