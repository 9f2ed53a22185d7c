"""Bulk operations answer by answer: every end they can come to, and the waiting for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fixtures.shopify.reading import END, ids, numbered, read
from fixtures.shopify.scripted import Answer, ScriptedStore, data
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from connectors.base import StoreConfig, Window
from connectors.errors import AuthFailed, Permanent, Transient
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector
from connectors.shopify.documents import document
from connectors.shopify.storage import Storage

Connect = Callable[..., ShopifyConnector]


class Elapsed:
    """The part of the connectors' clock that these tests look at."""

    now: float
    slept: list[float]


@pytest.fixture(autouse=True)
def empty(shop: ScriptedStore) -> None:
    empty_again(shop)


def empty_again(shop: ScriptedStore) -> None:
    """An operation without rows is held against a count; these stores have none to count."""
    nothing = {"count": 0, "precision": "EXACT"}
    shop.will("CountOrders", data(ordersCount=nothing))
    shop.will("CountProducts", data(productsCount=nothing))
    shop.will("CountVariants", data(productVariantsCount=nothing))


def started(number: int = 1) -> Answer:
    operation = {"id": f"gid://shopify/BulkOperation/{number}", "status": "CREATED"}
    return data(bulkOperationRunQuery={"bulkOperation": operation, "userErrors": []})


def refused(code: str | None, message: str = "no") -> Answer:
    errors = [{"code": code, "field": ["query"], "message": message}]
    return data(bulkOperationRunQuery={"bulkOperation": None, "userErrors": errors})


def status(word: str, number: int = 1, **changes: Any) -> Answer:
    node = {
        "id": f"gid://shopify/BulkOperation/{number}",
        "status": word,
        "errorCode": None,
        "objectCount": "0",
        "rootObjectCount": "0",
        "url": None,
        "partialDataUrl": None,
    }
    return data(nodes=[{**node, **changes}])


