"""The Shopify dialect: paging, filters, costs, versions, and errors inside HTTP 200."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.shopify.documents import bulk_document, document

QUERIES = Path(__file__).parents[3] / "connectors/shopify/queries"
PAGES = """query($first: Int!, $after: String, $query: String, $sort: OrderSortKeys) {
  orders(first: $first, after: $after, query: $query, sortKey: $sort) {
    nodes { id test updatedAt totalPriceSet { shopMoney { amount currencyCode } }
            totalRefundedSet { shopMoney { amount } } }
    pageInfo { hasNextPage endCursor }
  }
}"""


def all_orders(gql: Any, sandbox: SandboxServer, **variables: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        asked = {"first": 100, "sort": "UPDATED_AT", **variables, "after": after}
        page = gql(sandbox, PAGES, **asked)["data"]["orders"]
        nodes.extend(page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes


@pytest.mark.parametrize("name", sorted(path.stem for path in QUERIES.glob("*.graphql")))
def test_every_document_of_the_connector_runs_and_stays_below_the_cost_limit(
    shared: SandboxServer, gql: Any, name: str
) -> None:
    text = (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")
    world = shared.world("shopify")
    entity = {"pro": "Product", "cus": "Customer", "var": "ProductVariant"}.get(name[:3], "Order")
    shelves = {"Product": world.products, "Customer": world.customers}
    shelf: Any = {**shelves, "ProductVariant": world.variants}.get(entity, world.orders)
    identifier = f"gid://shopify/{entity}/{next(iter(shelf)).id}"
    variables: dict[str, object] = {}
    if "$ids" in text:
        variables = {"ids": [identifier]}
    elif "$id" in text:
        variables = {"id": identifier}
    elif name == "bulk_start":
        variables = {"query": "{orders {edges {node {id}}}}"}
    elif name.startswith("bulk_"):
        # Bulk operations have it as text.
        text, variables = document("bulk_start"), {"query": bulk_document(name, "id:1")}
    answer = gql(shared, text, **variables)
    assert "errors" not in answer
    cost = answer["extensions"]["cost"]
    assert 0 <= cost["actualQueryCost"] <= cost["requestedQueryCost"] <= 1000
    assert cost["requestedQueryCost"] > 0


def test_paging_by_change_yields_every_order_once_in_order(shared: SandboxServer, gql: Any) -> None:
    nodes = all_orders(gql, shared)
    told = shared.truth("shopify")
    assert len({node["id"] for node in nodes}) == len(nodes) == 400
    times = [node["updatedAt"] for node in nodes]
    assert times == sorted(times)
    counted = [node for node in nodes if not node["test"]]
    assert len(counted) == told.rows["orders"] < 400
    total = sum(Decimal(node["totalPriceSet"]["shopMoney"]["amount"]) for node in counted)
    refunded = sum(Decimal(node["totalRefundedSet"]["shopMoney"]["amount"]) for node in counted)
    assert (total, refunded) == (told.order_totals["USD"], told.refunded["USD"])


def test_an_order_that_changes_while_one_pages_is_met_again_and_none_is_lost(
    own: SandboxServer, gql: Any
) -> None:
    first = gql(own, PAGES, first=10, sort="UPDATED_AT")["data"]["orders"]
    moved = first["nodes"][0]["id"]
    own.store("shopify").touch(int(moved.rpartition("/")[2]))
    rest = gql(own, PAGES, first=150, sort="UPDATED_AT", after=first["pageInfo"]["endCursor"])[
        "data"
    ]["orders"]["nodes"]
    seen = [node["id"] for node in [*first["nodes"], *rest]]
    assert len(set(seen)) == 60
    assert seen.count(moved) == 2


def test_a_cursor_means_nothing_to_another_sort_key(shared: SandboxServer, gql: Any) -> None:
    page = gql(shared, PAGES, first=5, sort="UPDATED_AT")["data"]["orders"]
    answer = gql(shared, PAGES, first=5, sort="ID", after=page["pageInfo"]["endCursor"])
    assert "Invalid cursor" in answer["errors"][0]["message"]


def test_more_than_250_at_once_is_refused(shared: SandboxServer, gql: Any) -> None:
    answer = gql(shared, "{customers(first: 251) {nodes {id}}}")
    assert "250" in answer["errors"][0]["message"]


def test_orders_are_filtered_to_the_second_when_the_time_is_quoted(
    shared: SandboxServer, gql: Any
) -> None:
    nodes = all_orders(gql, shared)
    middle = nodes[200]["updatedAt"]
    later = all_orders(gql, shared, query=f"updated_at:>='{middle}'")
    assert later == [node for node in nodes if node["updatedAt"] >= middle]
    earlier = all_orders(gql, shared, query=f"updated_at:<'{middle}' AND test:false")
    assert earlier == [n for n in nodes if n["updatedAt"] < middle and not n["test"]]
    # Without quotes the time of day is lost, and whoever wrote it is not told.
    assert len(all_orders(gql, shared, query=f"updated_at:>={middle}")) >= len(later)


def test_customers_are_filtered_by_whole_days(shared: SandboxServer, gql: Any) -> None:
    query = "query($query: String) {customersCount(limit: null, query: $query) {count}}"

    def count(text: str) -> int:
        return int(gql(shared, query, query=text)["data"]["customersCount"]["count"])

    day = gql(
        shared, "{customers(first: 1, sortKey: UPDATED_AT, reverse: true) {nodes {updatedAt}}}"
    )
    date = day["data"]["customers"]["nodes"][0]["updatedAt"][:10]
    assert (
        count(f"updated_at:>='{date}T23:59:59Z'") == count(f"updated_at:>='{date}T00:00:00Z'") > 0
    )
    assert count(f"updated_at:<'{date}T23:59:59Z'") == count(f"updated_at:<'{date}T00:00:00Z'")


def test_products_hide_all_but_active_ones_unless_asked(shared: SandboxServer, gql: Any) -> None:
    query = "query($query: String) {products(first: 200, query: $query) {nodes {status}}}"
    usual = gql(shared, query)["data"]["products"]["nodes"]
    everything = gql(shared, query, query="status:active,draft,archived,unlisted")
    nodes = everything["data"]["products"]["nodes"]
    assert {node["status"] for node in usual} == {"ACTIVE"}
    assert len(nodes) == len(shared.world("shopify").products) > len(usual)


def test_an_empty_filter_is_an_internal_error_inside_http_200(
    shared: SandboxServer, gql: Any
) -> None:
    answer = gql(shared, PAGES, first=5, query="updated_at:>")
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


def test_an_unknown_filter_is_a_warning_and_filters_nothing(
    shared: SandboxServer, gql: Any
) -> None:
    answer = gql(shared, PAGES, first=5, query="changed_at:>'2020-01-01'")
    assert len(answer["data"]["orders"]["nodes"]) == 5
    warning = answer["extensions"]["search"][0]["warnings"][0]
    assert (warning["field"], warning["code"]) == ("changed_at", "invalid_field")


def test_lists_inside_an_order_are_cut_at_first_and_can_be_read_on(
    shared: SandboxServer, gql: Any
) -> None:
    huge = next(order for order in shared.world("shopify").orders if order.parcels > 1)
    query = """query($id: ID!, $after: String) { order(id: $id) {
      fulfillments(first: 2) {id} fulfillmentsCount {count}
      lineItems(first: 20, after: $after) {nodes {id} pageInfo {hasNextPage endCursor}} } }"""
    identifier = f"gid://shopify/Order/{huge.id}"
    order = gql(shared, query, id=identifier)["data"]["order"]
    assert (len(order["fulfillments"]), order["fulfillmentsCount"]["count"]) == (2, 5)
    page = order["lineItems"]
    assert page["pageInfo"]["hasNextPage"]
    rest = gql(shared, query, id=identifier, after=page["pageInfo"]["endCursor"])
    ids = [node["id"] for node in page["nodes"]]
    ids += [node["id"] for node in rest["data"]["order"]["lineItems"]["nodes"]]
    assert len(set(ids)) == len(huge.lines)


def test_a_product_has_more_variants_than_a_nested_page(shared: SandboxServer, gql: Any) -> None:
    assert max(len(product.variants) for product in shared.world("shopify").products) > 20
    answer = gql(shared, "{productVariantsCount(limit: 5) {count precision}}")
    assert answer["data"]["productVariantsCount"] == {"count": 5, "precision": "AT_LEAST"}


def test_a_query_above_a_thousand_points_is_refused_for_good(
    shared: SandboxServer, gql: Any
) -> None:
    answer = gql(
        shared,
        "{orders(first: 100) {nodes {customer {id} lineItems(first: 9) {nodes {id}}}}}",
    )
    extensions = answer["errors"][0]["extensions"]
    assert (extensions["code"], extensions["maxCost"]) == ("MAX_COST_EXCEEDED", 1000)


def test_an_empty_bucket_throttles_inside_http_200_and_fills_again(gql: Any) -> None:
    spec = SandboxSpec(orders=20, products=5, bucket_size=1000, restore_per_second=1)
    with SandboxServer(spec) as sandbox:
        query = "{orders(first: 250) {nodes {id}}}"
        answers = [gql(sandbox, query) for _ in range(60)]
        refused = [answer for answer in answers if "errors" in answer]
        assert refused
        assert refused[0]["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert "data" not in refused[0]
        status = refused[0]["extensions"]["cost"]["throttleStatus"]
        assert status["currentlyAvailable"] < 250
        assert (status["maximumAvailable"], status["restoreRate"]) == (1000, 1)
        # What was asked for and not used is given back: twenty orders cost twenty points.
        assert answers[0]["extensions"]["cost"]["actualQueryCost"] == 20


def test_a_throttling_store_says_so_in_graphql(gql: Any) -> None:
    faults = Faults(throttle_rate=1.0, most_in_a_row=2)
    with SandboxServer(SandboxSpec(orders=5, products=5, faults=faults)) as sandbox:
        answers = [gql(sandbox, "{shop{name}}") for _ in range(3)]
        assert ["errors" in answer for answer in answers] == [True, True, False]


def test_a_retired_version_is_answered_by_another_and_the_header_tells(
    shared: SandboxServer, http: httpx.Client
) -> None:
    token = shared.credentials("shopify")["access_token"]
    told = {
        asked: http.post(
            f"{shared.shopify_url}/admin/api/{asked}/graphql.json",
            json={"query": "{shop{name}}"},
            headers={"X-Shopify-Access-Token": token},
        ).headers["X-Shopify-API-Version"]
        for asked in ("2026-10", "2026-01", "2023-01")
    }
    assert told == {"2026-10": "2026-10", "2026-01": "2026-01", "2023-01": "2025-10"}


def test_a_version_to_come_is_not_found_and_a_broken_body_refused(
    shared: SandboxServer, http: httpx.Client
) -> None:
    headers = {"X-Shopify-Access-Token": shared.credentials("shopify")["access_token"]}
    api = f"{shared.shopify_url}/admin/api"
    asked = {"query": "{shop{name}}"}
    later = http.post(f"{api}/2031-01/graphql.json", json=asked, headers=headers)
    assert later.status_code == 404
    for body in (b"", b"{", b"[]", b'{"query": "{shop{name}}", "variables": []}'):
        answer = http.post(f"{api}/2026-10/graphql.json", content=body, headers=headers)
        assert answer.status_code == 400


def test_a_connection_can_be_read_from_its_end(shared: SandboxServer, gql: Any) -> None:
    query = """query($reverse: Boolean, $first: Int, $last: Int, $before: String) {
      customers(first: $first, last: $last, before: $before, reverse: $reverse, sortKey: ID)
        { nodes { id } pageInfo { hasPreviousPage startCursor } } }"""
    newest = gql(shared, query, first=3, reverse=True)["data"]["customers"]["nodes"]
    page = gql(shared, query, last=3)["data"]["customers"]
    assert page["nodes"] == newest[::-1]
    assert page["pageInfo"]["hasPreviousPage"]
    earlier = gql(shared, query, last=2, before=page["pageInfo"]["startCursor"])
    six = gql(shared, query, last=5)["data"]["customers"]["nodes"]
    assert earlier["data"]["customers"]["nodes"] == six[:2]


def test_a_field_that_does_not_exist_is_an_error_inside_http_200(
    shared: SandboxServer, gql: Any
) -> None:
    answer = gql(shared, "{shop {nonsense}}")
    assert "nonsense" in answer["errors"][0]["message"]
    assert "data" not in answer


def test_a_deleted_customer_leaves_its_orders_without_one(own: SandboxServer, gql: Any) -> None:
    order = next(order for order in own.world("shopify").orders if order.customer_id)
    own.store("shopify").delete_customer(order.customer_id)
    query = "query($id: ID!) {order(id: $id) {email customer {id}}}"
    shown = gql(own, query, id=f"gid://shopify/Order/{order.id}")["data"]["order"]
    assert shown["customer"] is None
    assert shown["email"]


def test_a_buyers_currency_does_not_touch_the_shops_money(shared: SandboxServer) -> None:
    orders = [order for order in shared.world("shopify").orders if order.presentment]
    assert orders
    assert {order.currency for order in orders} == {"USD"}
