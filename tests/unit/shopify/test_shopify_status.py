"""The status table of Shopify orders."""

from __future__ import annotations

import itertools

import pytest

from connectors.errors import Permanent
from connectors.records import OrderStatus
from connectors.shopify.status import Progress, StatusRules

CANCELLED, REFUNDED = OrderStatus.CANCELLED, OrderStatus.REFUNDED
DELIVERED, SHIPPED = OrderStatus.DELIVERED, OrderStatus.SHIPPED
PROCESSING, PENDING = OrderStatus.PROCESSING, OrderStatus.PENDING


def progress(
    financial: str | None,
    fulfillment: str | None,
    *,
    cancelled: bool = False,
    delivered: bool = False,
    paid: bool = False,
) -> Progress:
    return Progress(
        is_cancelled=cancelled,
        financial=financial,
        fulfillment=fulfillment,
        is_fully_paid=paid,
        is_delivered=delivered,
    )


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (progress("REFUNDED", "FULFILLED", cancelled=True, delivered=True), CANCELLED),
        (progress("REFUNDED", "FULFILLED", delivered=True), REFUNDED),
        (progress("PARTIALLY_REFUNDED", "FULFILLED", delivered=True), DELIVERED),
        (progress("PAID", "FULFILLED", delivered=True), DELIVERED),
        (progress("PAID", "FULFILLED"), SHIPPED),
        (progress("PENDING", "FULFILLED"), SHIPPED),
        (progress("PAID", "FULFILLMENT_NOT_REQUIRED"), DELIVERED),
        (progress("PARTIALLY_REFUNDED", "FULFILLMENT_NOT_REQUIRED"), PROCESSING),
        (progress("PENDING", "FULFILLMENT_NOT_REQUIRED"), PENDING),
        (progress("PAID", "PARTIALLY_FULFILLED", delivered=True), PROCESSING),
        *(
            (progress(financial, fulfillment), PROCESSING)
            for financial, fulfillment in itertools.product(
                ("AUTHORIZED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED"),
                (
                    *("UNFULFILLED", "OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED"),
                    *("PENDING_FULFILLMENT", "REQUEST_DECLINED", "RESTOCKED"),
                    "PARTIALLY_FULFILLED",
                ),
            )
        ),
        *(
            (progress(financial, fulfillment), PENDING)
            for financial, fulfillment in itertools.product(
                ("PENDING", "EXPIRED", "VOIDED"), ("UNFULFILLED", "ON_HOLD", "SCHEDULED", "OPEN")
            )
        ),
        (progress("PENDING", "PARTIALLY_FULFILLED"), PROCESSING),
        (progress("VOIDED", "UNFULFILLED", cancelled=True), CANCELLED),
    ],
)
def test_the_first_stage_that_holds_decides(order: Progress, expected: OrderStatus) -> None:
    assert StatusRules().status(order) is expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (progress("PAID_IN_SHELLS", "UNFULFILLED", paid=True), PROCESSING),
        (progress("PAID_IN_SHELLS", "UNFULFILLED"), PENDING),
        (progress("PAID", "TELEPORTED"), PROCESSING),
        (progress("PENDING", "TELEPORTED"), PENDING),
        (progress(None, None, paid=True), PROCESSING),
        (progress(None, None), PENDING),
    ],
)
def test_an_unknown_value_falls_back_on_what_the_others_say(
    order: Progress, expected: OrderStatus
) -> None:
    assert StatusRules().status(order) is expected


def test_a_stores_own_exceptions_come_first() -> None:
    rules = StatusRules.from_settings(
        {"status_map": {"on_hold": "pending", "PAID/SCHEDULED": "shipped"}}, store="shop"
    )
    assert rules.status(progress("PAID", "ON_HOLD")) is PENDING
    assert rules.status(progress("PAID", "SCHEDULED")) is SHIPPED
    assert rules.status(progress("AUTHORIZED", "SCHEDULED")) is PROCESSING


def test_a_cancelled_order_listens_to_no_word_of_payment() -> None:
    rules = StatusRules.from_settings({"status_map": {"PAID": "delivered"}}, store="shop")
    assert rules.status(progress("PAID", "UNFULFILLED", cancelled=True)) is CANCELLED


@pytest.mark.parametrize("wrong", [{"PAID": "done"}, ["PAID"]])
def test_a_status_the_crm_does_not_have_is_refused_with_the_list(wrong: object) -> None:
    with pytest.raises(Permanent, match="status_map"):
        StatusRules.from_settings({"status_map": wrong}, store="shop")