def test_an_operation_is_followed_through_every_state_to_its_end(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("BulkStart", started())
    shop.will(
        "BulkStatus",
        status("CREATED"),
        status("RUNNING"),
        status("A_STATE_TO_COME"),
        status("COMPLETED"),
    )
    assert ids(read(connect(bulk="always"), Stream.ORDERS)) == []
    assert len(shop.asked("BulkStatus")) == 4
    (start,) = shop.asked("BulkStart")
    assert "groupObjects: false" in start.text
    assert "updated_at:<'2026-11-01T00:00:01Z'" in start.variables["query"]


@pytest.mark.parametrize(
    "end",
    [
        status("CANCELING", objectCount="3"),
        status("CANCELED", objectCount="3"),
        status("FAILED", errorCode="INTERNAL_SERVER_ERROR", partialDataUrl="https://x.test/part"),
        status("FAILED", errorCode="TIMEOUT"),
        status("FAILED"),
        status("EXPIRED"),
        data(nodes=[None]),
    ],
    ids=["canceling", "canceled", "partial", "timeout", "failed", "expired", "forgotten"],
)
def test_an_operation_that_comes_to_nothing_is_followed_by_another(
    shop: ScriptedStore, connect: Connect, end: Answer
) -> None:
    shop.will("BulkStart", started(1), started(2))
    shop.will("BulkStatus", end, status("CANCELED"), status("COMPLETED", 2))
    if "CANCELING" not in json.dumps(end.body):
        shop.forget()
        empty_again(shop)
        shop.will("BulkStart", started(1), started(2))
        shop.will("BulkStatus", end, status("COMPLETED", 2))
    assert ids(read(connect(bulk="always"), Stream.ORDERS)) == []
    assert len(shop.asked("BulkStart")) == 2
    assert shop.asked("BulkStatus")[-1].variables == {"ids": ["gid://shopify/BulkOperation/2"]}


def test_three_operations_that_come_to_nothing_are_enough(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("BulkStart", started())
    shop.will("BulkStatus", status("FAILED", errorCode="TIMEOUT"))
    with pytest.raises(Transient, match=r"FAILED \(TIMEOUT\)"):
        read(connect(bulk="always"), Stream.ORDERS)
    assert len(shop.asked("BulkStart")) == 3


def test_a_scope_that_is_missing_is_told_at_once(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("BulkStart", started())
    shop.will("BulkStatus", status("FAILED", errorCode="ACCESS_DENIED"))
    with pytest.raises(AuthFailed, match="lacks a scope"):
        read(connect(bulk="always"), Stream.ORDERS)
    assert len(shop.asked("BulkStart")) == 1


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED"])
def test_no_room_for_an_operation_is_waited_for(
    shop: ScriptedStore, connect: Connect, clock: Elapsed, code: str
) -> None:
    shop.will("BulkStart", *[refused(code)] * 6, started())
    shop.will("BulkStatus", status("COMPLETED"))
    assert ids(read(connect(bulk="always"), Stream.ORDERS)) == []
    assert len(clock.slept) == 6


@pytest.mark.parametrize("code", ["INVALID", None, "SOMETHING_NEW"])
def test_a_query_that_is_not_taken_is_not_sent_again(
    shop: ScriptedStore, connect: Connect, code: str | None
) -> None:
    shop.will("BulkStart", refused(code, "Queries must have edges"))
    with pytest.raises(Permanent, match=r"Queries must have edges.*`bulk` to \"never\""):
        read(connect(bulk="always"), Stream.ORDERS)
    assert len(shop.asked("BulkStart")) == 1


def test_the_looks_at_an_operation_grow_rarer_and_stay_few(
    shop: ScriptedStore, connect: Connect, clock: Elapsed
) -> None:
    """A backfill of 100,000 orders may take Shopify an hour; its calls stay below a hundred."""
    began = clock.now

    def after_an_hour(_request: Any) -> Answer:
        return status("COMPLETED" if clock.now - began > 3_600 else "RUNNING")

    shop.will("BulkStart", started())
    shop.will("BulkStatus", after_an_hour)
    read(connect(bulk="always"), Stream.ORDERS)
    assert len(shop.asked("BulkStatus")) < 50
    # Slept in pieces, so that a reading that is not wanted any more can stop.
    assert max(clock.slept) <= 10
    assert clock.now - began < 3_600 * 1.4


def test_waiting_ends_with_its_budget_and_leaves_a_mark_to_go_on(
    shop: ScriptedStore, connect: Connect, clock: Elapsed
) -> None:
    shop.will("BulkStart", started())
    shop.will("BulkStatus", status("RUNNING"))
    began = clock.now
    found = []
    with pytest.raises(Transient, match=r"still busy.*bulk_wait_seconds"):
        found.extend(
            connect(bulk="always", bulk_wait_seconds=600).read(Stream.ORDERS, Window(end=END))
        )
    assert 600 <= clock.now - began < 900
    assert {page.fetched for page in found} == {0}
    shop.forget()
    empty_again(shop)
    shop.will("BulkStatus", status("COMPLETED"))
    resumed = Window(end=END, resume=found[-1].resume)
    assert ids(read(connect(bulk="always"), Stream.ORDERS, resumed)) == []
    assert shop.asked("BulkStart") == []


def test_a_resumed_reading_of_changed_variants_goes_on_to_the_products(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", data(shop={"currencyCode": "EUR"}))
    shop.will("BulkStart", started())
    shop.will("BulkStatus", status("COMPLETED"))
    connector = connect(bulk="always")
    window = Window(start=END.replace(month=10), end=END)
    read(connector, Stream.PRODUCTS, window)
    roots = [_root(request.variables["query"]) for request in shop.asked("BulkStart")]
    assert roots == ["productVariants", "products"]


@pytest.mark.parametrize("scheme", ["http", "ftp", "file"])
def test_a_link_without_tls_is_refused_without_showing_it(scheme: str) -> None:
    config = StoreConfig(
        id="1", organization_id="1", key="kettles", platform="shopify", base_url="https://x.test"
    )
    storage = Storage(config)
    with pytest.raises(Permanent, match="https") as raised:
        storage.read(f"{scheme}://storage.invalid/result.jsonl?Signature=c0ffee5ec2e7", list)
    assert "c0ffee5ec2e7" not in str(raised.value)


def test_a_storage_host_that_is_away_is_passing_trouble_and_keeps_the_link_to_itself(
    shop: ScriptedStore, connect: Connect
) -> None:
    link = "http://127.0.0.1:9/result.jsonl?Signature=c0ffee5ec2e7"
    shop.will("BulkStart", started())
    shop.will("BulkStatus", status("COMPLETED", objectCount="1", rootObjectCount="1", url=link))
    connector = connect(bulk="always")
    before = connector.api_calls
    with pytest.raises(Transient, match=r"cannot connect to 127\.0\.0\.1") as raised:
        read(connector, Stream.ORDERS)
    assert "c0ffee5ec2e7" not in f"{raised.value} {raised.value!r}"
    # Start, look, and five attempts at the file.
    assert connector.api_calls - before == 7
    # What follows is this run's trouble only: another operation would not mend it.
    assert len(shop.asked("BulkStart")) == 1


def test_without_a_count_there_is_nothing_to_hold_a_result_against(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("BulkStart", started())
    shop.will("BulkStatus", status("COMPLETED", objectCount=None, rootObjectCount="many"))
    with pytest.raises(Transient, match="has no file"):
        read(connect(bulk="always"), Stream.ORDERS)


def test_a_small_first_page_is_never_counted(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Orders", data(orders={"nodes": [numbered(1)], "pageInfo": {"hasNextPage": False}}))
    window = Window(start=END.replace(month=1), end=END)
    assert ids(read(connect(bulk="auto"), Stream.ORDERS, window)) == ["1"]
    assert [request.operation for request in shop.requests] == ["Orders"]


@pytest.mark.parametrize("name", ["customers", "products", "variants", "orders"])
def test_a_bulk_query_asks_for_every_field_that_a_page_asks_for(name: str) -> None:
    paged = "changed_variants" if name == "variants" else name
    assert _element(f"bulk_{name}") == _element(paged)


@pytest.mark.parametrize("name", ["customers", "variants", "orders"])
def test_a_record_asked_for_by_name_has_every_field_that_a_page_has(name: str) -> None:
    paged = "changed_variants" if name == "variants" else name
    named = _element(f"{name}_by_id")["nodes"]
    (listed,) = _element(paged).values()
    assert named == listed


def _root(text: str) -> str:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (root,) = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    return root.name.value


def _element(name: str) -> dict[str, Any]:
    """The fields a document asks for of an element, whichever way it pages."""
    (operation,) = parse(document(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    fields = {}
    for node in operation.selection_set.selections:
        assert isinstance(node, FieldNode)
        fields[node.name.value] = _shape(node.selection_set)
    # Beside the list, not in it.
    fields.pop("shop", None)
    return fields


def _shape(selection: SelectionSetNode | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in selection.selections if selection else ():
        inner = _shape(getattr(node, "selection_set", None))
        if not isinstance(node, FieldNode) or node.name.value in ("nodes", "edges", "node"):
            found |= inner
        elif node.name.value != "pageInfo":
            found[node.name.value] = inner
    return found
