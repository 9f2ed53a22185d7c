"""Addresses of several people link nobody by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
CLIENTS = "select full_name, email, total_orders from crm_clients order by 1, 3"
OFFICE = "office@acme.example"


def test_people_of_one_office_are_clients_of_their_own(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(
        config,
        order("1", email=OFFICE, full_name="Ann Lee"),
        order("2", email="Office@ACME.example", full_name="Bob Kay"),
        order("3", email=OFFICE, full_name="ann  LEE", order_date=DAY - timedelta(hours=1)),
        customer("7", email=OFFICE, full_name="Bob Kay"),
        customer("8", email=OFFICE, full_name="Cy Dee"),
        page_size=1,
    )

    for _ in range(2):
        sync(store)

        assert [(name, count) for name, _, count in rows(CLIENTS)] == [
            ("Ann Lee", 2),
            ("Bob Kay", 1),
            ("Cy Dee", 0),
        ]
    assert rows("select count(*) from sync.identity_reviews") == [(0,)]
    assert rows(
        "select evidence from sync.identity_links where external_id like 'email:%%bob kay'"
    ) == [({"email": OFFICE, "name": "bob kay"},)]


def test_a_phone_still_links_people_of_one_office(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    sync(
        MemoryStore(
            config,
            customer("7", email="ann@acme.example", full_name="Ann Lee", phone="+15125550123"),
            order("1", email=OFFICE, full_name="A. Lee", phone="+1 512 555 0123"),
        )
    )

    assert rows(CLIENTS) == [("Ann Lee", "ann@acme.example", 1)]


def test_a_store_declares_addresses_of_its_own(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    config = make_store("shop", settings={"shared_emails": ["@pos.example"]})
    sync(
        MemoryStore(
            config,
            order("1", email="till1@pos.example", full_name="Ann Lee"),
            order("2", email="till1@pos.example", full_name="Bob Kay"),
            order("3", email="till1@pos.example"),
        )
    )

    assert [(name, count) for name, _, count in rows(CLIENTS)] == [
        ("Ann Lee", 1),
        ("Bob Kay", 1),
        (None, 1),
    ]


def test_an_address_that_comes_with_three_families_stops_linking_and_asks_once(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    for number, name in enumerate(("Ann Lee", "Lee Ann", "Bob Kay", "Bob Kay")):
        sync(store, order(str(number), email="x@acme.example", full_name=name))
    assert [row[2] for row in rows(CLIENTS)] == [4]

    for number, name in enumerate(("Cy Dee", "Di Eff", "Cy Dee", "Ann Lee"), start=10):
        sync(store, order(str(number), email="x@acme.example", full_name=name))
    sync(store)

    counts = {name: count for name, _, count in rows(CLIENTS)}
    assert sum(counts.values()) == 8
    assert (counts["Cy Dee"], counts["Di Eff"], len(counts)) == (2, 1, 3)
    assert rows("select external_id, reason, status from sync.identity_reviews") == [
        ("email:x@acme.example", "shared_address", "open")
    ]


def test_an_address_of_one_family_goes_on_linking(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    for number, name in enumerate(("Ann Lee", "Bob Lee", "Cy Lee", "Di Lee")):
        sync(store, order(str(number), email="lees@acme.example", full_name=name))

    assert [row[2] for row in rows(CLIENTS)] == [4]
    assert rows("select count(*) from sync.identity_reviews") == [(0,)]
