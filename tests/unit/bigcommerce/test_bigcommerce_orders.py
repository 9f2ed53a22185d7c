from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fixtures.bigcommerce.payloads import config, consignments, line, order, place, refund

from connectors.bigcommerce.mapping import remap
from connectors.errors import BadRecord, Permanent
from connectors.records import Order, OrderStatus, Stream


def mapped(payload: dict[str, Any], **settings: Any) -> Order:
    found = remap(Stream.ORDERS, payload, config(**settings))
    assert isinstance(found, Order)
    return found


def test_an_order_keeps_the_amounts_the_store_states() -> None:
    found = mapped(order(discount_amount="1.5000", coupon_discount="2.0000"))
    assert found.external_id == found.order_number == "300"
    assert found.total == Decimal("49.20")
    assert found.subtotal == Decimal("40.00")
    assert found.tax == Decimal("3.20")
    assert found.shipping == Decimal("6.00"), "handling is part of what sending costs"
    assert found.discount == Decimal("3.50")
    assert found.customer_external_id == "7"
    assert found.source_status == "Awaiting Fulfillment"


def test_times_in_the_style_of_e_mail_become_utc() -> None:
    found = mapped(
        order(
            date_created="Sun, 01 Mar 2026 10:00:00 -0500",
            date_modified="2026-03-02T10:00:00Z",
            date_shipped="Tue, 03 Mar 2026 08:00:00 -0000",
        )
    )
    assert found.order_date == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert found.source_updated_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert found.shipped_date == datetime(2026, 3, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (1, OrderStatus.PENDING),
        (2, OrderStatus.SHIPPED),
        (3, OrderStatus.PROCESSING),
        (4, OrderStatus.REFUNDED),
        (5, OrderStatus.CANCELLED),
        (6, OrderStatus.CANCELLED),
        (7, OrderStatus.PENDING),
        (8, OrderStatus.PROCESSING),
        (9, OrderStatus.PROCESSING),
        (10, OrderStatus.DELIVERED),
        (11, OrderStatus.PROCESSING),
        (12, OrderStatus.PENDING),
        (13, OrderStatus.PROCESSING),
        (14, OrderStatus.PROCESSING),
        ("9", OrderStatus.PROCESSING),
    ],
)
def test_every_documented_status_is_known_by_its_id(number: object, status: OrderStatus) -> None:
    assert mapped(order(status_id=number, status="Renamed by the shop")).status is status


def test_an_incomplete_order_is_no_business_of_the_crm() -> None:
    assert remap(Stream.ORDERS, order(status_id=0, status="Incomplete"), config()) is None


@pytest.mark.parametrize("number", [13, 14])
def test_a_dispute_or_partial_refund_does_not_call_a_parcel_back(number: int) -> None:
    shipped = order(status_id=number, date_shipped="Tue, 03 Mar 2026 08:00:00 +0000")
    assert mapped(shipped).status is OrderStatus.SHIPPED


@pytest.mark.parametrize(
    ("payment", "status"),
    [
        ("captured", OrderStatus.PROCESSING),
        ("paid", OrderStatus.PROCESSING),
        ("", OrderStatus.PENDING),
        ("declined", OrderStatus.PENDING),
        (None, OrderStatus.PENDING),
        ({"odd": 1}, OrderStatus.PENDING),
    ],
)
def test_an_unknown_status_counts_by_whether_money_came(
    payment: object, status: OrderStatus
) -> None:
    found = mapped(order(status_id=77, status="On the moon", payment_status=payment))
    assert found.status is status
    assert found.source_status == "On the moon"


def test_a_shop_may_map_its_statuses_by_id_or_name() -> None:
    assert mapped(order(), status_map={"11": "pending"}).status is OrderStatus.PENDING
    by_name = {"Awaiting Fulfillment": "shipped"}
    assert mapped(order(), status_map=by_name).status is OrderStatus.SHIPPED
    with pytest.raises(Permanent, match="choose one of"):
        mapped(order(), status_map={"11": "lost"})


def test_an_order_without_status_is_refused_with_a_reason() -> None:
    with pytest.raises(BadRecord, match="no status_id"):
        mapped(order(status_id=None))


def test_the_total_stays_and_refunds_stand_beside_it() -> None:
    found = mapped(order(status_id=14, refunds=[refund(), refund(id=91)]))
    assert found.total == Decimal("49.20")
    assert found.refunded_total == Decimal("9.00")
    assert [one.external_id for one in found.refunds] == ["90", "91"]
    assert found.refunds[0].created_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert found.refunds[0].reason == "chipped"


def test_refunds_that_reach_the_total_make_an_order_refunded_unless_it_was_cancelled() -> None:
    whole = [refund(total_amount=Decimal("49.2"), payments=[])]
    assert mapped(order(status_id=10, refunds=whole)).status is OrderStatus.REFUNDED
    assert mapped(order(status_id=5, refunds=whole)).status is OrderStatus.CANCELLED


