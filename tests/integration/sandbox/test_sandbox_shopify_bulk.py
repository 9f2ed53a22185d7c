"""Bulk operations and the feed of deletions, as a client that knows only Shopify meets them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox.spec import BulkFaults

START = """mutation($query: String!) { bulkOperationRunQuery(query: $query) {
  bulkOperation { id status } userErrors { code message } } }"""
LOOK = """query($id: ID!) { bulkOperation(id: $id) {
  id status errorCode objectCount rootObjectCount fileSize url partialDataUrl } }"""
ORDERS = "{orders {edges {node {id name lineItems {edges {node {id}}}}}}}"


def started(gql: Any, sandbox: SandboxServer, query: str = ORDERS) -> dict[str, Any]:
    answer: dict[str, Any] = gql(sandbox, START, query=query)["data"]["bulkOperationRunQuery"]
    return answer


def finished(gql: Any, sandbox: SandboxServer, query: str = ORDERS) -> dict[str, Any]:
    identifier = started(gql, sandbox, query)["bulkOperation"]["id"]
    while True:
        found: dict[str, Any] = gql(sandbox, LOOK, id=identifier)["data"]["bulkOperation"]
        if found["status"] not in ("CREATED", "RUNNING"):
            return found


def misbehaving(**bulk: Any) -> SandboxServer:
    return SandboxServer(SandboxSpec(orders=20, products=5, faults=Faults(bulk=BulkFaults(**bulk))))


def test_rows_are_flat_counted_and_name_their_parent(
    shared: SandboxServer, gql: Any, http: httpx.Client
) -> None:
    found = finished(gql, shared)
    answer = http.get(found["url"])
    rows = [json.loads(line) for line in answer.text.splitlines()]
    orders = list(shared.world("shopify").orders)
    parents = [row for row in rows if "__parentId" not in row]
    assert int(found["rootObjectCount"]) == len(parents) == len(orders)
    assert int(found["objectCount"]) == len(rows)
    assert len(rows) == len(orders) + sum(len(order.lines) for order in orders)
    assert int(found["fileSize"]) == len(answer.content)
    # As the real files have it; whoever searches them as text is in for a surprise.
    assert r"gid:\/\/shopify\/Order" in answer.text


def test_the_files_are_on_another_origin_that_wants_no_token(
    shared: SandboxServer, gql: Any, http: httpx.Client
) -> None:
    url = finished(gql, shared)["url"]
    assert httpx.URL(url).host != httpx.URL(shared.shopify_url).host
    assert http.get(url, headers={"X-Shopify-Access-Token": "shpat_x"}).status_code == 400
    assert http.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert http.get(url).status_code == 200


def test_five_operations_run_at_once_and_the_sixth_is_refused(gql: Any) -> None:
    with misbehaving(polls=3) as sandbox:
        assert [started(gql, sandbox)["userErrors"] for _ in range(5)] == [[]] * 5
        refusal = started(gql, sandbox)
        assert refusal["bulkOperation"] is None
        assert refusal["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"


def test_a_query_that_is_no_bulk_query_is_refused_by_user_error(
    shared: SandboxServer, gql: Any
) -> None:
    assert started(gql, shared, "{shop {name}}")["userErrors"][0]["code"] == "INVALID"


def test_a_failed_operation_leaves_part_of_its_rows(gql: Any, http: httpx.Client) -> None:
    with misbehaving(failures=1, error_code="TIMEOUT") as sandbox:
        failed, whole = finished(gql, sandbox), finished(gql, sandbox)
        assert (failed["status"], failed["errorCode"], failed["url"]) == ("FAILED", "TIMEOUT", None)
        assert (whole["status"], whole["partialDataUrl"]) == ("COMPLETED", None)
        part = http.get(failed["partialDataUrl"]).text.splitlines()
        assert 0 < len(part) < len(http.get(whole["url"]).text.splitlines())


def test_a_dead_link_is_replaced_by_the_next_look(gql: Any, http: httpx.Client) -> None:
    with misbehaving(expired_links=1) as sandbox:
        found = finished(gql, sandbox)
        assert http.get(found["url"]).status_code == 400
        again = gql(sandbox, LOOK, id=found["id"])["data"]["bulkOperation"]
        assert http.get(again["url"]).status_code == 200


def test_children_can_come_long_before_their_parents(gql: Any, http: httpx.Client) -> None:
    with misbehaving(children_first=True) as sandbox:
        text = http.get(finished(gql, sandbox)["url"]).text
        are_children = ["__parentId" in json.loads(line) for line in text.splitlines()]
        assert are_children == sorted(are_children, reverse=True)


@pytest.mark.parametrize("fault", ["miscounts", "empty_results"])
def test_counts_can_be_told_to_lie(gql: Any, http: httpx.Client, fault: str) -> None:
    with misbehaving(**{fault: 1}) as sandbox:
        lying, honest = finished(gql, sandbox), finished(gql, sandbox)
        rows = len(http.get(honest["url"]).text.splitlines())
        assert int(honest["objectCount"]) == rows
        if fault == "empty_results":
            assert (lying["url"], int(lying["objectCount"])) == (None, rows)
        else:
            assert int(lying["objectCount"]) == rows + 1


def test_operations_are_listed_and_answer_as_nodes(own: SandboxServer, gql: Any) -> None:
    identifiers = [finished(gql, own)["id"] for _ in range(2)]
    listed = gql(own, "{bulkOperations(first: 5) {nodes {id status}}}")["data"]["bulkOperations"]
    assert [node["id"] for node in listed["nodes"]] == identifiers[::-1]
    nodes = "query($ids: [ID!]!) {nodes(ids: $ids) {... on BulkOperation {status}}}"
    ids = [identifiers[0], "gid://shopify/BulkOperation/99"]
    assert gql(own, nodes, ids=ids)["data"]["nodes"] == [{"status": "COMPLETED"}, None]


def test_the_feed_tells_of_orders_customers_and_products_but_not_of_variants_and_merges(
    own: SandboxServer, gql: Any
) -> None:
    keeper, world = own.store("shopify"), own.world("shopify")
    order = next(iter(world.orders)).id
    product = next(one for one in world.products if len(one.variants) > 1)
    customers = [one.id for one in world.customers][:3]
    keeper.delete_variant(product.variants[0].id)
    keeper.merge_customers(customers[0], customers[1])
    keeper.delete_order(order)
    keeper.delete_customer(customers[2])
    keeper.delete_product(product.id)
    query = """{events(first: 9, query: "action:destroy") {nodes {
      action ... on BasicEvent {subjectId subjectType}}}}"""
    told = gql(own, query)["data"]["events"]["nodes"]
    assert told == [
        {
            "action": "destroy",
            "subjectId": f"gid://shopify/{kind}/{one}",
            "subjectType": kind.upper(),
        }
        for kind, one in (("Order", order), ("Customer", customers[2]), ("Product", product.id))
    ]
    nodes = "query($ids: [ID!]!) {nodes(ids: $ids) {id}}"
    gone = [f"gid://shopify/Customer/{one}" for one in (customers[0], customers[2])]
    assert gql(own, nodes, ids=gone)["data"]["nodes"] == [None, None]


def test_what_a_token_may_not_read_is_an_error_in_the_nodes_place(gql: Any) -> None:
    scopes = ("read_orders", "read_all_orders")
    with SandboxServer(SandboxSpec(orders=3, products=2, scopes=scopes)) as sandbox:
        order = next(iter(sandbox.world("shopify").orders)).id
        ids = ["gid://shopify/Customer/1", f"gid://shopify/Order/{order}"]
        answer = gql(sandbox, "query($ids: [ID!]!) {nodes(ids: $ids) {id}}", ids=ids)
        assert answer["data"]["nodes"] == [None, {"id": ids[1]}]
        (error,) = answer["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["nodes", 0], "ACCESS_DENIED")
