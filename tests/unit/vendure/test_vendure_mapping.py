from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import StoreConfig
from connectors.errors import BadRecord, Permanent
from connectors.records import Customer, Order, OrderStatus, Product, Record, Stream
from connectors.vendure.mapping import remap
from connectors.vendure.payloads import CONTEXT_FIELD

EARLY, LATE, LATEST = "2026-03-01T10:00:00.000Z", "2026-03-02T10:00:00.000Z", "2026-03-03T10:00:00Z"
Payload = dict[str, Any]


def config(**settings: Any) -> StoreConfig:
    return StoreConfig(
        id="1",
        organization_id="2",
        key="shop",
        platform="vendure",
        base_url="https://shop.example",
        settings=settings,
    )


def order_payload(**fields: Any) -> Payload:
    return {
        "id": "7",
        "createdAt": EARLY,
        "updatedAt": EARLY,
        "orderPlacedAt": LATE,
        "code": "ABC",
        "type": "Regular",
        "state": "PaymentSettled",
        "currencyCode": "USD",
        "subTotal": 10000,
        "shipping": 500,
        "total": 10500,
        "totalWithTax": 12500,
        "customer": {
            "id": "3",
            "firstName": "Ada",
            "lastName": "Byron",
            "emailAddress": "ada@example.com",
            "phoneNumber": None,
        },
        "billingAddress": None,
        "shippingAddress": {"fullName": "Ada B.", "countryCode": "GB", "phoneNumber": "123"},
        "lines": [line()],
        "payments": [payment(12500)],
        "fulfillments": [],
        "surcharges": [],
        "discounts": [],
        **fields,
    }


def line(**fields: Any) -> Payload:
    return {
        "id": "1",
        "updatedAt": EARLY,
        "quantity": 2,
        "orderPlacedQuantity": 2,
        "unitPrice": 5000,
        "proratedLinePrice": 10000,
        "lineTax": 2000,
        "productVariant": {"id": "5", "name": "Chair", "sku": "C-1"},
        **fields,
    }


def payment(amount: int, *refunds: Payload, state: str = "Settled") -> Payload:
    return {
        "id": f"p{amount}",
        "updatedAt": LATE,
        "state": state,
        "amount": amount,
        "refunds": list(refunds),
    }


def refund(total: int, state: str = "Settled", at: str = LATEST) -> Payload:
    return {
        "id": f"r{total}",
        "createdAt": LATE,
        "updatedAt": at,
        "state": state,
        "total": total,
        "reason": "",
    }


def fulfillment(state: str, at: str = LATEST, code: str = "T") -> Payload:
    return {"id": "f", "createdAt": LATE, "updatedAt": at, "state": state, "trackingCode": code}


def order(settings: dict[str, Any] | None = None, **fields: Any) -> Order:
    found = remap(Stream.ORDERS, order_payload(**fields), config(**(settings or {})))
    assert isinstance(found, Order)
    return found


def variant_payload(**fields: Any) -> Payload:
    return {
        "id": "9",
        "createdAt": EARLY,
        "updatedAt": LATE,
        "name": "Chair red",
        "sku": "C-R",
        "enabled": True,
        "price": 1999,
        "priceWithTax": 2399,
        "currencyCode": "EUR",
        "facetValues": [],
        "product": {
            "id": "4",
            "updatedAt": EARLY,
            "name": "Chair",
            "description": "<p>To sit.</p>",
            "enabled": True,
            "facetValues": [],
        },
        **fields,
    }


def variant(settings: dict[str, Any] | None = None, **fields: Any) -> Product:
    found = remap(Stream.PRODUCTS, variant_payload(**fields), config(**(settings or {})))
    assert isinstance(found, Product)
    return found


def customer(**fields: Any) -> Customer:
    payload = {
        "id": "3",
        "createdAt": EARLY,
        "firstName": " Ada ",
        "lastName": "",
        "emailAddress": "ada@example.com",
        "phoneNumber": "",
        "user": None,
        "addresses": [],
        **fields,
    }
    found = remap(Stream.CUSTOMERS, payload, config())
    assert isinstance(found, Customer)
    return found


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("PaymentAuthorized", OrderStatus.PROCESSING),
        ("PaymentSettled", OrderStatus.PROCESSING),
        ("Modifying", OrderStatus.PROCESSING),
        ("ArrangingAdditionalPayment", OrderStatus.PROCESSING),
        ("PartiallyShipped", OrderStatus.PROCESSING),
        ("Shipped", OrderStatus.SHIPPED),
        ("PartiallyDelivered", OrderStatus.SHIPPED),
        ("Delivered", OrderStatus.DELIVERED),
        ("Cancelled", OrderStatus.CANCELLED),
        ("ArrangingPayment", OrderStatus.PENDING),
    ],
)
def test_each_state_has_its_status(state: str, status: OrderStatus) -> None:
    found = order(state=state)
    assert (found.status, found.source_status) == (status, state)


