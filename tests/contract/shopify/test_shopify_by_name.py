"""Records asked for by their ids: what null means, and what it must not be taken for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fixtures.shopify.payloads import customer
from fixtures.shopify.reading import END, numbered
from fixtures.shopify.scripted import Answer, ScriptedStore, data, failed

from connectors.base import Page, Window
from connectors.errors import AuthFailed, Transient
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]
SEEN = data(
    shop={"currencyCode": "EUR"},
    currentAppInstallation={"accessScopes": [{"handle": "read_all_orders"}]},
)


def with_errors(nodes: list[Any], *errors: dict[str, Any]) -> Answer:
    answer = data(nodes=nodes)
    return Answer({**answer.body, "errors": list(errors)})


def by_name(connector: ShopifyConnector, stream: Stream, *wanted: str) -> list[Page]:
    found = list(connector.read_ids(stream, wanted))
    for page in found:
        assert page.fetched == len(page.records) + len(page.rejected) + page.skipped
    return found


def test_null_says_that_a_record_is_gone(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Shop", SEEN)
    shop.will("OrdersById", data(nodes=[numbered(1), None]))
    (page,) = by_name(connect(), Stream.ORDERS, "1", "2")
    assert [record.external_id for record in page.records] == ["1"]
    assert page.gone == ("2",)
    assert shop.asked("OrdersById")[0].variables["ids"] == [
        "gid://shopify/Order/1",
        "gid://shopify/Order/2",
    ]


def test_null_with_an_error_at_its_place_says_nothing_of_the_kind(
    shop: ScriptedStore, connect: Connect
) -> None:
    error = failed("INTERNAL_SERVER_ERROR", "it broke", ["nodes", 0, "lineItems"])
    shop.will("OrdersById", with_errors([None, numbered(2)], error))
    (page,) = by_name(connect(), Stream.ORDERS, "1", "2")
    assert page.gone == ()
    assert [(one.external_id, one.code) for one in page.rejected] == [("1", "partial_answer")]
    assert [record.external_id for record in page.records] == ["2"]


def test_a_record_with_an_error_inside_is_put_aside(shop: ScriptedStore, connect: Connect) -> None:
    error = failed("INTERNAL_SERVER_ERROR", "it broke", ["nodes", 0, "customer"])
    shop.will("OrdersById", with_errors([numbered(1, customer=None)], error))
    (page,) = by_name(connect(), Stream.ORDERS, "1")
    assert [one.external_id for one in page.rejected] == ["1"]


def test_a_node_that_fails_as_a_whole_is_never_gone(shop: ScriptedStore, connect: Connect) -> None:
    error = failed("INTERNAL_SERVER_ERROR", "it broke", ["nodes", 0])
    shop.will("CustomersById", with_errors([None], error))
    with pytest.raises(Transient, match="it broke"):
        by_name(connect(), Stream.CUSTOMERS, "1")


def test_a_node_that_is_forbidden_is_never_gone(shop: ScriptedStore, connect: Connect) -> None:
    error = failed(
        "ACCESS_DENIED", "Access denied", ["nodes", 0], requiredAccess="`read_customers`"
    )
    shop.will("CustomersById", with_errors([None], error))
    with pytest.raises(AuthFailed, match="read_customers"):
        by_name(connect(), Stream.CUSTOMERS, "1")


@pytest.mark.parametrize("nodes", [None, [], [None, None, None], {}], ids=str)
def test_an_answer_for_other_than_all_ids_is_passing_trouble(
    shop: ScriptedStore, connect: Connect, nodes: Any
) -> None:
    shop.will("CustomersById", data(nodes=nodes))
    with pytest.raises(Transient, match="every id"):
        by_name(connect(), Stream.CUSTOMERS, "1", "2")


def test_an_id_of_another_kind_is_put_aside(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("CustomersById", data(nodes=[{}]))
    (page,) = by_name(connect(), Stream.CUSTOMERS, "1")
    assert (page.gone, [one.external_id for one in page.rejected]) == ((), ["1"])


def test_what_is_no_id_is_put_aside_without_asking(shop: ScriptedStore, connect: Connect) -> None:
    (page,) = by_name(connect(), Stream.CUSTOMERS, "walk-in")
    assert [one.code for one in page.rejected] == ["bad_id"]
    assert shop.requests == []


def test_ids_are_asked_for_in_portions_each_once(shop: ScriptedStore, connect: Connect) -> None:
    def each(request: Any) -> Answer:
        return data(nodes=[customer(id=one) for one in request.variables["ids"]])

    shop.will("CustomersById", each)
    wanted = [str(number) for number in range(1, 24)]
    found = by_name(connect(page_size=10), Stream.CUSTOMERS, *wanted, *wanted)
    assert [record.external_id for page in found for record in page.records] == wanted
    assert [len(request.variables["ids"]) for request in shop.asked("CustomersById")] == [10, 10, 3]


def test_a_portion_that_is_too_expensive_is_halved(shop: ScriptedStore, connect: Connect) -> None:
    def dear(request: Any) -> Answer:
        if len(request.variables["ids"]) > 3:
            return Answer({"errors": [failed("MAX_COST_EXCEEDED")]})
        return data(nodes=[customer(id=one) for one in request.variables["ids"]])

    shop.will("CustomersById", dear)
    found = by_name(connect(page_size=8), Stream.CUSTOMERS, *map(str, range(1, 8)))
    assert sum(len(page.records) for page in found) == 7


def test_a_feed_that_is_forbidden_leaves_deletions_to_the_counts(
    shop: ScriptedStore, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    error = failed("ACCESS_DENIED", "Access denied", ["events"], requiredAccess="`read_events`")
    shop.will("Deletions", with_errors([], error))
    window = Window(start=END.replace(month=10), end=END)
    assert list(connect().deleted_ids(Stream.ORDERS, window)) == []
    assert "counts" in caplog.text


def test_the_feed_names_what_was_destroyed_and_nothing_else(
    shop: ScriptedStore, connect: Connect
) -> None:
    def event(kind: str, number: int, **changes: Any) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/BasicEvent/{number}",
            "action": "destroy",
            "subjectId": f"gid://shopify/{kind}/{number}",
            **changes,
        }

    events = [
        event("Order", 1),
        event("DraftOrder", 2),
        event("Customer", 3),
        event("Order", 4, action="create"),
        {"id": "gid://shopify/CommentEvent/5", "action": "destroy"},
        None,
        event("Order", 6, subjectId=7),
        event("Order", 1),
    ]
    shop.will("Deletions", data(events={"nodes": events, "pageInfo": {"hasNextPage": False}}))
    connector = connect()
    window = Window(start=END.replace(month=10), end=END)
    assert list(connector.deleted_ids(Stream.ORDERS, window)) == ["1"]
    assert list(connector.deleted_ids(Stream.CUSTOMERS, window)) == ["3"]
    assert list(connector.deleted_ids(Stream.PRODUCTS, window)) == []
    (request,) = shop.asked("Deletions")
    assert request.variables["query"] == "action:destroy AND created_at:>='2026-09-30T23:00:00Z'"
