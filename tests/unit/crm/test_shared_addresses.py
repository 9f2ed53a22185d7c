"""Addresses of several people."""

from __future__ import annotations

import pytest

from connectors.crm.people import GUESTS, buyer_of
from connectors.crm.shared_addresses import SharedAddresses, declared, families, name_key
from tests.integration.load.memory_store import order

SHARED = SharedAddresses(
    declared=declared(["@POS.example", "kasse@", "Till@shop.example"]),
    observed=frozenset({"three@families.example"}),
)


@pytest.mark.parametrize(
    ("email", "is_shared"),
    [
        ("office@acme.example", True),
        ("no-reply@market.example", True),
        ("none@none.com", True),
        ("anything@pos.example", True),
        ("kasse@acme.example", True),
        ("till@shop.example", True),
        ("three@families.example", True),
        ("ann@acme.example", False),
        ("officer@acme.example", False),
        ("till@other.example", False),
        # One alias a buyer: they tell people apart.
        ("q8xw4z2k1b@marketplace.amazon.de", False),
        ("buyer_1234@members.ebay.com", False),
        ("dpdcnf87nu@privaterelay.appleid.com", False),
        ("djxwdxx7wut5cg5pmmm76gaj@scs.tiktokw.us", False),
    ],
)
def test_what_stands_for_several_people_is_known(email: str, *, is_shared: bool) -> None:
    assert (email in SHARED) is is_shared


def test_a_shared_address_identifies_together_with_the_name() -> None:
    guest = buyer_of(
        order("1", email="Office@Acme.example", full_name="Zoe  LEE"), country=None, shared=SHARED
    )

    assert guest.key == (GUESTS, "email:office@acme.example|zoe lee")
    assert guest.email_identity == "office@acme.example|zoe lee"
    assert guest.email == "Office@Acme.example"


def test_a_shared_address_without_a_name_identifies_nobody() -> None:
    nameless = order("1", email="office@acme.example")
    assert buyer_of(nameless, country=None, shared=SHARED).key == (GUESTS, "order:1")
    with_phone = order("1", email="office@acme.example", phone="+15125550123")
    assert buyer_of(with_phone, country=None, shared=SHARED).key == (GUESTS, "phone:+15125550123")


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["ann lee", "lee, ann", "bob lee"], 1),
        (["ann lee", "bob kay"], 2),
        (["ann lee", "bob kay", "cy dee"], 3),
        (["ann lee", "cy dee", "ann dee"], 1),
        (["zoë groß", "zoe gross"], 1),
        ([], 0),
    ],
)
def test_names_that_share_a_word_are_one_family(names: list[str], count: int) -> None:
    assert families(names) == count


def test_a_name_is_compared_without_case_and_spaces() -> None:
    assert name_key("  Jürgen   GROẞ ") == name_key("jürgen groß")
    assert name_key("  ") is None
    assert name_key(None) is None
