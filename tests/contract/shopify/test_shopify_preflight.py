"""What `storeloom store check` learns of a Shopify store, and settings that make no sense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fixtures.shopify.scripted import Answer, ScriptedStore

from connectors.errors import AuthFailed, Permanent
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector
from connectors.shopify.preflight import granted_scopes

Connect = Callable[..., ShopifyConnector]
SHOP = {"name": "Kettles & Co", "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin"}
ALL = ("read_customers", "read_products", "read_orders", "read_all_orders")


def answer(
    *scopes: str, version: str = "2026-10", date: str = "Sun, 22 Nov 2026 12:00:00 GMT"
) -> Answer:
    installation = {"accessScopes": [{"handle": scope} for scope in scopes]}
    body = {"data": {"shop": SHOP, "currentAppInstallation": installation}}
    return Answer(body, headers=(("X-Shopify-API-Version", version), ("Date", date)))


def test_a_store_tells_name_currency_zone_version_and_clock(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", answer(*ALL))
    found = connect().probe()
    assert (found.name, found.currency, found.time_zone) == ("Kettles & Co", "EUR", "Europe/Berlin")
    assert found.api_version == "2026-10"
    assert found.server_time == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert found.warnings == ()


def test_a_store_that_shows_sixty_days_only_is_warned_of(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", answer(*ALL[:3]))
    (warning,) = connect().probe().warnings
    assert "60 days" in warning
    assert "read_all_orders" in warning


def test_a_missing_scope_is_named(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Shop", answer("read_products", "read_all_orders"))
    with pytest.raises(AuthFailed, match="read_customers, read_orders"):
        connect().probe()


def test_the_right_to_write_contains_the_right_to_read() -> None:
    installation = {"accessScopes": [{"handle": "write_orders"}]}
    assert granted_scopes({"currentAppInstallation": installation}) == {
        "write_orders",
        "read_orders",
    }


def test_another_version_than_asked_for_is_warned_of(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Shop", answer(*ALL, version="2026-04"))
    (warning,) = connect(api_version="2025-07").probe().warnings
    assert "2026-04 instead of 2025-07" in warning


def test_a_currency_other_than_the_registered_one_is_warned_of(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", answer(*ALL))
    (warning,) = connect(currency="USD").probe().warnings
    assert "EUR" in warning
    assert "USD" in warning


@pytest.mark.parametrize(
    ("date", "is_warned"),
    [("Sun, 22 Nov 2026 12:00:00 GMT", True), ("Thu, 22 Oct 2026 12:00:00 GMT", False)],
)
def test_a_version_about_to_retire_is_warned_of(
    shop: ScriptedStore, connect: Connect, date: str, is_warned: bool
) -> None:
    shop.will("Shop", answer(*ALL, version="2026-01", date=date))
    found = connect(api_version="2026-01").probe()
    assert any("retire" in warning for warning in found.warnings) is is_warned


def test_orders_are_not_listed_for_deletes_where_old_ones_are_hidden(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", answer(*ALL[:3]))
    with pytest.raises(AuthFailed, match="read_all_orders"):
        list(connect().list_ids(Stream.ORDERS))


@pytest.mark.parametrize(
    "settings",
    [
        {"api_version": "latest"},
        {"api_version": "2026-10/../x"},
        {"page_size": 0},
        {"page_size": 251},
        {"page_size": "many"},
        {"nested_page_size": True},
        {"status_map": {"PAID": "done"}},
    ],
)
def test_settings_that_make_no_sense_are_refused_before_anything_is_read(
    shop: ScriptedStore, connect: Connect, settings: dict[str, Any]
) -> None:
    with pytest.raises(Permanent, match=f"`{next(iter(settings))}`"):
        connect(**settings)
    assert shop.requests == []
