"""What a merge of clients does to doubts about them, and to columns that others have added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from connectors.base import StoreConfig
from connectors.crm.client_columns import OURS, added_columns
from connectors.crm.sync import StoreResult
from tests.integration.load.memory_store import MemoryStore, customer
from tests.integration.load.merging import Connection, merge, undo

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
ADDED = "select ecommerce_customer_id, badge, club, note from crm_clients order by 1"


@pytest.fixture
def clients(config: StoreConfig, sync: Sync, rows: Rows) -> dict[str, UUID]:
    """Three customers of one store, by their ids there."""
    sync(MemoryStore(config, *(customer(number) for number in "123")))
    return dict(rows("select ecommerce_customer_id, id from crm_clients"))


def doubt(rows: Rows, client: UUID, *candidates: UUID, reason: str = "email_shared") -> None:
    rows(
        "insert into sync.identity_reviews (organization_id, store_id, entity, external_id, "
        "client_id, candidate_ids, reason) select s.organization_id, s.id, 'customers', '1', %s, "
        "%s, %s from sync.stores s returning 1",
        client,
        list(candidates),
        reason,
    )


def doubts(rows: Rows) -> list[tuple[Any, ...]]:
    return rows("select client_id, candidate_ids, status from sync.identity_reviews")


def test_a_doubt_without_candidates_still_waits_after_a_merge(
    clients: dict[str, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    """That an address is shared is nothing that two clients becoming one has settled."""
    doubt(rows, clients["1"], reason="shared_address")
    merge(connection, organization, clients["1"], clients["2"])
    assert doubts(rows) == [(clients["1"], [], "open")]


def test_nobody_is_a_candidate_for_himself_after_a_merge(
    clients: dict[str, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    doubt(rows, clients["1"], clients["2"], clients["3"])
    merge(connection, organization, clients["1"], clients["2"])
    assert doubts(rows) == [(clients["1"], [clients["3"]], "open")]
    merge(connection, organization, clients["3"], clients["1"])
    assert [row[2] for row in doubts(rows)] == ["merged"]


def test_columns_that_others_have_added_come_along_and_go_back(
    clients: dict[str, UUID], rows: Rows, connection: Connection, organization: str
) -> None:
    connection.execute(
        "alter table crm_clients add column badge text unique, "
        "add column club text default 'none', add column note jsonb, "
        "add column shouted text generated always as (upper(badge)) stored, "
        "add column referrer_id uuid references crm_clients (id)"
    )
    winner, loser, third = (clients[one] for one in "123")
    rows(
        "update crm_clients set badge = 'B7', club = 'gold', note = '{\"a\": [1]}' where id = %s "
        "returning 1",
        loser,
    )
    rows("update crm_clients set referrer_id = %s where id = %s returning 1", loser, third)
    before = rows(ADDED)

    number = merge(connection, organization, winner, loser)

    assert rows(ADDED) == [
        ("1", "B7", "none", {"a": [1]}),
        ("3", None, "none", None),
    ]
    assert rows("select referrer_id from crm_clients where id = %s", third) == [(winner,)]
    connection.execute("alter table crm_clients add column late text default 'x'")
    undo(connection, organization, number)
    assert rows(ADDED) == before
    assert rows("select distinct late from crm_clients") == [("x",)]
    assert rows("select referrer_id from crm_clients where id = %s", third) == [(loser,)]


def test_every_column_of_ours_is_declared(rows: Rows, connection: Connection) -> None:
    assert added_columns(connection) == []
    there = rows(
        "select attname::text from pg_attribute where attrelid = 'crm_clients'::regclass "
        "and attnum > 0 and not attisdropped"
    )
    assert {name for (name,) in there} == set(OURS)
