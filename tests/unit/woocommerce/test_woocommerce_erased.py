"""What WordPress's personal data eraser leaves is told from somebody who typed little."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures.woocommerce.payloads import config, customer, nobody, order, person

from connectors.records import Customer, Order, Stream
from connectors.woocommerce.mapping import remap

# As wp_privacy_anonymize_data leaves an order's fields; what was empty stays so.
ERASED = {
    "first_name": "[deleted]",
    "last_name": "[deleted]",
    "address_1": "[deleted]",
    "city": "[deleted]",
    "postcode": "[deleted]",
    "state": "",
    "country": "",
    "phone": "00 0000 0000",
    "email": "deleted@site.invalid",
}


def is_redacted(billing: Any, **changes: Any) -> bool:
    found = remap(Stream.ORDERS, order(billing=billing, customer_id=0, **changes), config())
    assert isinstance(found, Order)
    return found.is_redacted


@pytest.mark.parametrize(
    "billing",
    [
        person(**ERASED),
        # A shop in another language writes other words, and the same address.
        person(**{**ERASED, "first_name": "[gelöscht]", "last_name": "[gelöscht]"}),
        {**nobody(), "email": "Deleted@Site.Invalid"},
        {**nobody(), "first_name": "[deleted]"},
    ],
)
def test_an_erased_order_says_so(billing: Any) -> None:
    assert is_redacted(billing)


@pytest.mark.parametrize(
    "billing",
    [
        person(),
        nobody(),
        [],
        None,
        "",
        False,
        {},
        person(email="someone@other.invalid"),
        person(email="zoe@example.org", first_name="[deleted]"),
        person(email="site.invalid@example.org"),
    ],
)
def test_whoever_typed_little_or_may_not_be_seen_is_not_erased(billing: Any) -> None:
    assert not is_redacted(billing)


def test_a_customer_is_erased_once_his_address_is() -> None:
    for address, said in (("deleted@site.invalid", True), ("zoe@example.org", False), ("", False)):
        found = remap(Stream.CUSTOMERS, customer(email=address, billing=nobody()), config())
        assert isinstance(found, Customer)
        assert found.is_redacted is said
