"""What a reading by date cannot see: records deleted, merged, or changed without a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base import StoreConfig, Window
from connectors.crm.sync import StoreResult, sync_store
from connectors.errors import Permanent, Transient
from connectors.records import Refund, Rejected, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]


@pytest.fixture
def store(config: StoreConfig) -> MemoryStore:
    return MemoryStore(
        config,
        *(customer(str(number)) for number in range(5)),
        *(product(str(number)) for number in range(4)),
        *(order(str(number), customer_external_id=str(number % 5)) for number in range(6)),
    )


def test_a_deleted_order_is_found_by_its_absence_and_keeps_its_amount(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.remove(store.records[Stream.ORDERS]["3"])

    result = sync(store, full=False)

    assert result.streams[Stream.ORDERS].deleted == 1
    assert rows("select status, total from crm_orders where ecommerce_order_id = '3'") == [
        ("cancelled", Decimal("100.00"))
    ]
    assert rows("select total_orders from crm_clients where ecommerce_customer_id = '3'") == [(0,)]
    assert rows(
        "select sum(fetched - deleted), sum(deleted) from sync.loads where stream = 'orders'"
        " and deleted > 0"
    ) == [(0, 1)]


def test_deleted_customers_and_products_stay_as_inactive_rows(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.remove(store.records[Stream.CUSTOMERS]["1"], store.records[Stream.PRODUCTS]["2"])

    sync(store, full=False)

    assert rows("select ecommerce_customer_id from crm_clients where client_type = 'inactive'") == [
        ("1",)
    ]
    assert rows("select ecommerce_product_id from crm_products where not is_active") == [("2",)]


def test_a_sync_after_a_deletion_has_been_marked_compares_no_ids_and_writes_nothing(
    store: MemoryStore, sync: Sync
) -> None:
    sync(store, full=False)
    store.remove(store.records[Stream.ORDERS]["3"])
    sync(store, full=False)
    store.listed.clear()

    again = sync(store, full=False)

    assert store.listed == []
    assert again.streams[Stream.ORDERS].deleted == again.streams[Stream.ORDERS].updated == 0


def test_an_unchanged_stream_costs_one_call_besides_its_reading(
    store: MemoryStore, sync: Sync
) -> None:
    store.page_size = 100
    sync(store, full=False)

    again = sync(store, full=False)

    assert {stream: one.api_calls for stream, one in again.streams.items()} == dict.fromkeys(
        Stream, 2
    )


def test_a_record_that_a_shifting_list_leaves_out_is_asked_for_by_name_and_stays(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.remove(store.records[Stream.ORDERS]["3"])
    store.unlisted = {"4"}

    result = sync(store, full=False)

    assert result.streams[Stream.ORDERS].deleted == 1
    assert rows("select ecommerce_order_id from crm_orders where status = 'cancelled'") == [("3",)]


def test_a_record_that_the_store_refuses_to_show_is_not_taken_for_deleted(
    store: MemoryStore, database: str, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    store.remove(store.records[Stream.ORDERS]["3"])
    store.refused = {"3"}

    result = sync_store(database, store.config, run_id="r", connector=store)

    assert isinstance(result.error, Permanent)
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(0,)]


def test_a_record_that_was_lost_on_the_way_is_found_by_the_counts_and_loaded(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    """The store forgot to move the date, or an earlier version of ours skipped it."""
    sync(store, full=False)
    late = order("99", source_updated_at=store.now - timedelta(days=300))
    sync(store, late, full=False)

    assert rows("select count(*) from crm_orders where ecommerce_order_id = '99'") == [(1,)]


def test_the_feed_of_deletions_is_followed_from_where_it_was_left(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    sync(store, full=False)
    first_end = store.now
    store.can_count = False
    store.now += timedelta(days=1)
    store.remove(store.records[Stream.PRODUCTS]["1"])
    store.feed[Stream.PRODUCTS] = ["1", "never-seen"]

    sync(store, full=False)

    assert rows("select ecommerce_product_id from crm_products where not is_active") == [("1",)]
    assert store.feed_windows == [
        Window(start=first_end - timedelta(seconds=300), end=store.now)
    ] * len(Stream)
    assert store.asked == [(Stream.PRODUCTS, ("1",))], "what we never had is no question"


def test_a_change_without_a_date_is_read_when_the_connector_has_a_hint(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    refunded = order(
        "2", refunded_total=Decimal(10), refunds=(Refund(external_id="r", amount=Decimal(10)),)
    )
    sync(store, refunded, full=False)
    store.now += timedelta(days=3)
    store.records[Stream.ORDERS]["2"] = order("2")
    store.hinted[Stream.ORDERS] = ["2"]

    result = sync(store, full=False)

    assert result.streams[Stream.ORDERS].updated == 1
    assert rows("select refunded_total from crm_orders where ecommerce_order_id = '2'") == [
        (Decimal("0.00"),)
    ]


def test_more_deletions_than_the_guard_lets_through_stop_and_ask(
    make_store: Callable[..., StoreConfig], database: str, sync: Sync, rows: Rows
) -> None:
    config = make_store("shop", settings={"delete_guard": 2})
    store = MemoryStore(config, *(order(str(number)) for number in range(6)))
    sync(store, full=False)
    for number in range(3):
        store.remove(store.records[Stream.ORDERS][str(number)])

    stopped = sync_store(database, config, run_id="r", connector=store)

    assert "3 or more of 6 orders are gone from the store" in str(stopped.error)
    assert "storeloom sync shop --accept-deletes" in str(stopped.error)
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(0,)]
    accepted = sync(store, full=False, accept_deletes=True)
    assert accepted.streams[Stream.ORDERS].deleted == 3
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(3,)]


def test_a_deleted_record_that_the_store_has_again_comes_back(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    gone = store.records[Stream.ORDERS]["3"], store.records[Stream.PRODUCTS]["3"]
    person = store.records[Stream.CUSTOMERS]["3"]
    sync(store, full=False)
    store.remove(*gone, person)
    sync(store, full=False)

    sync(store, *gone, person, full=False)

    assert rows("select status from crm_orders where ecommerce_order_id = '3'") == [("processing",)]
    assert rows("select count(*) from crm_products where not is_active") == [(0,)]
    assert rows("select client_type from crm_clients where ecommerce_customer_id = '3'") == [
        ("customer",)
    ]
    assert rows("select count(*) from sync.record_map where deleted_at is not null") == [(0,)]


def test_records_in_quarantine_and_records_skipped_by_rule_do_not_have_ids_compared_daily(
    store: MemoryStore, sync: Sync
) -> None:
    store.rejected = [
        Rejected(
            stream=Stream.ORDERS, payload={"id": 1}, reason="no total", code="x", external_id="bad"
        )
    ]
    store.skipped, store.counts_skipped = 2, True
    sync(store, full=False)
    store.listed.clear()

    sync(store, full=False)

    assert store.listed == []


def test_a_quarantined_record_that_the_store_has_deleted_waits_for_nobody(
    store: MemoryStore, sync: Sync, rows: Rows
) -> None:
    store.rejected = [
        Rejected(
            stream=Stream.ORDERS, payload={"id": 1}, reason="no total", code="x", external_id="bad"
        )
    ]
    sync(store, full=False)
    store.rejected = []

    sync(store, full=False)

    assert rows("select count(*) from sync.quarantine where resolved_at is null") == [(0,)]


def test_a_client_that_another_customer_record_speaks_for_stays_active(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    one, other = customer("1", email="a@example.com"), customer("2", email="a@example.com")
    store = MemoryStore(config, one, other)
    sync(store, full=False)
    store.remove(other)

    sync(store, full=False)

    assert rows("select count(*), min(client_type) from crm_clients") == [(1, "lead")]


def test_a_large_stream_that_can_only_be_read_whole_is_scanned_on_its_own_rhythm(
    make_store: Callable[..., StoreConfig], sync: Sync, rows: Rows
) -> None:
    config = make_store("shop", settings={"scan_always_below": 3})
    store = MemoryStore(config, *(customer(str(number)) for number in range(5)))
    store.scanned = frozenset({Stream.CUSTOMERS})
    sync(store, full=False)
    store.records[Stream.CUSTOMERS]["1"] = customer("1", full_name="New Name")
    store.now += timedelta(hours=2)

    soon = sync(store, full=False)
    store.hinted[Stream.CUSTOMERS] = ["1"]
    named = sync(store, full=False)
    store.records[Stream.CUSTOMERS]["2"] = customer("2", full_name="Other Name")
    store.now += timedelta(hours=19)
    later = sync(store, full=False)

    assert not soon.streams[Stream.CUSTOMERS].is_scan_due
    assert soon.streams[Stream.CUSTOMERS].fetched == 0
    assert named.streams[Stream.CUSTOMERS].updated == 1, "a changed order named this customer"
    assert later.streams[Stream.CUSTOMERS].updated == 1
    assert sorted(rows("select full_name from crm_clients where full_name like '%% Name'")) == [
        ("New Name",),
        ("Other Name",),
    ]


def test_an_emptied_store_is_not_asked_for_every_record_before_the_guard_stops(
    make_store: Callable[..., StoreConfig], database: str, sync: Sync, rows: Rows
) -> None:
    config = make_store("shop", settings={"delete_guard": 10})
    store = MemoryStore(config, *(order(str(number)) for number in range(1_200)), page_size=500)
    sync(store, full=False)
    store.remove(*list(store.records[Stream.ORDERS].values()))

    stopped = sync_store(database, config, run_id="r", connector=store)

    assert isinstance(stopped.error, Permanent)
    assert len(store.asked) == 1
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(0,)]


def test_what_was_deleted_while_a_first_reading_was_broken_off_is_found_although_counts_agree(
    config: StoreConfig, database: str, sync: Sync, rows: Rows
) -> None:
    """One order gone and one new one make the same number."""
    store = MemoryStore(config, *(order(str(number)) for number in range(12)))
    store.is_resumable = True

    def breaks(stream: Stream, number: int) -> None:
        if stream is Stream.ORDERS and number == 2:
            raise Transient("away", store="shop")

    store.before_page = breaks
    small = msgspec.structs.replace(config, settings={**config.settings, "batch_records": 3})
    store.config = small
    assert sync_store(database, small, run_id="r", connector=store).error is not None
    store.before_page = lambda _stream, _number: None
    store.remove(store.records[Stream.ORDERS]["1"])
    store.put(order("99", source_updated_at=DAY + timedelta(hours=30)))
    store.now += timedelta(days=3)

    sync(store, full=False)

    assert rows("select ecommerce_order_id from crm_orders where status = 'cancelled'") == [("1",)]
    assert rows("select count(*) from crm_orders") == [(13,)]


def test_ids_are_compared_once_a_week_although_counts_agree(store: MemoryStore, sync: Sync) -> None:
    sync(store, full=False)
    store.now += timedelta(days=6)
    sync(store, full=False)
    assert store.listed == []
    store.now += timedelta(days=2)

    sync(store, full=False)

    assert store.listed == list(Stream)


def test_a_product_that_went_from_the_trash_for_good_comes_back_when_the_store_has_it_again(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    """From a backup, with an older date than the trash had."""
    trashed = product("1", is_deleted=True, source_updated_at=DAY + timedelta(hours=2))
    store = MemoryStore(config, trashed)
    sync(store, full=False)
    store.remove(trashed)
    store.hinted[Stream.PRODUCTS] = ["1"]
    sync(store, full=False)

    sync(store, product("1"), full=True)

    assert rows("select is_active from crm_products") == [(True,)]


def test_a_small_shop_that_lost_nearly_all_of_its_records_waits_for_a_person(
    config: StoreConfig, database: str, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, *(order(str(number)) for number in range(40)))
    sync(store, full=False)
    store.remove(*list(store.records[Stream.ORDERS].values())[:37])

    stopped = sync_store(database, config, run_id="r", connector=store)

    assert isinstance(stopped.error, Permanent)
    assert rows("select count(*) from crm_orders where status = 'cancelled'") == [(0,)]