def test_a_state_of_the_shops_own_is_read_by_whether_the_order_is_paid() -> None:
    assert order(state="Engraving").status is OrderStatus.PROCESSING
    assert order(state="Engraving", payments=[]).status is OrderStatus.PENDING
    mapped = order({"status_map": {"Engraving": "shipped"}}, state="Engraving")
    assert mapped.status is OrderStatus.SHIPPED


@pytest.mark.parametrize("state", ["Draft", "AddingItems", "ArrangingPayment", "Cancelled"])
def test_what_was_never_placed_is_no_order(state: str) -> None:
    payload = order_payload(state=state, orderPlacedAt=None)
    assert remap(Stream.ORDERS, payload, config()) is None


def test_amounts_are_exact_and_add_up() -> None:
    found = order(discounts=[{"amount": -300}, {"amount": -1}])
    assert (found.total, found.subtotal, found.shipping, found.tax) == (
        Decimal("125.00"),
        Decimal("100.00"),
        Decimal("5.00"),
        Decimal("20.00"),
    )
    assert found.discount == Decimal("3.01")
    assert found.lines[0].unit_price == Decimal("50.00")


def test_a_full_refund_makes_an_order_refunded_whatever_its_state() -> None:
    found = order(state="Delivered", payments=[payment(12500, refund(12000), refund(500))])
    assert found.status is OrderStatus.REFUNDED
    assert found.refunded_total == Decimal("125.00")
    assert [one.amount for one in found.refunds] == [Decimal("120.00"), Decimal("5.00")]


def test_a_partial_refund_keeps_the_status() -> None:
    found = order(payments=[payment(12500, refund(12499))])
    assert (found.status, found.refunded_total) == (OrderStatus.PROCESSING, Decimal("124.99"))


@pytest.mark.parametrize("state", ["Pending", "Failed"])
def test_a_refund_whose_money_has_not_gone_back_does_not_count(state: str) -> None:
    found = order(payments=[payment(12500, refund(12500, state))])
    assert (found.status, found.refunded_total, found.refunds) == (
        OrderStatus.PROCESSING,
        Decimal("0.00"),
        (),
    )


def test_money_for_a_cancelled_piece_is_not_taken_off_the_lowered_total_again() -> None:
    # Paid 200.00, one of two pieces cancelled (the total fell to 100.00), its 100.00 given back.
    found = order(totalWithTax=10000, payments=[payment(20000, refund(10000))])
    assert (found.status, found.total, found.refunded_total) == (
        OrderStatus.PROCESSING,
        Decimal("100.00"),
        Decimal("0.00"),
    )
    more = order(totalWithTax=10000, payments=[payment(20000, refund(10000), refund(2500))])
    assert more.refunded_total == Decimal("25.00")


def test_cancelled_wins_over_refunded_and_shows_what_was_ordered() -> None:
    found = order(
        state="Cancelled",
        totalWithTax=500,
        total=500,
        subTotal=0,
        lines=[line(quantity=0, proratedLinePrice=0, lineTax=0)],
        payments=[payment(12500, refund(12500))],
    )
    assert found.status is OrderStatus.CANCELLED
    assert (found.total, found.refunded_total) == (Decimal("5.00"), Decimal("5.00"))
    assert found.lines[0].quantity == 2


def test_a_surcharge_is_a_line_without_a_product() -> None:
    charge = {
        "id": "1",
        "updatedAt": EARLY,
        "description": "Gift wrap",
        "sku": None,
        "price": 400,
        "priceWithTax": 480,
    }
    found = order(surcharges=[charge]).lines[1]
    assert (found.name, found.total, found.tax, found.product_external_id) == (
        "Gift wrap",
        Decimal("4.00"),
        Decimal("0.80"),
        None,
    )


def test_the_time_of_change_is_the_latest_of_all_parts() -> None:
    at = datetime(2026, 3, 3, 10, tzinfo=UTC)
    parts: list[Payload] = [
        {"payments": [payment(12500, refund(1))]},
        {"fulfillments": [fulfillment("Pending")]},
        {"lines": [line(updatedAt=LATEST)]},
        {"updatedAt": LATEST},
        {"orderPlacedAt": LATEST},
    ]
    assert [order(**part).source_updated_at for part in parts] == [at] * len(parts)


def test_shipping_and_delivery_times_come_from_the_fulfillments() -> None:
    found = order(
        state="Delivered",
        fulfillments=[
            fulfillment("Cancelled", code="WRONG"),
            fulfillment("Delivered", code=""),
            fulfillment("Delivered", at=LATE, code="RIGHT"),
        ],
    )
    assert found.shipped_date == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert found.delivered_date == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert found.tracking_number == "RIGHT"
    assert order(fulfillments=[fulfillment("Pending")]).shipped_date is None


