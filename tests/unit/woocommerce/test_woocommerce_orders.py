from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from fixtures.woocommerce.payloads import config, line, nobody, order, person
from hypothesis import given
from hypothesis import strategies as st

from connectors.decoding import decode
from connectors.errors import BadRecord, Permanent
from connectors.records import Order, OrderStatus, Stream
from connectors.woocommerce.mapping import remap, rules_of


def mapped(settings: dict[str, Any] | None = None, **changes: Any) -> Order:
    return cast(Order, remap(Stream.ORDERS, order(**changes), config(**(settings or {}))))


def test_a_plain_order() -> None:
    found = mapped()
    assert (found.external_id, found.order_number) == ("700", "700")
    assert (found.total, found.tax, found.shipping) == (
        Decimal("40.60"),
        Decimal("5.70"),
        Decimal("4.90"),
    )
    assert found.subtotal - found.discount + found.shipping + found.tax == found.total
    assert found.currency == "EUR"
    assert found.customer_external_id == "5"
    assert found.source_status == "processing"
    assert not found.is_deleted


def test_times_are_the_gmt_ones_and_carry_their_zone() -> None:
    found = mapped()
    assert found.order_date == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert found.source_updated_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("slug", "status"),
    [
        ("pending", OrderStatus.PENDING),
        ("on-hold", OrderStatus.PENDING),
        ("processing", OrderStatus.PROCESSING),
        ("completed", OrderStatus.DELIVERED),
        ("cancelled", OrderStatus.CANCELLED),
        ("failed", OrderStatus.CANCELLED),
        ("refunded", OrderStatus.REFUNDED),
        ("wc-completed", OrderStatus.DELIVERED),
    ],
)
def test_statuses(slug: str, status: OrderStatus) -> None:
    assert mapped(status=slug).status is status


def test_a_plugin_s_status_counts_by_payment_and_keeps_its_name() -> None:
    paid = mapped(status="await-ship")
    assert (paid.status, paid.source_status) == (OrderStatus.PROCESSING, "await-ship")
    assert mapped(status="await-ship", date_paid_gmt=None).status is OrderStatus.PENDING


def test_the_store_s_own_map_of_statuses_wins() -> None:
    settings = {"status_map": {"await-ship": "shipped", "wc-on-hold": "processing"}}
    assert mapped(settings, status="await-ship").status is OrderStatus.SHIPPED
    assert mapped(settings, status="on-hold").status is OrderStatus.PROCESSING


def test_a_status_map_to_something_the_crm_does_not_know_names_the_store() -> None:
    with pytest.raises(Permanent, match=r'store "eu-shop": `status_map` maps .*choose one of'):
        rules_of(config(status_map={"await-ship": "sent"}))


def test_a_status_map_that_is_no_object_names_the_store() -> None:
    with pytest.raises(Permanent, match=r'store "eu-shop": `status_map` must be an object'):
        rules_of(config(status_map="await-ship"))


def test_trash_is_a_tombstone() -> None:
    found = mapped(status="trash")
    assert found.is_deleted
    assert found.status is OrderStatus.CANCELLED


def refund(total: Any, identifier: Any = 9) -> dict[str, Any]:
    return {"id": identifier, "reason": "", "total": total}


def test_a_part_refund_leaves_total_and_status() -> None:
    found = mapped(status="completed", refunds=[refund("-10.00"), refund("-0.60", 10)])
    assert (found.total, found.refunded_total) == (Decimal("40.60"), Decimal("10.60"))
    assert found.status is OrderStatus.DELIVERED
    assert [entry.amount for entry in found.refunds] == [Decimal("10.00"), Decimal("0.60")]


def test_refunds_in_another_order_are_the_same_refunds() -> None:
    listed = mapped(refunds=[refund("-0.60", 10), refund("-10.00", 9)])
    by_name = mapped(refunds=[refund("-10.00", 9), refund("-0.60", 10)])
    assert listed == by_name
    assert [entry.external_id for entry in listed.refunds] == ["9", "10"]


def test_refunds_that_reach_the_total_make_it_refunded_whatever_it_says() -> None:
    found = mapped(status="completed", refunds=[refund("-30.00"), refund("-10.60")])
    assert found.status is OrderStatus.REFUNDED
    assert found.total == Decimal("40.60")


def test_cancelled_stands_before_refunded() -> None:
    assert mapped(status="cancelled", refunds=[refund("-40.60")]).status is OrderStatus.CANCELLED


def test_an_order_over_nothing_is_not_refunded() -> None:
    found = mapped(total="0.00", line_items=[], refunds=[refund("0.00")])
    assert found.status is OrderStatus.PROCESSING
    assert found.lines == ()