def test_a_refund_whose_payment_was_declined_gave_nothing_back() -> None:
    declined = refund(payments=[{"amount": Decimal("4.5"), "is_declined": True}])
    assert mapped(order(refunds=[declined])).refunds == ()
    half = refund(payments=[{"amount": Decimal("2"), "is_declined": True}])
    assert mapped(order(refunds=[half])).refunded_total == Decimal("2.50")


def test_a_guest_is_known_by_the_billing_address() -> None:
    found = mapped(order(customer_id=0))
    assert found.customer_external_id is None
    assert found.email == "ines@example.org"
    assert found.full_name == "Ines Roth"
    assert found.phone == "937-555-0144"
    assert found.billing_address is not None
    assert found.billing_address.country_code == "US"


def test_the_shipping_address_is_the_first_consignments() -> None:
    found = mapped(order())
    assert found.shipping_address is not None
    assert found.shipping_address.city == "Columbus"


def test_an_order_is_in_the_currency_the_shopper_paid_in_not_the_one_shown() -> None:
    found = mapped(
        order(
            currency_code="JPY",
            currency_exchange_rate="150.0000000000",
            default_currency_code="EUR",
            store_default_currency_code="USD",
            total_inc_tax="49.2000",
        )
    )
    assert (found.currency, found.total) == ("EUR", Decimal("49.20"))


def test_an_order_without_currency_is_in_the_stores() -> None:
    assert mapped(order(default_currency_code=None, currency_code="")).currency == "USD"


def test_lines_name_variants_and_are_net_after_discounts() -> None:
    reduced = line(
        applied_discounts=[{"id": "coupon", "amount": "4.0000"}],
        discounted_total_inc_tax="39.2000",
    )
    free_text = line(id=62, product_id=0, variant_id=None, sku="", name="Engraving", quantity="1")
    first, second = mapped(order(consignments=consignments(reduced, free_text))).lines
    assert first.product_external_id == "80"
    assert first.quantity == 2
    assert first.unit_price == Decimal("20.0000")
    assert first.total == Decimal("36.00")
    assert first.tax == Decimal("3.20")
    assert second.product_external_id is None
    assert second.sku is None


def test_lines_of_every_kind_of_consignment_are_read_and_of_the_older_shape() -> None:
    spread = {
        "shipping": [{"line_items": [line()]}],
        "pickups": [{"line_items": [line(id=2)]}],
        "downloads": [{"line_items": [line(id=3)]}],
        "email": {"gift_certificates": [{"line_items": [line(id=4)]}]},
    }
    for shape in (spread, [spread]):
        found = mapped(order(consignments=shape))
        assert [one.external_id for one in found.lines] == ["61", "2", "3", "4"]


def test_the_first_parcel_gives_tracking_number_and_date() -> None:
    parcels = [
        {"id": 12, "date_created": "Thu, 05 Mar 2026 08:00:00 +0000", "tracking_number": "B"},
        {"id": 9, "date_created": "Wed, 04 Mar 2026 08:00:00 +0000", "tracking_number": "A"},
    ]
    found = mapped(order(status_id=3, shipments=parcels))
    assert found.tracking_number == "A"
    assert found.shipped_date == datetime(2026, 3, 4, 8, tzinfo=UTC)


def test_an_archived_order_is_a_tombstone_unless_the_shop_says_otherwise() -> None:
    archived = mapped(order(is_deleted=True, status_id=10))
    assert archived.is_deleted
    assert archived.status is OrderStatus.CANCELLED
    kept = mapped(order(is_deleted=True, status_id=10), archived_orders="keep")
    assert not kept.is_deleted
    assert kept.status is OrderStatus.DELIVERED
    with pytest.raises(Permanent, match="archived_orders"):
        mapped(order(), archived_orders="burn")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"total_inc_tax": "lots"}, "total_inc_tax is no amount"),
        ({"total_inc_tax": 49.2}, "not a decimal"),
        ({"total_inc_tax": "99999999999999"}, "out of range"),
        ({"total_inc_tax": "-1.0000"}, "negative"),
        ({"date_created": "the other day"}, "date_created is not a time"),
        ({"date_created": None}, "date_created is missing"),
        ({"date_created": 1772359200}, "date_created is no text"),
        ({"id": None}, "order id is missing"),
        ({"default_currency_code": "dollars"}, "not an ISO code"),
        ({"products": ["a jug"]}, "no JSON object"),
        ({"products": [line(quantity="two")]}, "line.quantity is no number"),
        ({"refunds": [refund(id=None)]}, "a refund has no id"),
        ({"billing_address": place(email="a\x00b")}, "NUL"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_a_reason(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadRecord, match=reason):
        mapped(order(**changes))
