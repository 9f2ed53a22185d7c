"""Orders of Shopify as the CRM sees them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fixtures.shopify.payloads import ADDRESS, fulfillment, line, money, order, page, refund

from connectors.errors import BadRecord
from connectors.records import Order, OrderStatus
from connectors.shopify.order_mapping import map_order
from connectors.shopify.status import StatusRules


def mapped(**changes: Any) -> Order:
    found = map_order(order(**changes), rules=StatusRules())
    assert found is not None
    return found


def rejected(**changes: Any) -> BadRecord:
    with pytest.raises(BadRecord) as raised:
        map_order(order(**changes), rules=StatusRules())
    return raised.value


def test_an_order_keeps_the_shops_amounts_currency_and_times() -> None:
    found = mapped()
    assert found.external_id == "5001"
    assert found.order_number == "#1001"
    assert (found.total, found.subtotal, found.tax) == (
        Decimal("64.40"),
        Decimal("50.00"),
        Decimal("9.50"),
    )
    assert (found.shipping, found.discount, found.refunded_total) == (
        Decimal("4.90"),
        Decimal("10.00"),
        Decimal("0.00"),
    )
    assert found.currency == "EUR"
    assert found.order_date == datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
    assert found.source_created_at == datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC)
    assert found.source_updated_at == datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    assert found.customer_external_id == "7001"
    assert found.status is OrderStatus.PROCESSING
    assert found.source_status == "PAID/UNFULFILLED"


def test_lines_point_to_the_variant_and_keep_their_snapshot() -> None:
    (found,) = mapped().lines
    assert found.external_id == "1"
    assert found.product_external_id == "4001"
    assert (found.name, found.sku) == ("Kettle no. 1", "KET-1")
    assert (found.quantity, found.unit_price, found.total) == (
        Decimal(2),
        Decimal("30.00"),
        Decimal("50.00"),
    )


def test_a_line_of_a_deleted_product_stays_without_a_link() -> None:
    (found,) = mapped(lineItems=page(line(1, variant=None, sku=None))).lines
    assert found.product_external_id is None
    assert found.name == "Kettle no. 1"


def test_the_presentment_currency_never_reaches_the_amounts() -> None:
    both = {
        "presentmentMoney": {"amount": "70.00", "currencyCode": "USD"},
        "shopMoney": {"amount": "64.4", "currencyCode": "EUR"},
    }
    assert mapped(totalPriceSet=both).total == Decimal("64.40")


def test_where_prices_include_tax_the_subtotal_comes_without_it() -> None:
    found = mapped(
        taxesIncluded=True,
        totalPriceSet=money("64.40"),
        subtotalPriceSet=money("59.50"),
        totalTaxSet=money("10.28"),
    )
    assert found.subtotal == Decimal("49.22")
    assert found.subtotal + found.tax + found.shipping == found.total


def test_goods_given_away_have_no_negative_subtotal() -> None:
    found = mapped(taxesIncluded=True, subtotalPriceSet=money("0.0"), totalTaxSet=money("0.78"))
    assert found.subtotal == Decimal("0.00")


def test_refunds_are_listed_and_taking_goods_back_without_money_is_none() -> None:
    found = mapped(
        totalRefundedSet=money("12.5"), refunds=[refund(1, "12.5"), refund(2, "0.0", note=None)]
    )
    assert found.refunded_total == Decimal("12.50")
    assert [(one.external_id, one.amount, one.reason) for one in found.refunds] == [
        ("1", Decimal("12.50"), "arrived broken")
    ]


def test_a_partial_refund_keeps_the_status() -> None:
    found = mapped(
        displayFinancialStatus="PARTIALLY_REFUNDED",
        displayFulfillmentStatus="FULFILLED",
        fulfillments=[fulfillment(1)],
        totalRefundedSet=money("12.5"),
    )
    assert found.status is OrderStatus.SHIPPED


def test_shipping_dates_and_tracking_come_from_fulfillments_that_stand() -> None:
    found = mapped(
        displayFulfillmentStatus="FULFILLED",
        fulfillmentsCount={"count": 3, "precision": "EXACT"},
        fulfillments=[
            fulfillment(1, status="CANCELLED"),
            fulfillment(2, displayStatus="DELIVERED", deliveredAt="2026-03-05T09:00:00Z"),
            fulfillment(3, displayStatus="PICKED_UP", deliveredAt="2026-03-06T09:00:00Z"),
        ],
    )
    assert found.status is OrderStatus.DELIVERED
    assert found.shipped_date == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert found.delivered_date == datetime(2026, 3, 6, 9, tzinfo=UTC)
    assert found.tracking_number == "TRACK2"


def test_a_guest_is_known_by_mail_phone_and_addresses() -> None:
    found = mapped(customer=None)
    assert found.customer_external_id is None
    assert found.email == "Ada@example.com"
    assert found.full_name == "Ada Löwenherz"
    assert found.company_name == "Analytical GmbH"
    assert found.phone == "+49 221 555 0100"
    assert found.billing_address is not None
    assert found.billing_address.country_code == "DE"


def test_a_guest_without_billing_address_is_known_by_where_the_goods_go() -> None:
    elsewhere = {**ADDRESS, "name": "Charles"}
    found = mapped(customer=None, billingAddress=None, shippingAddress=elsewhere)
    assert found.full_name == "Charles"
    assert found.billing_address is None


def test_a_redacted_person_leaves_an_order_with_its_amounts() -> None:
    found = mapped(customer=None, email=None, phone=None, billingAddress=None, shippingAddress=None)
    assert (found.email, found.full_name, found.phone) == (None, None, None)
    assert found.total == Decimal("64.40")


def test_test_orders_are_skipped_unless_asked_for() -> None:
    payload = order(test=True)
    assert map_order(payload, rules=StatusRules()) is None
    assert map_order(payload, rules=StatusRules(), include_test=True) is not None


def test_fields_that_old_versions_had_are_read_where_the_new_ones_are_missing() -> None:
    old = order(totalPrice="64.4", totalTax="9.5", displayFinancialStatus=None)
    del old["totalPriceSet"], old["totalTaxSet"], old["fulfillments"], old["refunds"]
    old["lineItems"] = {"edges": [{"node": line(1)}, {"node": line(2)}]}
    found = map_order(old, rules=StatusRules())
    assert found is not None
    assert (found.total, found.tax) == (Decimal("64.40"), Decimal("9.50"))
    assert len(found.lines) == 2


def test_an_order_without_number_is_numbered_by_its_id() -> None:
    assert mapped(name=None).order_number == "5001"


def test_an_order_without_date_of_processing_has_its_date_of_making() -> None:
    found = mapped(processedAt=None)
    assert found.order_date == datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC)


def test_the_smallest_digit_of_a_large_amount_survives() -> None:
    assert mapped(totalPriceSet=money("9999999999.99")).total == Decimal("9999999999.99")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": None}, "missing_id"),
        ({"id": "gid://shopify/Order/abc"}, "bad_id"),
        ({"totalPriceSet": None}, "missing_amount"),
        ({"totalPriceSet": money("10000000000.00")}, "bad_amount"),
        ({"totalPriceSet": money("-1.00")}, "bad_amount"),
        ({"totalPriceSet": money("NaN")}, "bad_amount"),
        ({"totalPriceSet": money("1e400000")}, "bad_amount"),
        ({"totalPriceSet": {"shopMoney": {"amount": ["1"]}}}, "bad_amount"),
        ({"totalTaxSet": money("a few")}, "bad_amount"),
        ({"currencyCode": "Euro"}, "bad_currency"),
        ({"createdAt": None, "processedAt": None}, "missing_time"),
        ({"updatedAt": "yesterday"}, "bad_time"),
        ({"updatedAt": 1772359200}, "bad_time"),
        ({"processedAt": "0000-00-00T00:00:00Z"}, "bad_time"),
        ({"email": "a\x00b@example.com"}, "bad_text"),
        ({"email": {"address": "a@b.c"}}, "bad_text"),
        ({"billingAddress": "Köln"}, "bad_shape"),
        ({"lineItems": {"nodes": [None]}}, "bad_shape"),
        ({"lineItems": page(line(1), cursor="more")}, "truncated"),
        ({"lineItems": page(line(1, quantity="many"))}, "bad_quantity"),
        ({"fulfillmentsCount": {"count": 2}, "fulfillments": [fulfillment(1)]}, "truncated"),
        ({"refunds": "none"}, "bad_shape"),
        ({"test": "yes"}, "bad_shape"),
    ],
)
def test_what_makes_no_sense_is_put_aside_with_a_reason(changes: dict[str, Any], code: str) -> None:
    reason = rejected(**changes)
    assert reason.code == code
    assert reason.reason


def test_a_forbidden_list_of_fulfillments_is_not_taken_for_a_cut_one() -> None:
    found = mapped(
        displayFulfillmentStatus="FULFILLED", fulfillments=None, fulfillmentsCount={"count": 2}
    )
    assert found.status is OrderStatus.SHIPPED
