"""Two clients become one and two again, and nothing that hangs on them is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.errors import ConfigurationError, StoreloomError
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order
from tests.integration.load.merging import Connection, merge, undo

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]


def client_of(rows: Rows, customer_id: str) -> UUID:
    found = rows("select id from crm_clients where ecommerce_customer_id = %s", customer_id)
    return UUID(str(found[0][0]))


def work(connection: Connection, organization: str, client: UUID) -> None:
    """What people hang on a client."""
    scope = {"organization": organization, "client": client}
    for table, columns, values in (
        ("crm_deals", "name, deal_value", "'Deal', 5"),
        ("crm_activities", "activity_type, subject", "'call', 'Call'"),
        ("crm_notes", "content", "'Note'"),
    ):
        connection.execute(
            f"insert into {table} (organization_id, client_id, {columns}) "
            f"values (%(organization)s, %(client)s, {values})",
            scope,
        )
    connection.execute(
        "insert into sync.client_ltv (organization_id, client_id, as_of, ltv, order_count) "
        "values (%(organization)s, %(client)s, '2026-03-01', 7, 1)",
        scope,
    )


EVERYTHING = """
select 'client', c.id::text, to_jsonb(c) - 'updated_at' from crm_clients c
union all select 'order', o.id::text, to_jsonb(o) - 'updated_at' from crm_orders o
union all select 'deal', d.id::text, to_jsonb(d) - 'updated_at' from crm_deals d
union all select 'activity', a.id::text, to_jsonb(a) - 'updated_at' from crm_activities a
union all select 'note', n.id::text, to_jsonb(n) - 'updated_at' from crm_notes n
union all select 'person', m.store_id || m.entity || m.external_id, to_jsonb(m.crm_id)
  from sync.record_map_clients m
union all select 'ltv', l.client_id::text || l.as_of, to_jsonb(l) from sync.client_ltv l
order by 1, 2
"""


@pytest.fixture
def pair(
    config: StoreConfig, sync: Sync, rows: Rows, connection: Connection, organization: str
) -> tuple[MemoryStore, UUID, UUID]:
    """A store with customers 1 and 2, each with an order and with people's work."""
    store = MemoryStore(
        config,
        customer("1", phone="+15125550101"),
        customer("2"),
        order("1", customer_external_id="1"),
        order("2", customer_external_id="2", total=Decimal(50)),
    )
    sync(store)
    winner, loser = client_of(rows, "1"), client_of(rows, "2")
    for client in (winner, loser):
        work(connection, organization, client)
    rows(
        "update crm_clients set tags = '{vip,old}', lead_score = 5, custom_fields = '{\"a\": 1}' "
        "where id = %s returning 1",
        winner,
    )
    rows(
        "update crm_clients set tags = '{old,new}', lead_score = 9, lead_quality = 'hot', "
        'custom_fields = \'{"a": 2, "b": 3}\' where id = %s returning 1',
        loser,
    )
    return store, winner, loser


