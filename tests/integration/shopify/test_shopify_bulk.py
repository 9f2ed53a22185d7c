"""Backfills through bulk operations, against a sandbox that does with them what Shopify does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fixtures.shopify.sandboxed import (
    a_moment_ago,
    by_id,
    connector,
    content,
    now,
    pages,
    records,
)

from connectors.base import Page, Window
from connectors.errors import AuthFailed, Permanent, Transient
from connectors.records import Order, Stream
from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox.spec import BulkFaults
from connectors.shopify.documents import document
from connectors.shopify.settings import Settings

SPEC = SandboxSpec(orders=120, products=25, same_second=40)
# From this many records on: everything in these small stores.
BULK = {"bulk_from": 5}


def misbehaving(**bulk: Any) -> SandboxServer:
    return SandboxServer(
        SandboxSpec(orders=60, products=12, faults=Faults(bulk=BulkFaults(**bulk)))
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SPEC) as running:
        yield running


def same_as_pages(server: SandboxServer, **settings: Any) -> None:
    """Read everything in both ways and compare."""
    by_pages = connector(server, bulk="never")
    in_bulk = connector(server, **{**BULK, **settings})
    for stream in Stream:
        before = len(server.bulk.operations)
        assert by_id(records(in_bulk, stream)) == by_id(records(by_pages, stream))
        assert len(server.bulk.operations) > before
    by_pages.close()
    in_bulk.close()


def test_a_bulk_operation_brings_what_the_pages_bring(sandbox: SandboxServer) -> None:
    same_as_pages(sandbox)


def test_what_changed_after_the_window_is_left_to_the_next(sandbox: SandboxServer) -> None:
    window = Window(end=now() - timedelta(days=500))
    by_pages = connector(sandbox, bulk="never")
    in_bulk = connector(sandbox, bulk="always")
    for stream in (Stream.CUSTOMERS, Stream.ORDERS):
        expected = by_id(content(by_pages.read(stream, window)))
        assert len(expected) < sandbox.truth("shopify").rows[stream.value]
        assert by_id(content(in_bulk.read(stream, window))) == expected
    by_pages.close()
    in_bulk.close()


def test_rows_may_come_in_any_order() -> None:
    with misbehaving(children_first=True) as server:
        same_as_pages(server)


def test_orders_are_complete_with_lines_refunds_and_parcels(sandbox: SandboxServer) -> None:
    reader = connector(sandbox, **BULK)
    found: list[Order] = records(reader, Stream.ORDERS)
    told = {order.id: order for order in sandbox.world("shopify").orders}
    assert max(len(order.lines) for order in found) > 20
    for order in found:
        known = told[int(order.external_id)]
        assert len(order.lines) == len(known.lines)
        assert len(order.refunds) == len(known.refunds)
    reader.close()


def test_slices_of_the_orders_run_side_by_side_and_overlap_nowhere(sandbox: SandboxServer) -> None:
    before = len(sandbox.bulk.operations)
    reader = connector(sandbox, **BULK, bulk_slice=20)
    found = by_id(records(reader, Stream.ORDERS))
    assert len(found) == sandbox.truth("shopify").rows["orders"]
    assert len(sandbox.bulk.operations) - before == 5
    reader.close()


def test_a_version_that_allows_one_operation_gets_one_at_a_time(sandbox: SandboxServer) -> None:
    before = len(sandbox.bulk.operations)
    reader = connector(sandbox, **BULK, bulk_slice=20, api_version="2025-10")
    assert len(records(reader, Stream.ORDERS)) == sandbox.truth("shopify").rows["orders"]
    assert len(sandbox.bulk.operations) - before == 1
    reader.close()


def test_few_records_are_read_by_pages_and_many_in_bulk(sandbox: SandboxServer) -> None:
    rows = sandbox.truth("shopify").rows["customers"]
    for bulk_from, is_bulk in ((rows, True), (rows + 1, False)):
        before = len(sandbox.bulk.operations)
        reader = connector(sandbox, bulk_from=bulk_from)
        assert len(records(reader, Stream.CUSTOMERS)) == rows
        assert (len(sandbox.bulk.operations) > before) is is_bulk
        reader.close()


@pytest.mark.parametrize("orders", [100, 400])
def test_the_calls_of_a_backfill_depend_on_its_slices_and_not_on_its_orders(orders: int) -> None:
    """Below a hundred calls whatever there is to read; only the looks depend on Shopify's speed.

    How rare the looks become is tested with the waiting.
    """
    with SandboxServer(SandboxSpec(orders=orders, products=20)) as server:
        reader = connector(server, **BULK, bulk_slice=orders // 5, bulk="auto")
        reader.probe()
        for stream in Stream:
            records(reader, stream)
        lists, operations = 3, 7
        # Probe, oldest order and currency; a count for each list; start and file of each operation.
        assert reader.api_calls - server.bulk.looks == 3 + lists + operations * 2
        assert len(server.bulk.operations) == operations
        reader.close()


def test_a_bulk_result_with_fewer_rows_than_counted_is_not_taken_for_the_store() -> None:
    """airbytehq/airbyte#85372: a result was dropped, the state advanced, the run succeeded."""
    with misbehaving(miscounts=99) as server:
        reader = connector(server, bulk="always")
        found: list[Page] = []
        with pytest.raises(Transient, match=r"counted \d+ objects.*None of it was taken"):
            found.extend(reader.read(Stream.CUSTOMERS, Window(end=now())))
        assert content(found) == []
        reader.close()


