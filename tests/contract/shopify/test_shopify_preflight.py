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
    [("Mon, 02 Nov 2026 12:00:00 GMT", True), ("Sat, 31 Oct 2026 12:00:00 GMT", False)],
)
def test_a_version_is_warned_of_from_sixty_days_before_it_retires(
    shop: ScriptedStore, connect: Connect, date: str, is_warned: bool
) -> None:
    shop.will("Shop", answer(*ALL, version="2026-01", date=date))
    found = connect(api_version="2026-01").probe()
    warnings = [warning for warning in found.warnings if "retire" in warning]
    assert len(warnings) == is_warned
    assert all("about to retire, on 2027-01-01" in warning for warning in warnings)


def test_a_version_that_has_retired_says_so_with_the_day(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Shop", answer(*ALL, version="2026-01"))
    warnings = connect(api_version="2025-07").probe().warnings
    assert "retired on 2026-07-01" in warnings[0]


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_each_version_is_asked_for_by_its_name_and_is_fine_in_its_time(
    shop: ScriptedStore, connect: Connect, version: str
) -> None:
    shop.will("Shop", answer(*ALL, version=version, date="Mon, 05 Oct 2026 12:00:00 GMT"))
    assert connect(api_version=version).probe().warnings == ()
    assert shop.requests[0].path == f"/admin/api/{version}/graphql.json"


def test_the_unstable_version_is_warned_of(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("Shop", answer(*ALL, version="unstable"))
    (warning,) = connect(api_version="unstable").probe().warnings
    assert "without notice" in warning


APP = {"client_id": "0a1b2c3d4e5f", "client_secret": "shpss_fedcba9876543210"}


def granted(scope: str) -> Answer:
    return Answer({"access_token": "shpat_first", "scope": scope, "expires_in": 86_399})


def test_a_token_older_than_the_apps_scopes_is_told_to_be_replaced(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("token", granted("read_customers,read_products"))
    shop.will("Shop", answer(*ALL))
    with pytest.raises(
        AuthFailed, match=r"lacks read_orders\. The app has got it since.*read_products"
    ):
        connect(APP).probe()


def test_scopes_the_token_answer_tells_count_where_shopify_shows_no_installation(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("token", granted("write_orders"))
    shop.will("Shop", Answer({"data": {"shop": SHOP, "currentAppInstallation": None}}))
    with pytest.raises(AuthFailed, match=r"lacks read_customers, read_products\. Grant"):
        connect(APP).probe()


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