def test_a_guest_is_known_by_billing() -> None:
    found = mapped(customer_id=0, billing=person(email="guest@example.org"))
    assert found.customer_external_id is None
    assert (found.email, found.full_name, found.phone) == (
        "guest@example.org",
        "Zoë Müller",
        "0221 123456",
    )


@pytest.mark.parametrize("empty", [nobody(), [], None, False, "", {}])
def test_an_order_of_nobody(empty: Any) -> None:
    found = mapped(customer_id="0", billing=empty, shipping=empty)
    assert found.customer_external_id is None
    assert (found.email, found.full_name, found.billing_address) == (None, None, None)


def test_a_line_is_of_the_variation_where_there_is_one() -> None:
    found = mapped(line_items=[line(), line(variation_id=13), line(product_id=0, sku=None)])
    assert [entry.product_external_id for entry in found.lines] == ["12", "13", None]


@pytest.mark.parametrize(
    ("literal", "price"),
    [
        ("10", "10"),
        ("9.99", "9.99"),
        ("33.333333333333336", "33.333333"),
        ('"12.50"', "12.50"),
        ("0.0015", "0.0015"),
    ],
)
def test_a_line_s_price_is_exact_to_six_places(literal: str, price: str) -> None:
    found = mapped(line_items=[line(price=decode(literal.encode()))])
    assert found.lines[0].unit_price == Decimal(price)


@pytest.mark.parametrize(
    ("written", "amount"),
    [("40.6", "40.60"), (40, "40.00"), ("40.605", "40.61"), ("", "0.00"), (None, "0.00")],
)
def test_amounts_as_text_or_number(written: Any, amount: str) -> None:
    assert mapped(total=written).total == Decimal(amount)


def test_ids_and_quantities_as_text_or_number() -> None:
    found = mapped(id="700", customer_id="5", line_items=[line(quantity="2.5", product_id="12")])
    assert (found.external_id, found.customer_external_id) == ("700", "5")
    assert found.lines[0].quantity == Decimal("2.5")
    assert found.lines[0].product_external_id == "12"


def test_a_custom_order_number_is_kept() -> None:
    assert mapped(number="INV-2026-1").order_number == "INV-2026-1"
    assert mapped(number="").order_number == "700"


def test_delivery_is_dated_by_completion() -> None:
    found = mapped(status="completed", date_completed_gmt="2026-03-04T10:00:00")
    assert found.delivered_date == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert mapped(date_completed_gmt="2026-03-04T10:00:00").delivered_date is None
    came_back = mapped(status="refunded", date_completed_gmt="2026-03-04T10:00:00")
    assert came_back.delivered_date == found.delivered_date


@pytest.mark.parametrize("unset", [None, "", "0000-00-00T00:00:00", "-0001-11-30T00:00:00"])
def test_a_change_date_never_set_is_none(unset: Any) -> None:
    assert mapped(date_modified_gmt=unset).source_updated_at is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": None}, "missing_id"),
        ({"status": None}, "missing_status"),
        ({"date_created_gmt": None}, "missing_time"),
        ({"date_created_gmt": "yesterday"}, "bad_time"),
        ({"total": "a lot"}, "bad_amount"),
        ({"total": 40.6}, "bad_amount"),
        ({"total": "99999999999.00"}, "bad_amount"),
        ({"total": "-1.00"}, "bad_amount"),
        ({"currency": "€"}, "bad_currency"),
        ({"line_items": "none"}, "bad_shape"),
        ({"line_items": [line(quantity="many")]}, "bad_quantity"),
        ({"line_items": [line(price="free")]}, "bad_amount"),
        ({"billing": person(email="a\x00b")}, "bad_text"),
        ({"billing": person(first_name="\ud800")}, "bad_text"),
    ],
)
def test_what_cannot_be_mapped_says_why(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRecord) as caught:
        mapped(**changes)
    assert caught.value.code == code


@pytest.mark.parametrize("field", ["price", "quantity"])
def test_a_reason_shows_the_begin_of_what_is_no_number(field: str) -> None:
    with pytest.raises(BadRecord) as caught:
        mapped(line_items=[line(**{field: "z" * 5_000})])
    assert "'zzz" in caught.value.reason
    assert len(caught.value.reason) < 200


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.floats()
    | st.decimals(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(order())), anything, max_size=5))
def test_no_payload_raises_anything_but_bad_record(changes: dict[str, Any]) -> None:
    try:
        found = mapped(**changes)
    except BadRecord:
        return
    assert isinstance(found, Order)
    assert found.total >= 0


def test_a_payload_that_is_no_order_at_all_is_a_bad_record() -> None:
    payloads: tuple[Any, ...] = (None, [], "x", 1)
    for payload in payloads:
        with pytest.raises(BadRecord):
            remap(Stream.ORDERS, payload, config())
