"""The lists of the WooCommerce dialect behave as measured on a running shop."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.sandbox import Faults, SandboxServer, SandboxSpec


def shared_second(rows: list[dict[str, Any]]) -> tuple[str, int]:
    return Counter(row["date_modified_gmt"] for row in rows).most_common(1)[0]


def test_every_order_is_read_once_and_sums_to_the_truth(shared: SandboxServer, every: Any) -> None:
    rows = every(shared, "orders") + every(shared, "orders", status="trash")
    told = shared.truth("woocommerce")
    assert len({row["id"] for row in rows}) == len(rows) == told.rows["orders"]
    assert sum(Decimal(row["total"]) for row in rows) == told.order_totals["EUR"]
    given_back = sum(Decimal(refund["total"]) for row in rows for refund in row["refunds"])
    assert -given_back == told.refunded["EUR"] > 0


def test_any_leaves_out_trash_and_drafts_even_when_trash_is_named_beside_it(
    shared: SandboxServer, every: Any
) -> None:
    usual = Counter(row["status"] for row in every(shared, "orders"))
    named = Counter(row["status"] for row in every(shared, "orders", status="any,trash"))
    assert usual == named
    assert not {"trash", "checkout-draft", "auto-draft"} & set(usual)
    assert {row["status"] for row in every(shared, "orders", status="checkout-draft")} == {
        "checkout-draft"
    }


def test_a_cursor_at_a_shared_second_loses_all_that_share_it(
    shared: SandboxServer, every: Any
) -> None:
    second, count = shared_second(every(shared, "orders"))
    assert count > 100
    query = {"dates_are_gmt": "true", "orderby": "modified", "order": "asc"}
    after = every(shared, "orders", modified_after=second, **query)
    assert second not in {row["date_modified_gmt"] for row in after}
    before = datetime.fromisoformat(second).replace(tzinfo=UTC).timestamp() - 1
    bare = datetime.fromtimestamp(before, UTC).replace(tzinfo=None).isoformat()
    overlapping = every(shared, "orders", modified_after=bare, **query)
    assert len(overlapping) == len(after) + count
    pairs = [(row["date_modified_gmt"], row["id"]) for row in overlapping]
    assert pairs == sorted(pairs)


@pytest.mark.parametrize("form", ["{}Z", "{}.900Z", "{}+00:00"])
def test_a_time_with_a_zone_is_read_right_and_its_fraction_cut(
    shared: SandboxServer, every: Any, form: str
) -> None:
    second, _ = shared_second(every(shared, "orders"))
    exact = every(shared, "orders", modified_after=second, dates_are_gmt="1")
    assert every(shared, "orders", modified_after=form.format(second)) == exact


def test_a_bare_time_is_read_in_the_stores_own_zone(shared: SandboxServer, every: Any) -> None:
    rows = every(shared, "orders")
    second, count = shared_second(rows)
    local = next(row["date_modified"] for row in rows if row["date_modified_gmt"] == second)
    right = every(shared, "orders", modified_after=second, dates_are_gmt="true")
    assert every(shared, "orders", modified_after=local) == right
    # Berlin is ahead, so a bare UTC time means an earlier moment there; in New York a later one.
    assert len(every(shared, "orders", modified_after=second)) >= len(right) + count


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("modified_after", "yesterday"),
        ("modified_after", "1767225600"),
        ("modified_after", "2026-01-01"),
        ("per_page", "101"),
        ("per_page", "0"),
        ("page", "0"),
        ("status", "nonsense"),
        ("orderby", "total"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    shared: SandboxServer, rest: Any, parameter: str, value: str
) -> None:
    answer = rest(shared, "orders", **{parameter: value})
    assert answer.status_code == 400
    assert answer.json()["code"] == "rest_invalid_param"
    assert list(answer.json()["data"]["params"]) == [parameter]


def test_products_have_no_type_variation(shared: SandboxServer, rest: Any) -> None:
    assert rest(shared, "products", type="variation").status_code == 400
    kinds = {row["type"] for row in rest(shared, "products", type="variable").json()}
    assert kinds == {"variable"}


def test_offset_include_and_exclude_choose_rows(shared: SandboxServer, rest: Any) -> None:
    query = {"orderby": "id", "order": "asc"}
    ids = [row["id"] for row in rest(shared, "orders", per_page=10, **query).json()]
    assert [r["id"] for r in rest(shared, "orders", offset=4, **query).json()][:6] == ids[4:]
    chosen = rest(shared, "orders", include=f"{ids[5]},{ids[2]}", orderby="include").json()
    assert [row["id"] for row in chosen] == [ids[5], ids[2]]
    without = rest(shared, "orders", exclude=ids[0], **query).json()
    assert without[0]["id"] == ids[1]


def test_the_shop_tells_its_currency_zone_and_version(
    shared: SandboxServer, rest: Any, http: httpx.Client
) -> None:
    assert rest(shared, "settings/general/woocommerce_currency").json()["value"] == "EUR"
    assert rest(shared, "data/currencies/current").json()["code"] == "EUR"
    assert rest(shared, "system_status").json()["environment"]["version"] == "11.0.1"
    # The index is public; the folder the shop lives in belongs to its address.
    index = http.get(f"{shared.woocommerce_url}/wp-json/").json()
    assert index["timezone_string"] == "Europe/Berlin"
    assert index["url"] == shared.woocommerce_url


def test_a_route_that_is_not_there_is_named_as_such(shared: SandboxServer, rest: Any) -> None:
    answer = rest(shared, "tombstones")
    assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")
    assert rest(shared, "orders/1/refunds").status_code == 404


def test_past_the_end_only_the_orders_list_forgets_its_total(
    shared: SandboxServer, rest: Any
) -> None:
    for path, keeps in (("orders", False), ("products", True), ("customers", True)):
        answer = rest(shared, path, page=999)
        assert (answer.status_code, answer.json()) == (200, [])
        assert (answer.headers["X-WP-Total"] != "0") is keeps


def test_links_lead_to_the_neighbouring_pages(shared: SandboxServer, rest: Any) -> None:
    first = rest(shared, "orders", per_page=50)
    assert 'rel="next"' in first.headers["Link"]
    assert 'rel="prev"' not in first.headers["Link"]
    assert "page=3" in rest(shared, "orders", per_page=50, page=2).headers["Link"]


def test_customers_ignore_dates_and_show_one_role_unless_asked_for_all(
    shared: SandboxServer, every: Any
) -> None:
    usual = every(shared, "customers")
    assert every(shared, "customers", modified_after="2030-01-01T00:00:00Z") == usual
    everybody = every(shared, "customers", role="all", orderby="id", order="asc")
    assert {row["role"] for row in usual} == {"customer"}
    assert len(everybody) == shared.truth("woocommerce").rows["customers"] > len(usual)


def test_customers_cannot_be_sorted_by_change(shared: SandboxServer, rest: Any) -> None:
    assert rest(shared, "customers", orderby="modified").status_code == 400


def test_both_variation_lists_hold_the_same(shared: SandboxServer, every: Any) -> None:
    apart = [
        variation["id"]
        for product in every(shared, "products")
        for variation in every(shared, f"products/{product['id']}/variations")
    ]
    together = [row["id"] for row in every(shared, "variations")]
    assert sorted(apart) == sorted(together)
    products = every(shared, "products")
    assert len(together) + len(products) == shared.truth("woocommerce").rows["products"]
    assert all(set(row["variations"]) <= set(together) for row in products)


def test_all_refunds_are_listed_with_positive_amounts(shared: SandboxServer, every: Any) -> None:
    rows = every(shared, "refunds")
    told = shared.truth("woocommerce")
    assert len(rows) == told.refunds
    assert sum(Decimal(row["amount"]) for row in rows) == told.refunded["EUR"]
    one = rows[0]
    of_order = every(shared, f"orders/{one['parent_id']}/refunds")
    assert one["id"] in {row["id"] for row in of_order}


def test_ids_of_orders_refunds_and_products_come_from_one_sequence(
    shared: SandboxServer, every: Any
) -> None:
    orders = [row["id"] for row in every(shared, "orders")]
    refunds = [row["id"] for row in every(shared, "refunds")]
    products = [row["id"] for row in every(shared, "products")]
    assert len({*orders, *refunds, *products}) == len(orders) + len(refunds) + len(products)
    assert min(orders) < min(refunds) < max(orders)
    assert max(orders) - min(orders) >= len(orders)


def test_amounts_are_strings_with_dp_decimals_but_a_line_price_is_a_number(
    shared: SandboxServer, rest: Any
) -> None:
    orders = rest(shared, "orders", per_page=20, dp=4).json()
    assert all(len(order["total"].partition(".")[2]) == 4 for order in orders)
    prices = [line["price"] for order in orders for line in order["line_items"]]
    assert prices
    assert all(isinstance(price, int | float) for price in prices)


def test_lines_without_a_product_have_id_zero_and_no_sku(shared: SandboxServer, every: Any) -> None:
    lines = [line for row in every(shared, "orders") for line in row["line_items"]]
    without = [line for line in lines if not line["product_id"]]
    assert without
    assert all(line["sku"] is None for line in without)


def test_times_come_twice_and_never_with_a_zone(shared: SandboxServer, rest: Any) -> None:
    order = rest(shared, "orders", per_page=1).json()[0]
    local = datetime.fromisoformat(order["date_created"])
    universal = datetime.fromisoformat(order["date_created_gmt"])
    assert local.tzinfo is None
    assert (local - universal).total_seconds() in (3600, 7200)


def test_fields_can_be_narrowed(shared: SandboxServer, rest: Any) -> None:
    rows = rest(shared, "orders", _fields="id,date_modified_gmt").json()
    assert {frozenset(row) for row in rows} == {frozenset({"id", "date_modified_gmt"})}


def test_a_short_page_is_not_the_last_one(rest: Any) -> None:
    spec = SandboxSpec(orders=60, products=5, faults=Faults(short_pages=True))
    with SandboxServer(spec) as sandbox:
        first = rest(sandbox, "orders", per_page=20)
        pages = int(first.headers["X-WP-TotalPages"])
        lengths = [
            len(rest(sandbox, "orders", per_page=20, page=n + 1).json()) for n in range(pages)
        ]
        shown = sandbox.truth("woocommerce")
        assert lengths[0] < 20
        assert sum(lengths) == shown.rows["orders"] - shown.trashed


def test_global_lists_can_be_missing_as_in_old_versions(rest: Any, http: httpx.Client) -> None:
    faults = Faults(without_variations_route=True, without_refunds_route=True)
    with SandboxServer(SandboxSpec(orders=10, products=5, faults=faults)) as sandbox:
        for path in ("variations", "refunds"):
            answer = rest(sandbox, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")
        index = http.get(f"{sandbox.woocommerce_url}/wp-json/").json()
        assert "/wc/v3/variations" not in index["routes"]


def test_an_ignored_parameter_changes_nothing(every: Any) -> None:
    faults = Faults(ignored_parameters=frozenset({"modified_after"}))
    with SandboxServer(SandboxSpec(orders=30, products=5, faults=faults)) as sandbox:
        filtered = every(sandbox, "orders", modified_after="2100-01-01T00:00:00Z")
        assert filtered == every(sandbox, "orders") != []
