"""E-mails and phones as identity compares them, and who a buyer is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.crm.people import buyer_of, email_key, merged, person_of, phone_e164, settle_phone
from connectors.records import Address, Customer, Order, OrderStatus

AT = datetime(2026, 3, 1, tzinfo=UTC)


def order(**fields: Any) -> Order:
    return Order(
        **{
            "external_id": "1",
            "order_number": "1",
            "status": OrderStatus.PENDING,
            "currency": "USD",
            "total": Decimal(1),
            "order_date": AT,
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("a@b.co", "a@b.co"),
        ("a@localhost", None),
        ("@example.com", None),
        ("ann example@x.com", None),
        ("n/a", None),
        ("deleted@site.invalid", None),
        (f"{'a' * 300}@example.com", None),
        (None, None),
    ],
)
def test_only_an_address_identifies(written: str | None, key: str | None) -> None:
    assert email_key(written) == key


@pytest.mark.parametrize(
    ("written", "country", "e164"),
    [
        ("(512) 555-0123", "US", "+15125550123"),
        ("(512) 555-0123", "us", "+15125550123"),
        ("+49 30 901820", None, "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("030 901820", None, None),
        ("0000000", "US", None),
        ("call me", "US", None),
        ("", "US", None),
        ("(512) 555-0123", "Texas", None),
    ],
)
def test_only_a_number_somebody_could_call_identifies(
    written: str, country: str | None, e164: str | None
) -> None:
    assert phone_e164(written, country) == e164


@given(st.text(), st.one_of(st.none(), st.text(max_size=3)))
def test_no_text_is_too_strange_for_a_key(written: str, country: str | None) -> None:
    key = email_key(written)
    assert key is None or key == email_key(key)
    number = phone_e164(written, country)
    assert number is None or phone_e164(number, None) == number


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"customer_external_id": "7", "email": "a@b.co"}, ("customers", "7")),
        ({"email": " A@B.co "}, ("guests", "email:a@b.co")),
        ({"phone": "+1 512 555 0123"}, ("guests", "phone:+15125550123")),
        ({"billing_address": Address(phone="+15125550123")}, ("guests", "phone:+15125550123")),
        ({"full_name": "Ann"}, ("guests", "order:1")),
        ({"phone": "no idea"}, ("guests", "order:1")),
        ({"billing_address": Address(company="Acme")}, ("guests", "order:1")),
        ({}, ("guests", "walk-in")),
        ({"email": "  ", "full_name": " "}, ("guests", "walk-in")),
        ({"billing_address": Address(country_code="US")}, ("guests", "walk-in")),
    ],
)
def test_a_buyer_is_known_by_the_best_there_is(
    fields: dict[str, Any], key: tuple[str, str]
) -> None:
    assert buyer_of(order(**fields), country=None).key == key


def test_a_national_number_is_read_in_the_country_of_its_address_first() -> None:
    customer = Customer(
        external_id="1", phone="030 901820", address=Address(country_code="DE", city="Berlin")
    )
    assert person_of(customer, country="US", position=0).phone == "+4930901820"


def test_what_is_no_number_is_kept_as_typed() -> None:
    person = person_of(Customer(external_id="1", phone=" ext. 12 "), country="US", position=0)
    assert (person.phone, person.phone_key) == ("ext. 12", None)


def test_several_orders_make_one_buyer_with_the_latest_details_and_all_dates() -> None:
    orders = [
        order(email="a@b.co", full_name="Old", phone="+15125550123", order_date=AT),
        order(email="a@b.co", full_name="New", order_date=AT + timedelta(days=2)),
        order(email="a@b.co", order_date=AT - timedelta(days=1), status=OrderStatus.CANCELLED),
    ]
    (person,) = merged(buyer_of(one, country=None) for one in orders).values()
    settle_phone(person)

    assert (person.full_name, person.phone_key) == ("New", "+15125550123")
    assert (person.first_seen, person.last_seen) == (
        AT - timedelta(days=1),
        AT + timedelta(days=2),
    )
    assert person.has_ordered
