"""A real shop, three hundred edits, one sync: equal to the shop's own SQL, and then silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures.vendure.crm import Crm
from fixtures.vendure.edits import Edits
from fixtures.vendure.server import VendureServer
from fixtures.vendure.truth import truth

from connectors.crm.sync import StoreResult
from connectors.records import Stream

EDITS = 300


@pytest.fixture
def crm_of(
    database: str, tmp_path: Path, organization: str, changing_vendure: VendureServer
) -> Callable[..., Crm]:
    """Connect the shop to a CRM; keywords are settings."""
    return lambda **settings: Crm(database, tmp_path, organization, changing_vendure, **settings)


def written(result: StoreResult) -> int:
    return sum(one.inserted + one.updated + one.deleted for one in result.streams.values())


def assert_equal(crm: Crm, shop: VendureServer) -> None:
    crm.assert_equals_the_shop()
    assert crm.sums() == truth(shop.database_url, "sums")


def test_after_three_hundred_random_edits_one_sync_equals_the_shops_own_sql_again(
    crm_of: Callable[..., Crm], changing_vendure: VendureServer
) -> None:
    crm = crm_of()
    crm.sync()
    assert_equal(crm, changing_vendure)

    edits = Edits(changing_vendure, seed=20_261_126)
    edits.make(EDITS)
    assert edits.done.total() == EDITS
    assert edits.kinds() == set(edits.done)
    result = crm.sync()
    assert_equal(crm, changing_vendure)
    assert result.streams[Stream.CUSTOMERS].deleted > 0
    assert result.streams[Stream.PRODUCTS].deleted > 0

    version = crm.version()
    assert written(crm.sync()) == 0
    assert crm.version() == version


def test_what_was_deleted_in_the_shop_is_marked_and_keeps_its_history(
    crm_of: Callable[..., Crm], changing_vendure: VendureServer
) -> None:
    crm, shop = crm_of(), changing_vendure
    crm.sync()
    edits = Edits(shop, seed=1)
    orders = crm.rows("select count(*) from crm_orders")
    edits.delete_a_customer()
    edits.delete_a_product()
    edits.delete_a_variant()

    result = crm.sync()

    assert result.streams[Stream.CUSTOMERS].deleted == 1
    assert result.streams[Stream.PRODUCTS].deleted >= 2
    assert_equal(crm, shop)
    assert crm.rows("select count(*) from crm_orders") == orders
    assert crm.rows(
        "select distinct c.client_type from crm_clients as c inner join sync.record_map as m "
        "on m.crm_id = c.id and m.entity = 'customers' where m.deleted_at is not null "
        # One who has registered again is still there.
        "and not exists (select from sync.record_map as o where o.crm_id = c.id "
        "and o.entity = 'customers' and o.deleted_at is null)"
    ) == [("inactive",)]
    assert crm.rows(
        "select distinct p.is_active from crm_products as p inner join sync.record_map as m "
        "on m.crm_id = p.id and m.entity = 'products' where m.deleted_at is not null"
    ) == [(False,)]


def test_one_changed_order_in_a_large_shop_costs_three_calls_a_stream(
    crm_of: Callable[..., Crm], changing_vendure: VendureServer
) -> None:
    # Every shop is large here; the pages are the default size.
    crm = crm_of(scan_always_below=0, page_size=500)
    crm.sync()
    Edits(changing_vendure, seed=2).place()

    result = crm.sync()

    assert result.streams[Stream.ORDERS].inserted == 1
    for stream, one in result.streams.items():
        assert one.api_calls <= 3, (stream, one)
    assert_equal(crm, changing_vendure)


def test_a_large_shop_is_not_read_whole_between_two_midnights_and_its_edits_arrive(
    crm_of: Callable[..., Crm], changing_vendure: VendureServer
) -> None:
    crm = crm_of(scan_always_below=0, lookback_seconds=0)
    first = crm.sync()
    edits = Edits(changing_vendure, seed=3)
    edits.rename_a_customer()
    edits.reprice()
    # Moves the product's time and not its variants'.
    edits.toggle_a_product()

    second = crm.sync()

    crosses_midnight = any(
        one.watermark_before
        and one.watermark_after
        and one.watermark_before.date() != one.watermark_after.date()
        for one in second.streams.values()
    )
    for stream in (Stream.CUSTOMERS, Stream.PRODUCTS):
        read, whole = second.streams[stream].fetched, first.streams[stream].fetched
        assert crosses_midnight or 0 < read < whole / 2, stream
    assert_equal(crm, changing_vendure)
