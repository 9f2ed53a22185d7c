"""What moves in a WooCommerce store when its staff change something, and what does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox import SandboxServer
from connectors.sandbox.world import Order

LATER = 1_780_000_000
LATER_GMT = "2026-05-28T20:26:40"


def paid(sandbox: SandboxServer) -> Order:
    return next(
        order
        for order in sandbox.world("woocommerce").orders
        if order.state == "completed" and not order.refunds and order.total > 1000
    )


def test_a_partial_refund_moves_the_order_and_leaves_status_and_total(
    own: SandboxServer, rest: Any
) -> None:
    order = paid(own)
    total = rest(own, f"orders/{order.id}").json()["total"]
    own.store("woocommerce").refund_order(order.id, Decimal("1.50"), at=LATER)
    shown = rest(own, f"orders/{order.id}").json()
    assert (shown["status"], shown["total"]) == ("completed", total)
    assert shown["date_modified_gmt"] == LATER_GMT
    assert [refund["total"] for refund in shown["refunds"]] == ["-1.50"]


def test_a_full_refund_changes_the_status_and_too_much_is_refused(
    own: SandboxServer, rest: Any
) -> None:
    order = paid(own)
    own.store("woocommerce").refund_order(order.id)
    assert rest(own, f"orders/{order.id}").json()["status"] == "refunded"
    with pytest.raises(ValueError, match="0 cents left"):
        own.store("woocommerce").refund_order(order.id, Decimal("0.01"))


def test_setting_the_status_refunded_gives_back_the_rest(own: SandboxServer, rest: Any) -> None:
    order = paid(own)
    own.store("woocommerce").edit_order(order.id, state="refunded")
    shown = rest(own, f"orders/{order.id}").json()
    assert Decimal(shown["refunds"][0]["total"]) == -Decimal(shown["total"])
    own.store("woocommerce").edit_order(order.id, state="completed")
    assert rest(own, f"orders/{order.id}").json()["refunds"] == shown["refunds"]


def test_deleting_a_refund_is_invisible_to_an_incremental_read(
    own: SandboxServer, rest: Any
) -> None:
    store = own.store("woocommerce")
    order = paid(own)
    refund = store.refund_order(order.id, at=LATER)
    store.delete_refund(refund.id)
    shown = rest(own, f"orders/{order.id}").json()
    assert (shown["status"], shown["refunds"]) == ("refunded", [])
    assert shown["date_modified_gmt"] == LATER_GMT


def test_trash_is_seen_by_its_own_query_only_and_can_be_left_again(
    own: SandboxServer, rest: Any, every: Any
) -> None:
    store = own.store("woocommerce")
    order = paid(own)
    store.trash_order(order.id, at=LATER)
    assert rest(own, f"orders/{order.id}").json()["status"] == "trash"
    assert order.id not in {row["id"] for row in every(own, "orders")}
    query = {"status": "trash", "modified_after": "2026-05-28T20:26:39Z"}
    assert [row["id"] for row in every(own, "orders", **query)] == [order.id]
    store.restore_order(order.id)
    assert rest(own, f"orders/{order.id}").json()["status"] == "completed"


def test_a_deleted_order_answers_404_and_takes_its_refunds_along(
    own: SandboxServer, rest: Any, every: Any
) -> None:
    store = own.store("woocommerce")
    order = paid(own)
    refund = store.refund_order(order.id, Decimal("1.00"))
    store.delete_order(order.id)
    answer = rest(own, f"orders/{order.id}")
    assert (answer.status_code, answer.json()["code"]) == (
        404,
        "woocommerce_rest_shop_order_invalid_id",
    )
    assert refund.id not in {row["id"] for row in every(own, "refunds")}


def test_deleting_a_customer_moves_the_orders_to_a_guest(own: SandboxServer, rest: Any) -> None:
    order = next(order for order in own.world("woocommerce").orders if order.customer_id)
    customer_id = order.customer_id
    own.store("woocommerce").delete_customer(customer_id, at=LATER)
    shown = rest(own, f"orders/{order.id}").json()
    assert (shown["customer_id"], shown["date_modified_gmt"]) == (0, LATER_GMT)
    assert rest(own, f"customers/{customer_id}").status_code == 404


def test_a_new_order_does_not_move_its_customer(own: SandboxServer, rest: Any) -> None:
    customer = next(c for c in own.world("woocommerce").customers if c.role == "customer")
    before = rest(own, f"customers/{customer.id}").json()
    order = own.store("woocommerce").add_order(customer_id=customer.id)
    assert rest(own, f"customers/{customer.id}").json() == before
    assert rest(own, f"orders/{order.id}").json()["customer_id"] == customer.id


def test_a_variation_moves_its_product_whose_price_follows_the_cheapest(
    own: SandboxServer, rest: Any
) -> None:
    variant = next(iter(own.world("woocommerce").variants))
    own.store("woocommerce").edit_variant(variant.id, price=1, at=LATER)
    product = rest(own, f"products/{variant.product_id}").json()
    assert (product["price"], product["date_modified_gmt"]) == ("0.01", LATER_GMT)


def test_a_trashed_product_hides_its_variations(own: SandboxServer, rest: Any, every: Any) -> None:
    variant = next(iter(own.world("woocommerce").variants))
    own.store("woocommerce").edit_product(variant.product_id, state="trash")
    assert every(own, f"products/{variant.product_id}/variations") == []
    assert variant.product_id not in {row["parent_id"] for row in every(own, "variations")}
    assert variant.product_id not in {row["id"] for row in every(own, "products")}
    assert rest(own, f"products/{variant.product_id}").json()["status"] == "trash"


def test_a_deleted_product_leaves_the_orders_dates_alone(own: SandboxServer, rest: Any) -> None:
    order = next(
        order
        for order in own.world("woocommerce").orders
        if order.lines and order.lines[0].product_id
    )
    before = rest(own, f"orders/{order.id}").json()
    own.store("woocommerce").delete_product(order.lines[0].product_id)
    after = rest(own, f"orders/{order.id}").json()
    assert after["date_modified_gmt"] == before["date_modified_gmt"]
    assert (after["line_items"][0]["product_id"], after["line_items"][0]["sku"]) == (0, None)
    assert after["line_items"][0]["total"] == before["line_items"][0]["total"]


def test_touching_moves_the_time_and_nothing_else(own: SandboxServer, rest: Any) -> None:
    order = paid(own)
    before = rest(own, f"orders/{order.id}").json()
    own.store("woocommerce").touch(order.id, at=LATER)
    after = rest(own, f"orders/{order.id}").json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"date_modified", "date_modified_gmt"}