def test_the_order_of_a_deleted_customer_carries_nothing_personal() -> None:
    found = order(customer=None, billingAddress={"fullName": "Ada", "phoneNumber": "5"})
    person = (found.customer_external_id, found.email, found.phone, found.full_name)
    assert person == (None, None, None, None)
    assert (found.billing_address, found.shipping_address) == (None, None)


def test_a_buyer_without_a_number_is_reached_at_the_one_of_the_parcel() -> None:
    found = order()
    assert (found.phone, found.full_name, found.email) == ("123", "Ada Byron", "ada@example.com")


def test_units_follow_the_servers_precision_and_only_on_demand_the_currency() -> None:
    yen: Payload = {"currencyCode": "JPY", "totalWithTax": 300000}
    assert order(**yen).total == Decimal("3000.00")
    assert order({"minor_units": "currency"}, **yen).total == Decimal("300000.00")
    dinar: Payload = {"currencyCode": "KWD", "totalWithTax": 12345}
    assert order({"minor_units": "currency"}, **dinar).total == Decimal("12.35")
    precise: Payload = {CONTEXT_FIELD: {"moneyPrecision": 3}, "totalWithTax": 12345}
    assert order(**precise).total == Decimal("12.35")


def test_an_amount_the_crm_cannot_hold_is_refused_by_itself() -> None:
    with pytest.raises(BadRecord, match="total"):
        order(totalWithTax=10**15)


def test_a_variants_price_is_the_one_people_typed() -> None:
    assert variant().price == Decimal("19.99")
    gross = variant(**{CONTEXT_FIELD: {"moneyPrecision": 2, "pricesIncludeTax": True}})
    assert gross.price == Decimal("23.99")


def test_a_variant_is_offered_only_with_its_product() -> None:
    assert variant().is_active
    assert not variant(enabled=False).is_active
    hidden = {**variant_payload()["product"], "enabled": False, "updatedAt": LATEST}
    found = variant(product=hidden)
    assert not found.is_active
    assert found.source_updated_at == datetime(2026, 3, 3, 10, tzinfo=UTC)


def test_a_variants_category_is_its_own_facet_value_or_its_products() -> None:
    def value(identifier: str, name: str, facet: str) -> Payload:
        return {"id": identifier, "name": name, "facet": {"code": facet}}

    found = [value("10", "Chairs", "category"), value("9", "Furniture", "category")]
    product = {**variant_payload()["product"], "facetValues": [*found, value("1", "Oak", "wood")]}
    assert variant(product=product).category == "Furniture"
    assert variant({"category_facet": "wood"}, product=product).category == "Oak"
    assert variant().category is None


def test_a_variant_without_any_name_is_refused() -> None:
    nameless = {**variant_payload()["product"], "name": ""}
    assert variant(name=" ", product=nameless).name == "C-R"
    with pytest.raises(BadRecord):
        variant(name="", sku="", product=nameless)


def test_an_unverified_login_keeps_its_address_out_of_identity_a_guest_does_not() -> None:
    assert customer().email_verified
    assert customer(user={"verified": True}).email_verified
    assert not customer(user={"verified": False}).email_verified


def test_the_billing_default_is_the_customers_address() -> None:
    def place(identifier: str, **flags: Any) -> Payload:
        return {"id": identifier, "streetLine1": identifier, "country": {"code": "AT"}, **flags}

    addresses = [
        place("10"),
        place("9"),
        place("11", defaultShippingAddress=True),
        place("12", defaultBillingAddress=True, company="Acme"),
    ]
    chosen = [customer(addresses=addresses[: count + 1]).address for count in range(4)]
    assert [one.line1 if one else None for one in chosen] == ["10", "9", "11", "12"]
    assert customer(addresses=addresses).company_name == "Acme"
    assert customer().address is None


def test_empty_texts_are_nothing() -> None:
    found = customer(lastName="", phoneNumber="")
    assert (found.full_name, found.phone, found.source_updated_at) == ("Ada", None, None)


@pytest.mark.parametrize("wrong", [{"status_map": {"Shipped": "sent"}}, {"minor_units": "x"}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Permanent):
        remap(Stream.ORDERS, order_payload(), config(**wrong))


def test_the_first_wrong_field_is_named() -> None:
    with pytest.raises(BadRecord) as caught:
        order(lines=[line(quantity="two")])
    assert "lines" in str(caught.value.field)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(EARLY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    stream=st.sampled_from(list(Stream)),
    changes=st.dictionaries(
        st.sampled_from(sorted({*order_payload(), *variant_payload(), "user", "addresses"})),
        JSON,
        max_size=4,
    ),
)
def test_any_payload_becomes_a_record_or_a_reason(stream: Stream, changes: Payload) -> None:
    base = variant_payload() if stream is Stream.PRODUCTS else order_payload()
    for payload in ({**base, **changes}, changes, list(changes.values())):
        with contextlib.suppress(BadRecord):
            found: Record | None = remap(stream, payload, config())
            assert found is None or found.external_id
