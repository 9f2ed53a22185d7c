"""A person is forgotten wherever she was written to; amounts stay, and so does everybody else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from fixtures.traces import rows_with

from connectors.base import StoreConfig
from connectors.crm.lease import Lease
from connectors.crm.privacy import Whom, erase_store, left_of, list_erasures
from connectors.crm.privacy_export import export_person
from connectors.crm.stores import find_store
from connectors.errors import ConfigurationError, Transient
from tests.integration.load.marked import (
    EMAIL,
    MARK,
    NEEDLES,
    PHONE,
    TOTALS,
    Erase,
    Make,
    Rows,
    Shops,
    Sync,
    ann,
    give_chat,
    order_of_ann,
    raw_order,
)
from tests.integration.load.memory_store import MemoryStore


def test_a_person_is_gone_from_every_table_and_her_amounts_stay_to_the_cent(
    shops: Shops,
    erase: Erase,
    database: str,
    connection: psycopg.Connection[Any],
    rows: Rows,
) -> None:
    connection.execute(
        f"update crm_clients set full_name = '{MARK} by hand', secondary_phone = '{PHONE}'"
        f" where email ilike '{MARK}%'"
    )
    before = rows(TOTALS), rows("select total_orders, total_revenue from crm_clients order by id")
    items = rows("select id, items from crm_orders order by id")
    assert len(rows_with(database, NEEDLES)) > 5

    done = erase(store="wool", customer="1")

    assert rows_with(database, NEEDLES) == []
    assert (done.clients, done.orders) == (1, 3)
    assert done.counts["public.crm_clients"] == 1
    assert done.counts["sync.quarantine"] == 2
    assert done.counts["sync.field_edits"] == 1
    assert (
        rows(TOTALS),
        rows("select total_orders, total_revenue from crm_clients order by id"),
    ) == before
    assert rows("select id, items from crm_orders order by id") == items
    assert rows("select email from crm_clients where email is not null") == [("bob@example.com",)]
    assert rows(
        "select shipping_address ->> 'line1' from crm_orders where shipping_address is not null"
    ) == [("2 Bob Street",)]


def test_a_second_erasure_and_the_report_find_nothing_more(
    shops: Shops,
    erase: Erase,
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    del shops
    erase(store="wool", customer="1")

    assert erase(store="wool", customer="1").counts == {}
    second, first = list_erasures(connection)
    assert (first.requested_by, first.scope, len(first.client_ids)) == ("ticket 7", "client", 1)
    assert second.counts == {}
    assert left_of(database, first, run_id="proof").rows == 0
    connection.execute(
        "update crm_clients set email = 'new@example.com' where id = %s", [first.client_ids[0]]
    )
    assert left_of(database, first, run_id="proof").counts == {
        "public.crm_clients": 1,
        "sync.field_edits": 1,
    }


def test_chats_and_what_people_typed_go_only_when_everything_goes(
    shops: Shops,
    erase: Erase,
    organization: str,
    database: str,
    connection: psycopg.Connection[Any],
    rows: Rows,
) -> None:
    (client,) = rows("select id from crm_clients where email ilike %s", EMAIL)[0]
    give_chat(connection, organization, client)

    erase(client=str(client))
    left = {one.split(":")[0] for one in rows_with(database, NEEDLES)}
    assert left == {
        "public.contacts", "public.messages", "public.crm_notes", "public.crm_clients",
        "public.crm_activities", "public.crm_deals", "public.crm_deal_stages_history",
    }  # fmt: skip
    assert rows("select custom_fields ->> 'vip', email from crm_clients where id = %s", client) == [
        (MARK, None)
    ]

    erase(client=str(client), everything=True)
    assert rows_with(database, NEEDLES) == []
    assert rows("select count(*) from messages") == [(1,)]
    assert rows("select deal_value, stage from crm_deals") == [(Decimal(900), "prospecting")]


def test_another_organization_with_the_same_address_is_not_touched(
    shops: Shops,
    make_store: Make,
    make_organization: Callable[[str], str],
    erase: Erase,
    sync: Sync,
    rows: Rows,
) -> None:
    other = make_organization("Other")
    store = MemoryStore(make_store("other", organization_id=other), ann(), order_of_ann("10"))
    store.rejected = [raw_order("90")]
    sync(store)
    theirs = (
        "select (select jsonb_agg(c order by id) from crm_clients as c where organization_id = %s),"
        " (select jsonb_agg(o order by id) from crm_orders as o where organization_id = %s),"
        " (select jsonb_agg(m order by entity, external_id) from sync.record_map as m where"
        " organization_id = %s),"
        " (select array_agg(q::text order by id) from sync.quarantine as q where"
        " organization_id = %s)"
    )
    before = rows(theirs, *[other] * 4)

    erase(email=EMAIL)

    assert rows(theirs, *[other] * 4) == before
    assert MARK in str(before)
    del shops


def test_by_an_address_that_several_clients_have_only_all_of_them_or_one_by_one(
    config: StoreConfig, organization: str, erase: Erase, sync: Sync,
    connection: psycopg.Connection[Any], database: str,
) -> None:  # fmt: skip
    sync(MemoryStore(config, ann()))
    connection.execute(
        "insert into crm_clients (organization_id, full_name, email) values (%s, %s, %s)",
        [organization, MARK, EMAIL],
    )

    with pytest.raises(ConfigurationError, match="2 clients have this address"):
        erase(email=EMAIL)
    assert erase(email=EMAIL, is_each=True).clients == 2
    assert rows_with(database, NEEDLES) == []


def test_a_rehearsal_counts_what_would_go_and_leaves_it(
    shops: Shops, erase: Erase, database: str, rows: Rows
) -> None:
    del shops
    before = rows_with(database, NEEDLES)

    would = erase(store="wool", customer="1", rehearsal=True)

    assert rows_with(database, NEEDLES) == before
    assert rows("select count(*) from sync.erasures") == [(0,)]
    assert erase(store="wool", customer="1").counts == would.counts


def test_while_a_store_of_hers_is_synced_nothing_is_erased(
    shops: Shops, erase: Erase, database: str, rows: Rows
) -> None:
    _, silk = shops
    before = rows_with(database, NEEDLES)

    with Lease(database, silk.config, run_id="sync"), pytest.raises(Transient, match='"silk"'):
        erase(store="wool", customer="1")

    assert rows_with(database, NEEDLES) == before
    assert rows("select count(*) from sync.erased_records") == [(0,)]
    assert erase(store="wool", customer="1").clients == 1


def test_a_whole_store_is_erased_but_for_whom_another_one_speaks(
    shops: Shops,
    database: str,
    connection: psycopg.Connection[Any],
    rows: Rows,
) -> None:
    del shops
    before = rows(TOTALS)

    erase_store(database, find_store(connection, "wool"), requested_by="shop/redact", run_id="r")

    assert rows(TOTALS) == before
    # Ann ordered at the other shop too, Bob did not.
    assert [
        email.lower() for (email,) in rows("select email from crm_clients where email is not null")
    ] == [EMAIL.lower()]
    assert rows("select count(*) from crm_orders where shipping_address is not null") == [(1,)]
    assert rows_with(database, ["2 Bob Street", "bob@example.com"]) == []
    left = {one.split(":")[0] for one in rows_with(database, NEEDLES)}
    assert "sync.quarantine" not in left


def test_everything_held_of_a_person_is_exported_and_nothing_after_the_erasure(
    shops: Shops,
    erase: Erase,
    organization: str,
    connection: psycopg.Connection[Any],
    database: str,
    rows: Rows,
) -> None:
    (client,) = rows("select id from crm_clients where email ilike %s", EMAIL)[0]
    give_chat(connection, organization, client)
    whom = Whom(organization_id=organization, client=str(client))

    told = export_person(connection, whom)

    places = {one.split(":")[0] for one in rows_with(database, NEEDLES)}
    places = {"sync.record_map" if "record_map" in one else one for one in places}
    assert {place.partition(" ")[0] for place in told.places} >= places
    assert "bob" not in str(told.places).lower()
    assert repr(told) == "Export()"

    erase(client=str(client), everything=True)
    assert MARK.lower() not in str(export_person(connection, whom).places).lower()
