from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from fixtures.medusa.payloads import UPDATED, config, money, order, payment

from connectors.decoding import decode
from connectors.errors import BadRecord, Permanent
from connectors.medusa.mapping import remap
from connectors.records import Order, OrderStatus, Stream


def mapped(payload: Any, **settings: Any) -> Order:
    record = remap(Stream.ORDERS, payload, config(**settings))
    assert isinstance(record, Order)
    return record


def test_a_refund_that_lowered_the_total_is_added_back_once() -> None:
    found = mapped(order(payment(captured="100", refunds=("30", "0.5")), **money("total", "69.5")))
    assert (found.total, found.refunded_total) == (Decimal("100.00"), Decimal("30.50"))
    assert [one.amount for one in found.refunds] == [Decimal("30.00"), Decimal("0.50")]
    assert found.status is OrderStatus.PROCESSING


def test_a_refund_after_a_return_gives_the_goods_value_back_to_the_total() -> None:
    # The return lowered the total to 60; the refund wrote no credit line.
    found = mapped(order(payment(captured="100", refunds=("40",)), **money("total", "60")))
    assert (found.total, found.refunded_total) == (Decimal("100.00"), Decimal("40.00"))


def test_goods_that_come_back_after_all_their_money_are_no_negative_sale() -> None:
    found = mapped(order(payment(captured="100", refunds=("100",)), **money("total", "-20")))
    assert (found.total, found.refunded_total) == (Decimal("100.00"), Decimal("100.00"))


@pytest.mark.parametrize(
    ("captured", "refunds", "status"),
    [
        ("100", ("100",), OrderStatus.REFUNDED),
        ("100", ("60", "40"), OrderStatus.REFUNDED),
        ("100", ("99.99",), OrderStatus.PROCESSING),
        # Medusa calls both `refunded`.
        ("1.5", ("0.5",), OrderStatus.PROCESSING),
        ("1.5", ("1.5",), OrderStatus.REFUNDED),
        # Third digits that no cent shows.
        ("26.5943", ("26.594299999999997",), OrderStatus.REFUNDED),
    ],
)
def test_refunded_is_decided_by_the_money(
    captured: str, refunds: tuple[str, ...], status: OrderStatus
) -> None:
    payload = order(payment(captured=captured, refunds=refunds), payment_status="refunded")
    assert mapped(payload).status is status


def test_a_wholly_captured_payment_counts_even_without_its_captures() -> None:
    paid = {**payment(refunds=("100",)), "captured_at": UPDATED, "captures": None}
    assert mapped(order(paid)).status is OrderStatus.REFUNDED


def test_payments_of_all_collections_count() -> None:
    collections = [
        {"payments": [payment(captured="60", refunds=("10",))]},
        {"payments": [payment(captured="40", refunds=("5",))]},
        {"payments": None},
        None,
    ]
    assert mapped(order(payment_collections=collections)).refunded_total == Decimal("15.00")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"status": "canceled"}, OrderStatus.CANCELLED),
        ({"canceled_at": UPDATED}, OrderStatus.CANCELLED),
        ({"status": "completed", "fulfillment_status": "delivered"}, OrderStatus.DELIVERED),
        ({"fulfillment_status": "shipped"}, OrderStatus.SHIPPED),
        ({"fulfillment_status": "partially_delivered"}, OrderStatus.SHIPPED),
        ({"fulfillment_status": "partially_shipped"}, OrderStatus.PROCESSING),
        ({"fulfillment_status": "canceled"}, OrderStatus.PROCESSING),
        ({"payment_status": "authorized"}, OrderStatus.PROCESSING),
        ({"payment_status": "not_paid"}, OrderStatus.PENDING),
        ({"payment_status": "requires_action"}, OrderStatus.PENDING),
        ({"payment_status": "lost", "fulfillment_status": "in_space"}, OrderStatus.PENDING),
        ({"payment_status": None, "fulfillment_status": None}, OrderStatus.PENDING),
    ],
)
def test_the_status_follows_the_words_that_can_be_believed(
    words: dict[str, Any], status: OrderStatus
) -> None:
    assert mapped(order(**words)).status is status


def test_an_unknown_word_on_a_paid_order_is_processing() -> None:
    payload = order(payment(captured="100"), payment_status="teleported")
    assert mapped(payload).status is OrderStatus.PROCESSING


def test_a_store_may_map_words_of_its_own() -> None:
    rules = {"fulfillment:awaiting_pickup": "shipped", "archived": "delivered"}
    shipped = order(fulfillment_status="awaiting_pickup")
    assert mapped(shipped, status_map=rules).status is OrderStatus.SHIPPED
    assert mapped(order(status="archived"), status_map=rules).status is OrderStatus.DELIVERED
    with pytest.raises(Permanent, match="choose one of"):
        mapped(order(), status_map={"archived": "gone"})


@pytest.mark.parametrize("draft", [{"is_draft_order": True}, {"status": "draft"}])
def test_a_draft_is_nobodys_order(draft: dict[str, Any]) -> None:
    assert remap(Stream.ORDERS, order(**draft), config()) is None


def test_an_order_of_a_deleted_customer_keeps_who_it_was() -> None:
    payload = order()
    del payload["customer"]
    found = mapped(payload)
    assert found.customer_external_id == "cus_1"
    assert found.full_name == "Nora Neu"


def test_the_raw_text_counts_and_not_the_number_that_went_through_a_float() -> None:
    payload = order(total=Decimal("0.30000000000000004"), raw_total={"value": "0.295"})
    assert mapped(payload).total == Decimal("0.30")
    assert mapped(order(total=Decimal("1.005"), raw_total=None)).total == Decimal("1.01")


def test_a_float_is_refused() -> None:
    with pytest.raises(BadRecord, match="float"):
        mapped(order(total=1.5, raw_total=None))


def test_amounts_of_an_answer_never_become_floats() -> None:
    body = b'{"total": 1056.4604625, "raw_total": null}'
    assert mapped(order(**decode(body))).total == Decimal("1056.46")


@pytest.mark.parametrize(("currency", "text"), [("jpy", "10107.9"), ("kwd", "1.235")])
def test_currencies_are_upper_case_and_amounts_in_major_units(currency: str, text: str) -> None:
    found = mapped(order(currency_code=currency, **money("total", text)))
    assert found.currency == currency.upper()
    assert found.total == Decimal(text).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def test_a_number_of_the_shops_own_comes_first() -> None:
    assert mapped(order(custom_display_id="A-7")).order_number == "A-7"
    assert mapped(order()).order_number == "7"
    assert mapped(order(display_id=None)).order_number == "order_1"


def test_lines_keep_their_snapshot_without_a_product() -> None:
    free = {"id": "ordli_2", "title": "Assembly", "quantity": 1, **money("unit_price", "3.3333333")}
    line = mapped(order(items=[free, None])).lines[0]
    assert (line.name, line.product_external_id, line.sku) == ("Assembly", None, None)
    assert line.unit_price == Decimal("3.333333")


def test_a_cancelled_parcel_tells_nothing() -> None:
    parcel = {"shipped_at": UPDATED, "labels": [{"tracking_number": "T9"}]}
    gone = {**parcel, "canceled_at": UPDATED}
    found = mapped(order(fulfillments=[gone]))
    assert (found.shipped_date, found.tracking_number) == (None, None)
    sent = mapped(order(fulfillments=[gone, parcel], fulfillment_status="shipped"))
    assert sent.tracking_number == "T9"
    assert sent.shipped_date is not None
    assert sent.delivered_date is None
