"""Shops that hide, refuse and break down: the WooCommerce dialect does so when it is told to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from connectors.sandbox import Faults, SandboxServer, SandboxSpec
from connectors.sandbox import world as states
from connectors.sandbox.__main__ import main


def small(**faults: Any) -> SandboxServer:
    return SandboxServer(SandboxSpec(orders=60, products=12, faults=Faults(**faults)))


def test_a_list_describes_itself_to_anybody_with_the_statuses_it_takes(
    shared: SandboxServer, http: httpx.Client
) -> None:
    answer = http.request("OPTIONS", f"{shared.woocommerce_url}/wp-json/wc/v3/orders")
    (first, *_) = answer.json()["endpoints"]
    named = first["args"]["status"]["items"]["enum"]
    assert {"any", "trash", "checkout-draft", "await-ship"} <= set(named)


def test_statuses_named_one_by_one_may_be_mixed_with_the_trash(
    shared: SandboxServer, every: Any
) -> None:
    named = {row["status"] for row in every(shared, "orders", status="completed,trash")}
    assert named == {"completed", "trash"}


def test_a_hidden_status_is_shown_to_who_asks_for_it_by_name(every: Any) -> None:
    with small(hidden_statuses=frozenset({"quote"})) as sandbox:
        order = sandbox.store("woocommerce").add_order(state="quote")
        assert order.id not in {row["id"] for row in every(sandbox, "orders")}
        assert [row["id"] for row in every(sandbox, "orders", status="quote")] == [order.id]


def test_a_shop_without_statuses_tells_them_neither_way(rest: Any, http: httpx.Client) -> None:
    with small(without_statuses=True) as sandbox:
        answer = http.request("OPTIONS", f"{sandbox.woocommerce_url}/wp-json/wc/v3/orders")
        assert "status" not in answer.json()["endpoints"][0]["args"]
        assert rest(sandbox, "reports/orders/totals").status_code == 404


def test_an_order_the_key_may_not_see_is_counted_but_neither_shown_nor_named(
    rest: Any, every: Any
) -> None:
    with small() as sandbox:
        hidden = next(
            order.id
            for order in sandbox.world("woocommerce").orders
            if order.state == states.COMPLETED
        )
        total = rest(sandbox, "orders").headers["X-WP-Total"]
        sandbox.judge.faults = Faults(unreadable=frozenset({hidden}))
        assert rest(sandbox, "orders").headers["X-WP-Total"] == total
        assert hidden not in {row["id"] for row in every(sandbox, "orders")}
        assert rest(sandbox, f"orders/{hidden}").status_code == 401


def test_more_rows_than_the_shop_can_print_end_in_a_503(rest: Any) -> None:
    with small(largest_page=10) as sandbox:
        assert rest(sandbox, "orders", per_page=10).status_code == 200
        assert rest(sandbox, "orders", per_page=50).status_code == 503


def test_more_requests_at_once_than_there_are_workers_end_in_a_503(rest: Any) -> None:
    with small(most_at_once=1, latency_seconds=0.2) as sandbox, ThreadPoolExecutor(3) as pool:
        sandbox.world("woocommerce")
        answers = list(pool.map(lambda page: rest(sandbox, "orders", page=page), (1, 2, 3)))
    assert sorted(answer.status_code for answer in answers) == [200, 503, 503]


def test_variations_of_a_product_in_the_trash_are_on_no_list_but_answer_to_their_names(
    rest: Any, every: Any
) -> None:
    with small() as sandbox:
        product = next(one for one in sandbox.world("woocommerce").products if one.variants)
        one = product.variants[0].id
        sandbox.store("woocommerce").trash_product(product.id)
        assert one not in {row["id"] for row in every(sandbox, "variations")}
        assert rest(sandbox, f"products/{product.id}").json()["variations"] == []
        found = rest(sandbox, f"products/{product.id}/variations/{one}").json()
        assert (found["id"], found["status"]) == (one, "trash")


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Honolulu"])
def test_a_shop_stands_where_it_is_put_and_its_clock_is_as_wrong_as_wanted(
    rest: Any, zone: str
) -> None:
    spec = SandboxSpec(orders=20, products=5, time_zone=zone, clock_offset_seconds=600)
    with SandboxServer(spec) as sandbox:
        added = sandbox.store("woocommerce").add_order()
        row = rest(sandbox, f"orders/{added.id}").json()
        assert row["date_created"] != row["date_created_gmt"]
        now = sandbox.world("woocommerce").clock.now()
        assert abs(added.created_at - now) < 5


def test_the_command_knows_each_way_to_misbehave() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    for option in (
        "--time-zone",
        "--clock-offset",
        "--most-at-once",
        "--largest-page",
        "--unreadable",
        "--hidden-status",
        "--without-statuses",
    ):
        assert option in said