def test_no_rows_from_an_operation_that_counted_some_are_a_failure() -> None:
    with misbehaving(empty_results=99) as server:
        reader = connector(server, bulk="always")
        for stream in Stream:
            with pytest.raises(Transient, match="has no file"):
                list(reader.read(stream, Window(end=now())))
        reader.close()


def test_an_operation_that_counts_nothing_is_held_against_the_stores_own_count() -> None:
    with misbehaving(blank_results=99) as server:
        reader = connector(server, bulk="always")
        for stream in Stream:
            with pytest.raises(Transient, match=r"nothing of the \d+ that Shopify counts"):
                list(reader.read(stream, Window(end=now())))
            reader.count(stream)
            with pytest.raises(Transient, match=r"none of the \d+"):
                list(reader.list_ids(stream))
        reader.close()


@pytest.mark.parametrize(
    "fault",
    [
        {"miscounts": 99},
        {"empty_results": 99},
        {"blank_results": 99},
        {"failures": 99},
        {"expired_links": 10_000},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_where_bulk_operations_come_to_nothing_pages_bring_everything(
    fault: dict[str, int],
) -> None:
    with misbehaving(**fault) as server:
        reader = connector(server, **BULK)
        truth = server.truth("shopify")
        assert {s.value: len(by_id(records(reader, s))) for s in Stream} == truth.rows
        reader.close()


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
def test_a_failed_operation_is_run_again_and_its_partial_rows_are_never_taken(code: str) -> None:
    with misbehaving(failures=2, error_code=code) as server:
        reader = connector(server, bulk="always")
        found: list[Order] = records(reader, Stream.ORDERS)
        assert len(by_id(found)) == server.truth("shopify").rows["orders"]
        assert [one.error_code for one in server.bulk.operations.values()] == [code, code, None]
        reader.close()


def test_an_operation_that_lacks_a_scope_is_not_tried_again() -> None:
    with misbehaving(failures=9, error_code="ACCESS_DENIED") as server:
        reader = connector(server, **BULK)
        with pytest.raises(AuthFailed, match="storeloom store check harbor"):
            list(reader.read(Stream.ORDERS, Window(end=now())))
        assert len(server.bulk.operations) == 1
        reader.close()


def test_a_dead_link_is_replaced_by_asking_the_operation_for_another() -> None:
    with misbehaving(expired_links=2) as server:
        reader = connector(server, bulk="always")
        rows = server.truth("shopify").rows["customers"]
        assert len(by_id(records(reader, Stream.CUSTOMERS))) == rows
        assert len(server.bulk.operations) == 1
        reader.close()


def test_a_stream_without_rows_has_no_file_and_is_no_failure() -> None:
    with SandboxServer(SandboxSpec(orders=5, products=3)) as server:
        for order in list(server.world("shopify").orders):
            server.store("shopify").delete_order(order.id)
        reader = connector(server, bulk="always")
        assert records(reader, Stream.ORDERS) == []
        reader.close()


def test_a_full_house_of_operations_is_waited_for(gql_start: Any) -> None:
    with misbehaving(polls=3) as server:
        for _ in range(5):
            gql_start(server)
        assert gql_start(server)["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
        reader = connector(server, bulk="always")
        rows = server.truth("shopify").rows["customers"]
        assert len(by_id(records(reader, Stream.CUSTOMERS))) == rows
        assert server.bulk.refusals > 1
        reader.close()


@pytest.fixture
def gql_start() -> Any:
    def start(server: SandboxServer) -> dict[str, Any]:
        answer = httpx.post(
            f"{server.shopify_url}/admin/api/2026-10/graphql.json",
            headers={"X-Shopify-Access-Token": server.credentials("shopify")["access_token"]},
            json={
                "query": document("bulk_start"),
                "variables": {"query": "{orders {edges {node {id}}}}"},
            },
        )
        found: dict[str, Any] = answer.json()["data"]["bulkOperationRunQuery"]
        return found

    return start


def broken_off(server: SandboxServer, after: int, end: Any, **settings: Any) -> list[Page]:
    """Read orders until `after` pages with records have come, as if killed then."""
    reader = connector(server, bulk="always", **settings)
    found: list[Page] = []
    for page in reader.read(Stream.ORDERS, Window(end=end)):
        found.append(page)
        if sum(bool(one.fetched) for one in found) == after:
            break
    reader.close()
    return found


def test_a_killed_backfill_goes_on_without_a_new_operation(
    monkeypatch: pytest.MonkeyPatch, sandbox: SandboxServer
) -> None:
    monkeypatch.setattr("connectors.shopify.bulk_reading.CHUNK", 15)
    end = now()
    before = len(sandbox.bulk.operations)
    found = broken_off(sandbox, 3, end)
    mark = found[-1].resume
    assert mark is not None
    assert len(sandbox.bulk.operations) - before == 1
    reader = connector(sandbox, bulk="always")
    rest = list(reader.read(Stream.ORDERS, Window(end=end, resume=mark)))
    assert len(sandbox.bulk.operations) - before == 1
    assert len(by_id(content([*found, *rest]))) == sandbox.truth("shopify").rows["orders"]
    reader.close()


def test_a_backfill_killed_while_it_waited_goes_on_with_its_operation() -> None:
    with misbehaving(polls=4) as server:
        end = now()
        reader = connector(server, bulk="always")
        page = next(iter(reader.read(Stream.ORDERS, Window(end=end))))
        reader.close()
        assert (page.fetched, page.resume is not None) == (0, True)
        reader = connector(server, bulk="always")
        rest = list(reader.read(Stream.ORDERS, Window(end=end, resume=page.resume)))
        assert len(by_id(content(rest))) == server.truth("shopify").rows["orders"]
        assert len(server.bulk.operations) == 1
        reader.close()


def test_a_backfill_whose_operation_is_forgotten_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.shopify.bulk_reading.CHUNK", 15)
    with misbehaving() as server:
        end = now()
        mark = broken_off(server, 1, end)[-1].resume
        server.bulk.forget()
        reader = connector(server, bulk="always")
        rest = list(reader.read(Stream.ORDERS, Window(end=end, resume=mark)))
        assert len(by_id(content(rest))) == server.truth("shopify").rows["orders"]
        reader.close()


@pytest.mark.parametrize("mark", ["", "{", '{"name": "orders"}', "cursor-of-last-year"])
def test_a_mark_that_cannot_be_read_starts_the_reading_anew(
    sandbox: SandboxServer, mark: str
) -> None:
    reader = connector(sandbox, **BULK)
    found = list(reader.read(Stream.CUSTOMERS, Window(end=now(), resume=mark)))
    assert len(by_id(content(found))) == sandbox.truth("shopify").rows["customers"]
    reader.close()


def test_nothing_is_promised_before_the_last_row(sandbox: SandboxServer) -> None:
    reader = connector(sandbox, bulk="always")
    found = pages(reader, Stream.ORDERS)
    assert {page.complete_until for page in found} == {None}
    assert all(page.resume for page in found)
    reader.close()


def test_a_large_increment_switches_to_a_bulk_operation() -> None:
    with SandboxServer(SPEC) as server:
        started = a_moment_ago()
        chosen = [order.id for order in server.world("shopify").orders if not order.is_test][:60]
        for order_id in chosen:
            server.store("shopify").touch(order_id)
        reader = connector(server, bulk_from=50, page_size=10)
        found = {record.external_id for record in records(reader, Stream.ORDERS, started)}
        assert found == {str(order_id) for order_id in chosen}
        assert len(server.bulk.operations) == 1
        reader.close()


def test_ids_of_a_large_store_are_listed_through_a_bulk_operation(sandbox: SandboxServer) -> None:
    by_pages = connector(sandbox, bulk="never")
    in_bulk = connector(sandbox, bulk_from=1)
    for stream in Stream:
        before = len(sandbox.bulk.operations)
        assert sorted(in_bulk.list_ids(stream)) == sorted(by_pages.list_ids(stream))
        assert len(sandbox.bulk.operations) == before + 1
    by_pages.close()
    in_bulk.close()


def test_a_rough_connection_changes_nothing_in_the_result() -> None:
    faults = Faults(throttle_rate=0.1, error_rate=0.1, reset_rate=0.1, truncate_rate=0.1)
    with SandboxServer(SandboxSpec(orders=60, products=12, seed=7, faults=faults)) as server:
        reader = connector(server, **BULK)
        truth = server.truth("shopify")
        assert {s.value: len(by_id(records(reader, s))) for s in Stream} == truth.rows
        assert sum(server.judge.counts.values()) > 0
        reader.close()


def test_the_link_to_a_result_shows_in_no_log_and_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with misbehaving(expired_links=10_000) as server:
        reader = connector(server, bulk="always")
        with pytest.raises(Transient) as raised:
            list(reader.read(Stream.CUSTOMERS, Window(end=now())))
        signatures = [query.rpartition("=")[2] for query in server.bulk.links]
        assert signatures
        shown = f"{raised.value!r} {raised.value} {caplog.text}"
        assert [one for one in signatures if one in shown] == []
        reader.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"bulk": "sometimes"},
        {"bulk": True},
        {"bulk_from": 0},
        {"bulk_concurrency": 6},
        {"bulk_slice": "many"},
        {"bulk_wait_seconds": -1},
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_named_when_the_store_is_opened(
    sandbox: SandboxServer, settings: dict[str, Any]
) -> None:
    with pytest.raises(Permanent, match=next(iter(settings))):
        connector(sandbox, **settings)


def test_settings_are_sensible_without_being_set(sandbox: SandboxServer) -> None:
    reader = connector(sandbox)
    settings = Settings.of(reader.config)
    assert (settings.bulk, settings.bulk_from, settings.bulk_concurrency) == ("auto", 1_000, 5)
    reader.close()
