"""Postal addresses in the two spellings of BigCommerce's APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.bigcommerce.values import full_name, text
from connectors.records import Address


def customer_address(entry: Mapping[str, Any]) -> Address | None:
    """Return an address as v3 customers print them, None when there is no place in it."""
    return _address(entry, "address1", "address2", "state_or_province", "postal_code")


def order_address(entry: Mapping[str, Any]) -> Address | None:
    """Return an address as v2 orders print them, None when there is no place in it."""
    return _address(entry, "street_1", "street_2", "state", "zip")


def _address(
    entry: Mapping[str, Any], line1: str, line2: str, region: str, postal_code: str
) -> Address | None:
    country = text(entry.get("country_code")) or text(entry.get("country_iso2"))
    places = [text(entry.get(name)) for name in (line1, line2, "city", region, postal_code)]
    if not (country or any(places)):
        return None
    return Address(
        name=full_name(entry.get("first_name"), entry.get("last_name")),
        company=text(entry.get("company")),
        line1=places[0],
        line2=places[1],
        city=places[2],
        region=places[3],
        postal_code=places[4],
        country_code=country or text(entry.get("country")),
        phone=text(entry.get("phone")),
    )
