"""Erased stays erased, whatever the store still sends; what a store erases itself is followed."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from fixtures.traces import rows_with

from connectors.base import StoreConfig
from connectors.crm.embedded import EmbeddedServer
from connectors.crm.privacy import left_of, list_erasures
from connectors.crm.replay import replay
from connectors.records import OrderStatus
from tests.integration.load.marked import (
    EMAIL,
    MARK,
    NEEDLES,
    TOTALS,
    Erase,
    Rows,
    Shops,
    Sync,
    ann,
    later,
    order_of_ann,
    raw_order,
)
from tests.integration.load.memory_store import MemoryStore, customer, order


def test_what_the_store_still_sends_of_her_is_stripped_and_its_amounts_arrive(
    shops: Shops,
    erase: Erase,
    sync: Sync,
    database: str,
    rows: Rows,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wool, silk = shops
    clients = rows("select id, client_id from crm_orders order by id")
    erase(store="wool", customer="1")
    caplog.set_level(logging.DEBUG)

    wool.put(later(wool, order_of_ann("10", customer_external_id="1"), total=Decimal(80)))
    wool.put(
        later(wool, order_of_ann("11"), status=OrderStatus.REFUNDED, refunded_total=Decimal(100))
    )
    silk.put(later(silk, order_of_ann("10"), total=Decimal(60)))
    for full in (False, True, True):
        sync(wool, full=full)
        sync(silk, full=full)

    assert rows_with(database, NEEDLES) == []
    assert MARK.lower() not in caplog.text.lower()
    assert rows(
        "select ecommerce_order_id, total, refunded_total, status from crm_orders order by 1"
    ) == [
        ("10", Decimal(80), Decimal(3), "processing"),
        ("11", Decimal(100), Decimal(100), "refunded"),
        ("12", Decimal(100), Decimal(0), "processing"),
        ("silk:10", Decimal(60), Decimal(3), "processing"),
    ]
    assert rows("select id, client_id from crm_orders order by id") == clients
    assert rows("select count(*) from crm_clients") == [(2,)]
    again = sync(wool).streams
    assert [(one.inserted, one.updated) for one in again.values()] == [(0, 0)] * 3


def test_whoever_orders_after_having_been_erased_is_a_new_person(
    shops: Shops, erase: Erase, sync: Sync, rows: Rows
) -> None:
    wool, _ = shops
    (old,) = rows("select client_id from crm_orders where ecommerce_order_id = '10'")
    erase(store="wool", customer="1")

    sync(wool, order_of_ann("20"), order_of_ann("21", customer_external_id="1"))

    new = rows(
        "select distinct c.id, c.email from crm_orders as o join crm_clients as c on c.id ="
        " o.client_id"
        " where o.ecommerce_order_id in ('20', '21')"
    )
    assert len(new) == 1
    assert new[0][1].lower() == EMAIL.lower()
    assert new[0][0] != old[0]
    assert rows("select email, full_name from crm_clients where id = %s", old[0]) == [(None, None)]


def test_a_refused_order_of_hers_comes_out_of_quarantine_without_her(
    shops: Shops,
    erase: Erase,
    sync: Sync,
    database: str,
    rows: Rows,
) -> None:
    wool, _ = shops
    erase(store="wool", customer="1")
    sync(wool)
    assert rows_with(database, NEEDLES) == []
    assert rows("select count(*) from sync.quarantine") == [(2,)]
    kept = rows("select payload from sync.quarantine where external_id = '90'")[0][0]
    assert (kept["total"], kept["line_items"][0]["name"]) == ("12.50", "Mug")

    wool.rejected = [raw_order("90", date_created_gmt="2026-03-01T12:00:00")]
    sync(wool)
    replay(database, wool.config, run_id="replay")

    assert rows(
        "select total, shipping_address, items -> 0 ->> 'name' from crm_orders where"
        " ecommerce_order_id = '90'"
    ) == [(Decimal("12.50"), None, "Mug")]
    assert rows_with(database, NEEDLES) == []


def test_a_record_the_database_refuses_is_kept_without_her(
    shops: Shops,
    erase: Erase,
    sync: Sync,
    database: str,
    connection: psycopg.Connection[Any],
    rows: Rows,
    server: EmbeddedServer,
) -> None:
    wool, _ = shops
    connection.execute("alter table crm_orders add constraint no_thirteen check (total <> 13)")
    sync(wool, order_of_ann("13", total=Decimal(13), customer_external_id="1"))
    assert rows("select count(*) from sync.quarantine where payload_kind = 'record'") == [(1,)]

    erase(store="wool", customer="1")
    assert rows_with(database, NEEDLES) == []
    sync(wool)
    assert rows_with(database, NEEDLES) == []

    connection.execute("alter table crm_orders drop constraint no_thirteen")
    replay(database, wool.config, run_id="replay")
    assert rows("select total from crm_orders where ecommerce_order_id = '13'") == [(Decimal(13),)]
    assert rows_with(database, NEEDLES) == []
    # The server says that it refused a row, and not which.
    log = server.log_file.read_text(errors="replace")
    assert "no_thirteen" in log
    assert MARK.lower() not in log.lower()


def test_somebody_who_is_only_in_quarantine_is_found_by_address_and_by_id(
    config: StoreConfig, erase: Erase, sync: Sync, database: str, rows: Rows
) -> None:
    store = MemoryStore(config)
    store.rejected = [raw_order("90")]
    sync(store)

    assert erase(email=EMAIL).counts == {"sync.quarantine": 1}
    assert rows_with(database, NEEDLES) == []
    # What was erased before it was ever loaded is stripped when it comes.
    store.rejected = []
    sync(store, order_of_ann("90"))
    assert rows_with(database, NEEDLES) == []
    assert rows("select total, refunded_total from crm_orders") == [(Decimal(100), Decimal(3))]


def test_a_client_deleted_by_hand_after_the_erasure_does_not_come_back_with_a_name(
    shops: Shops,
    erase: Erase,
    sync: Sync,
    database: str,
    connection: psycopg.Connection[Any],
    rows: Rows,
) -> None:
    wool, silk = shops
    erase(store="wool", customer="1")
    connection.execute("delete from crm_clients where email is null")
    sync(wool)
    sync(silk)

    assert rows_with(database, NEEDLES) == []
    assert rows("select sum(total) from crm_orders") == [(Decimal(350),)]


def test_a_store_that_says_it_has_erased_somebody_is_followed_at_once(
    config: StoreConfig, sync: Sync, database: str, rows: Rows
) -> None:
    store = MemoryStore(
        config,
        ann(),
        order_of_ann("10", customer_external_id="1"),
        order_of_ann("11", email="guest@x.example", phone=None),
    )
    sync(store)
    before = rows(TOTALS)

    sync(store, customer("1", email=None, full_name="[deleted]", is_redacted=True))

    assert rows(TOTALS) == before
    assert rows("select ecommerce_order_id from crm_orders where shipping_address is not null") == [
        ("11",)
    ]
    assert rows("select email from crm_clients order by 1") == [("guest@x.example",), (None,)]
    assert rows("select scope, requested_by from sync.erasures") == [("redacted", "the store")]

    sync(
        store,
        order(
            "11", email="deleted@site.invalid", full_name="[deleted] [deleted]", is_redacted=True
        ),
    )

    assert rows_with(database, [*NEEDLES, "guest@x.example", "[deleted]"]) == []
    assert rows("select count(*), sum(total) from crm_orders") == [(2, Decimal(200))]
    assert rows("select count(*) from crm_clients") == [(2,)]
    sync(store)
    assert rows("select count(*) from sync.erasures") == [(2,)]


def test_a_customer_and_a_guest_who_are_one_client_go_whichever_of_them_brought_it(
    config: StoreConfig, sync: Sync, database: str
) -> None:
    """Found by tests/chaos: the guest, erased last, had only joined the customer's client."""
    store = MemoryStore(config)
    sync(store, customer("1", email=EMAIL, full_name=MARK), order("1", email=EMAIL, full_name=MARK))

    sync(
        store,
        later(store, customer("1", email=None, full_name=None), is_redacted=True),
        later(store, order("1", email=None, full_name=None), is_redacted=True),
    )

    assert rows_with(database, [MARK, EMAIL]) == []


