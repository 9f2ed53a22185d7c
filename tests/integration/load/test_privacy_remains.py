"""What outlives a person's rows: doubts, the ledger of edits, orders of nobody in particular."""

from __future__ import annotations

from typing import Any

import psycopg
from fixtures.traces import rows_with
from psycopg.sql import SQL

from connectors.base import StoreConfig
from connectors.crm.privacy import Whom, list_erasures
from connectors.crm.privacy_export import export_person
from connectors.crm.statements import load
from connectors.records import Rejected, Stream
from tests.integration.load.marked import (
    ADDRESS,
    EMAIL,
    MARK,
    NEEDLES,
    PHONE,
    Erase,
    Rows,
    Sync,
    ann,
)
from tests.integration.load.memory_store import MemoryStore, customer, order


def test_a_doubt_about_an_address_names_it_no_more_once_its_clients_are_erased(
    config: StoreConfig, sync: Sync, erase: Erase, rows: Rows, database: str
) -> None:
    # The customer's address turns out to be shared: the doubt is about a guest nobody has.
    sync(
        MemoryStore(
            config,
            ann("7"),
            *(
                order(str(number), email=EMAIL, full_name=name)
                for number, name in enumerate(("Bob Kay", "Cy Dee", "Eva Foo"), 1)
            ),
            page_size=1,
        )
    )
    assert "sync.identity_reviews" in {one.split(":")[0] for one in rows_with(database, NEEDLES)}

    for (client,) in rows("select id from crm_clients"):
        erase(client=str(client))

    assert rows_with(database, NEEDLES) == []
    assert rows("select reason, status from sync.identity_reviews") == [("shared_address", "open")]


def test_an_order_that_names_nobody_is_erased_with_the_street_it_went_to(
    config: StoreConfig,
    sync: Sync,
    erase: Erase,
    rows: Rows,
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    nobody: dict[str, Any] = {"shipping_address": ADDRESS, "tracking_number": f"T{MARK}"}
    store = MemoryStore(config, order("90", **nobody), order("91"))
    sync(store)

    done = erase(store="shop", order="90")

    assert (done.clients, done.orders) == (0, 1)
    assert rows_with(database, NEEDLES) == []
    sync(store)
    assert rows_with(database, NEEDLES) == []
    assert rows("select count(*), sum(total) from crm_orders") == [(2, 200)]
    assert [one.counts["public.crm_orders"] for one in list_erasures(connection)] == [1]


def test_what_people_typed_into_a_client_removed_since_goes_and_is_exported_before(
    config: StoreConfig,
    sync: Sync,
    erase: Erase,
    rows: Rows,
    organization: str,
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    sync(MemoryStore(config, ann()))
    connection.execute("update crm_clients set full_name = %s, phone = '+15005550188'", [MARK])
    connection.execute("delete from crm_clients")
    assert rows("select count(*) from sync.field_edits where column_name is not null") == [(2,)]

    by_record = Whom(organization_id=organization, email="nobody@example.com")
    assert export_person(connection, by_record).places == {}
    assert erase(store="shop", customer="1").counts == {"sync.field_edits": 2}

    assert rows_with(database, [*NEEDLES, "5005550188"]) == []
    assert erase(store="shop", customer="1").counts == {}


def test_a_client_that_was_typed_and_removed_is_found_by_an_address_in_the_ledger(
    config: StoreConfig,
    sync: Sync,
    erase: Erase,
    organization: str,
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    # A guest's row: nothing in the ledger says whose record it was.
    sync(MemoryStore(config, order("1", email="first@example.com", full_name=MARK)))
    connection.execute("update crm_clients set email = %s, full_name = 'X'", [EMAIL])
    connection.execute("delete from crm_clients where email = %s", [EMAIL])
    whom = Whom(organization_id=organization, email=EMAIL)
    assert len(export_person(connection, whom).places["sync.field_edits"]) == 2

    erase(email=EMAIL)

    assert rows_with(database, [MARK, "first@example.com"]) == []


def test_a_number_written_in_pairs_gives_a_refused_order_away(
    config: StoreConfig, sync: Sync, erase: Erase, rows: Rows, database: str
) -> None:
    store = MemoryStore(config, ann("4711", phone="+33612345678"))
    payload = {"id": None, "billing": {"phone": "06 12 34 56 78", "last_name": MARK}}
    store.rejected = [
        Rejected(stream=Stream.ORDERS, payload=payload, reason="no id", code="missing_id")
    ]
    sync(store)
    assert rows("select phone from crm_clients") == [("+33612345678",)]

    erase(store="shop", customer="4711")

    assert rows_with(database, [MARK, "12 34 56 78", PHONE]) == []


def test_a_whole_store_is_not_walked_through_for_each_of_its_persons(
    config: StoreConfig, sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    sync(MemoryStore(config, *(customer(str(number)) for number in range(300)), page_size=300))
    # As the loader does while a store grows.
    connection.execute("analyze sync.record_map, public.crm_clients")
    persons = {
        "person_stores": [config.id] * 300,
        "person_entities": ["customers"] * 300,
        "person_ids": [str(number) for number in range(300)],
        "organization_id": config.organization_id,
    }

    explained = connection.execute(
        SQL("explain (analyze, format json) {}").format(load("privacy/silent_clients")), persons
    ).fetchone()

    assert explained is not None
    assert max(loops(explained[0][0]["Plan"], "going")) == 1


def loops(node: dict[str, Any], name: str) -> list[int]:
    """How often the scans of a query's part were done."""
    own = [node["Actual Loops"]] if node.get("CTE Name") == name else []
    return [*own, *(one for plan in node.get("Plans", []) for one in loops(plan, name))]