def test_a_merge_moves_everything_and_fills_gaps_only(
    pair: tuple[MemoryStore, UUID, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    _, winner, loser = pair
    rows(
        "update crm_clients set first_contact_date = '2020-01-01' where id = %s returning 1", loser
    )

    merge(connection, organization, winner, loser)

    assert rows("select first_contact_date::date::text from crm_clients") == [("2020-01-01",)]
    assert rows(
        "select id, full_name, email, tags, lead_score, lead_quality, custom_fields, total_orders, "
        "total_revenue from crm_clients"
    ) == [
        (
            winner,
            "Customer 1",
            "c1@example.com",
            ["vip", "old", "new"],
            5,
            "hot",
            {"a": 1, "b": 3},
            2,
            Decimal("150.00"),
        )
    ]
    for table in ("crm_deals", "crm_activities", "crm_notes", "crm_orders"):
        assert rows(f"select client_id from {table}") == [(winner,)] * 2, table


def test_a_merge_undone_is_as_if_it_had_never_been(
    pair: tuple[MemoryStore, UUID, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    _, winner, loser = pair
    before = rows(EVERYTHING)
    number = merge(connection, organization, winner, loser)

    undo(connection, organization, number)
    with pytest.raises(ConfigurationError, match="undone before"):
        undo(connection, organization, number)

    assert rows(EVERYTHING) == before
    assert rows("select loser, moved, undone_at is null from sync.client_merges") == [
        ({}, [], False)
    ]


def test_undoing_works_after_further_syncs_and_what_people_changed_meanwhile_stays(
    pair: tuple[MemoryStore, UUID, UUID],
    rows: Rows,
    connection: Connection,
    organization: str,
    sync: Sync,
) -> None:
    store, winner, loser = pair
    number = merge(connection, organization, winner, loser)
    later = DAY + timedelta(hours=2)
    sync(
        store,
        order("3", customer_external_id="2", total=Decimal(7)),
        customer("1", phone="+15125550101", full_name="New Name", source_updated_at=later),
        full=True,
    )
    rows("update crm_clients set lead_quality = 'cold' where id = %s returning 1", winner)

    undo(connection, organization, number)
    sync(store)

    assert rows(
        "select id, full_name, lead_quality, total_orders, total_revenue from crm_clients "
        "order by ecommerce_customer_id"
    ) == [
        (winner, "New Name", "cold", 1, Decimal("100.00")),
        (loser, "Customer 2", "hot", 2, Decimal("57.00")),
    ]


def test_a_chain_of_merges_is_taken_apart_in_the_middle(
    pair: tuple[MemoryStore, UUID, UUID],
    rows: Rows,
    connection: Connection,
    organization: str,
    sync: Sync,
) -> None:
    store, first, second = pair
    sync(store, customer("3"), order("3", customer_external_id="3", total=Decimal(1)))
    third = client_of(rows, "3")
    before = rows(EVERYTHING)
    inner = merge(connection, organization, second, third)
    outer = merge(connection, organization, first, second)

    undo(connection, organization, outer)
    assert rows("select id, total_orders from crm_clients order by total_orders") == [
        (first, 1),
        (second, 2),
    ]
    undo(connection, organization, inner)
    assert rows(EVERYTHING) == before

    again = merge(connection, organization, second, third)
    last = merge(connection, organization, first, second)
    undo(connection, organization, again)
    assert rows("select id, total_orders from crm_clients order by total_orders") == [
        (third, 1),
        (first, 2),
    ]
    undo(connection, organization, last)
    assert rows(EVERYTHING) == before


def test_two_chat_contacts_cannot_be_one_client(
    pair: tuple[MemoryStore, UUID, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    _, winner, loser = pair
    for client in (winner, loser):
        # A client of a WhatsApp contact's number is linked with it by the CRM's own trigger.
        rows(
            "update crm_clients set phone = %s where id = %s returning 1", f"+1{client.int}", client
        )
        rows(
            "with k as (insert into channels (organization_id, name, platform) "
            "values (%s, 'Line', 'whatsapp') returning id, organization_id) "
            "insert into contacts (organization_id, channel_id, platform, platform_user_id) "
            "select organization_id, id, 'whatsapp', %s from k returning id",
            organization,
            f"1{client.int}",
        )
    before = rows(EVERYTHING)
    assert [row[2].get("contact_id") is None for row in before if row[0] == "client"] == [False] * 2

    with pytest.raises(ConfigurationError, match="each have a chat contact"):
        merge(connection, organization, winner, loser)

    assert rows(EVERYTHING) == before


def test_a_client_of_another_organization_is_not_there(
    pair: tuple[MemoryStore, UUID, UUID], rows: Rows, connection: Connection
) -> None:
    _, winner, loser = pair
    other = str(rows("insert into organizations (name) values ('B') returning id")[0][0])

    with pytest.raises(ConfigurationError, match="no client"):
        merge(connection, other, winner, loser)


def test_rows_of_a_table_nobody_here_has_heard_of_move_too(
    pair: tuple[MemoryStore, UUID, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    _, winner, loser = pair
    connection.execute(
        "create table public.crm_contracts (id uuid primary key, organization_id uuid not null, "
        "client_id uuid not null, foreign key (organization_id, client_id) references "
        "public.crm_clients (organization_id, id) on delete cascade)"
    )
    contract = uuid.uuid4()
    rows("insert into crm_contracts values (%s, %s, %s) returning 1", contract, organization, loser)

    number = merge(connection, organization, winner, loser)
    assert rows("select client_id from crm_contracts") == [(winner,)]
    undo(connection, organization, number)
    assert rows("select client_id from crm_contracts") == [(loser,)]


def test_a_row_that_would_be_lost_stops_the_merge(
    pair: tuple[MemoryStore, UUID, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    _, winner, loser = pair
    connection.execute(
        "create function public.no_move() returns trigger language plpgsql as "
        "$$ begin return null; end $$"
    )
    connection.execute(
        "create trigger no_move before update on public.crm_notes for each row "
        "execute function public.no_move()"
    )
    before = rows(EVERYTHING)

    with pytest.raises(StoreloomError, match=r"1 rows of public\.crm_notes still refer to it"):
        merge(connection, organization, winner, loser)

    assert rows(EVERYTHING) == before