def test_an_old_order_that_a_shop_forgets_leaves_its_living_customer_alone(
    config: StoreConfig,
    sync: Sync,
    rows: Rows,
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(config, ann(), order_of_ann("10", customer_external_id="1"))
    sync(store)

    sync(store, order("10", email="deleted@site.invalid", is_redacted=True))

    assert rows("select email from crm_clients") == [(EMAIL,)]
    assert rows(
        "select shipping_address, total, c.email from crm_orders as o join crm_clients as c"
        " on c.id = o.client_id"
    ) == [(None, Decimal(100), EMAIL)]
    (erasure,) = list_erasures(connection)
    assert (erasure.client_ids, left_of(database, erasure, run_id="proof").counts) == ((), {})
    connection.execute("update crm_orders set tracking_number = '1'")
    assert "public.crm_orders" in left_of(database, erasure, run_id="proof").counts


def test_nulls_that_nobody_calls_a_redaction_erase_nothing(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, ann(), order_of_ann("10", customer_external_id="1"))
    sync(store)

    sync(store, customer("1", email=None, full_name=None), order("10"))

    assert rows("select email, full_name from crm_clients") == [(EMAIL, f"Ann {MARK}")]
    assert rows("select shipping_address ->> 'city' from crm_orders") == [("Springfield",)]
    assert rows("select count(*) from sync.erasures") == [(0,)]
