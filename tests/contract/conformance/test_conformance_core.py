"""Through the whole load path into a real PostgreSQL: equal to the shop, and then nothing to do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from contract.conformance.adapters import shops
from contract.conformance.reading import a_second_later, some_of
from contract.conformance.shops import Ability, NewOrder, Shop, lacks

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Stream

Rows = list[tuple[Any, ...]]


@pytest.fixture
def saved(
    shop: Shop, connection: psycopg.Connection[Any], organization: str, tmp_path: Path
) -> StoreConfig:
    """The shop as a store of the CRM."""
    wanted = shop.config(**shop.page_size(5))
    keys = KeyRing.load(tmp_path, {})
    add_store(
        connection,
        keys,
        organization_id=organization,
        key=wanted.key,
        platform=wanted.platform,
        base_url=wanted.base_url,
        credentials=dict(wanted.credentials),
        settings={**wanted.settings, "delete_guard": 1_000},
        currency=wanted.currency,
        time_zone=wanted.time_zone,
    )
    return load_config(connection, keys, wanted.key)


@pytest.fixture
def sync(shop: Shop, database: str, saved: StoreConfig) -> Callable[..., StoreResult]:
    def run(config: StoreConfig = saved) -> StoreResult:
        connector = shop.connector(config)
        try:
            a_second_later(connector)
            result = sync_store(database, config, run_id=uuid.uuid4().hex, connector=connector)
        finally:
            connector.close()
        assert result.error is None, result.error
        return result

    return run


@pytest.fixture
def alive(connection: psycopg.Connection[Any]) -> Callable[[Stream], set[str]]:
    """The external ids that the CRM holds and does not call deleted."""

    def ids(stream: Stream) -> set[str]:
        rows: Rows = connection.execute(
            "select external_id from sync.record_map where entity = %s and deleted_at is null",
            [stream.value],
        ).fetchall()
        return {str(external_id) for (external_id,) in rows}

    return ids


def written(result: StoreResult) -> dict[Stream, int]:
    return {
        stream: one.inserted + one.updated + one.deleted for stream, one in result.streams.items()
    }


@shops()
def test_the_crm_holds_what_the_shop_holds_and_a_second_sync_writes_nothing(
    shop: Shop, sync: Callable[[], StoreResult], alive: Callable[[Stream], set[str]]
) -> None:
    sync()
    for stream in Stream:
        assert alive(stream) == shop.ids(stream)
    assert written(sync()) == dict.fromkeys(Stream, 0)


@shops()
def test_after_edits_additions_and_deletions_one_sync_makes_both_equal_again(
    shop: Shop, sync: Callable[[], StoreResult], alive: Callable[[Stream], set[str]]
) -> None:
    made = {stream: some_of(shop, stream, 4) for stream in Stream}
    sync()
    for stream in Stream:
        shop.edit(stream, made[stream][0])
        if not lacks(type(shop), Ability(f"delete_{stream.value}")):
            shop.delete(stream, made[stream][1])
        some_of(shop, stream, 1)
    sync()
    for stream in Stream:
        assert alive(stream) == shop.ids(stream)
    assert written(sync()) == dict.fromkeys(Stream, 0)


@shops()
def test_amounts_in_the_crm_are_those_of_the_shop(
    shop: Shop, sync: Callable[[], StoreResult], connection: psycopg.Connection[Any]
) -> None:
    totals = [Decimal("0.10"), Decimal("0.20"), Decimal("99999.99")]
    placed = [shop.put_order(NewOrder(total=total)) for total in totals]
    sync()
    rows: Rows = connection.execute(
        "select ecommerce_order_id, total from crm_orders where ecommerce_order_id = any(%s)",
        [placed],
    ).fetchall()
    assert dict(rows) == dict(zip(placed, totals, strict=True))


@shops(Ability.FEW_CALLS)
def test_a_sync_of_one_changed_order_costs_at_most_three_requests_a_stream(
    shop: Shop, saved: StoreConfig, sync: Callable[..., StoreResult]
) -> None:
    order = some_of(shop, Stream.ORDERS, 1)[0]
    # As in a store too large to be scanned each time, and with pages that hold an increment.
    large = {**saved.settings, **shop.page_size(100), "scan_always_below": 0}
    wide = msgspec.structs.replace(saved, settings=large)
    sync(wide)
    sync(wide)
    shop.edit(Stream.ORDERS, order)
    result = sync(wide)
    assert result.streams[Stream.ORDERS].updated == 1
    calls = {stream.value: one.api_calls for stream, one in result.streams.items()}
    assert max(calls.values()) <= 3, calls


@shops(Ability.BREAK_ORDERS)
def test_a_broken_order_waits_in_quarantine_and_the_rest_is_there(
    shop: Shop, sync: Callable[[], StoreResult], connection: psycopg.Connection[Any]
) -> None:
    broken, whole = some_of(shop, Stream.ORDERS, 2)
    shop.break_record(Stream.ORDERS, broken)
    result = sync()
    assert result.degraded
    rows: Rows = connection.execute("select external_id from sync.quarantine").fetchall()
    assert rows == [(broken,)]
    assert connection.execute(
        "select count(*) from crm_orders where ecommerce_order_id = %s", [whole]
    ).fetchone() == (1,)
