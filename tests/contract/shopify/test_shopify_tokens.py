"""Tokens: sent, fetched, renewed, and never shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from fixtures.shopify.payloads import customer, page
from fixtures.shopify.reading import ids, read
from fixtures.shopify.scripted import Answer, Request, ScriptedStore, data

from connectors.errors import AuthFailed, StoreError
from connectors.records import Stream
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]
APP = {"client_id": "0a1b2c3d4e5f", "client_secret": "shpss_fedcba9876543210"}
STATIC = "shpat_0123456789abcdef0123456789abcdef"


def granted(token: str, seconds: int = 86_399) -> Answer:
    return Answer({"access_token": token, "scope": "read_orders", "expires_in": seconds})


def tokens_sent(shop: ScriptedStore) -> list[str | None]:
    return [
        request.headers.get("X-Shopify-Access-Token")
        for request in shop.requests
        if request.operation != "token"
    ]


def test_a_static_token_travels_in_its_header_to_the_configured_version(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("Customers", data(customers=page(customer())))
    read(connect(api_version="2026-04"), Stream.CUSTOMERS)
    (request,) = shop.requests
    assert request.path == "/admin/api/2026-04/graphql.json"
    assert tokens_sent(shop) == [STATIC]


def test_an_app_fetches_its_token_once_and_keeps_it(shop: ScriptedStore, connect: Connect) -> None:
    shop.will("token", granted("shpat_first"))
    shop.will("Customers", data(customers=page(customer(), cursor="a")), data(customers=page()))
    connector = connect(APP)
    read(connector, Stream.CUSTOMERS)
    (asked,) = shop.asked("token")
    assert asked.path == "/admin/oauth/access_token"
    assert parse_qs(asked.text) == {
        "grant_type": ["client_credentials"],
        **{name: [value] for name, value in APP.items()},
    }
    assert tokens_sent(shop) == ["shpat_first", "shpat_first"]
    assert connector.api_calls == 3


def test_a_token_is_renewed_ahead_of_its_end(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    shop.will("token", granted("shpat_first"), granted("shpat_second"))
    shop.will("Customers", data(customers=page(customer())))
    connector = connect(APP)
    read(connector, Stream.CUSTOMERS)
    clock.now += 86_399 - 601
    read(connector, Stream.CUSTOMERS)
    clock.now += 2
    read(connector, Stream.CUSTOMERS)
    assert tokens_sent(shop) == ["shpat_first", "shpat_first", "shpat_second"]


def test_a_refused_token_is_renewed_once(shop: ScriptedStore, connect: Connect) -> None:
    def judge(request: Request) -> Answer:
        if request.headers["X-Shopify-Access-Token"] == "shpat_second":
            return data(customers=page(customer()))
        return Answer({"errors": "[API] Invalid API key or access token"}, status=401)

    shop.will("token", granted("shpat_first"), granted("shpat_second"))
    shop.will("Customers", judge)
    assert ids(read(connect(APP), Stream.CUSTOMERS)) == ["7001"]
    assert tokens_sent(shop) == ["shpat_first", "shpat_second"]


def test_a_token_that_is_refused_again_ends_the_reading(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("token", granted("shpat_first"), granted("shpat_second"))
    shop.will("Customers", Answer({"errors": "Invalid API key or access token"}, status=401))
    with pytest.raises(AuthFailed, match="401"):
        read(connect(APP), Stream.CUSTOMERS)
    assert len(shop.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_app_is_told_what_to_check(
    shop: ScriptedStore, connect: Connect, status: int
) -> None:
    shop.will("token", Answer({"error": "invalid_client"}, status=status))
    with pytest.raises(AuthFailed, match=r"client_id and client_secret.*invalid_client"):
        read(connect(APP), Stream.CUSTOMERS)


@pytest.mark.parametrize("credentials", [{}, {"client_id": "x"}, {"access_token": " "}])
def test_missing_credentials_are_named(connect: Connect, credentials: dict[str, str]) -> None:
    with pytest.raises(AuthFailed, match="access_token"):
        connect(credentials)


@pytest.mark.parametrize("status", [200, 400, 401, 402, 404, 500])
def test_no_secret_shows_in_what_goes_wrong_even_when_the_store_echoes_it(
    shop: ScriptedStore, connect: Connect, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level("DEBUG")
    secrets = [STATIC, *APP.values()]
    echo = Answer({"errors": [{"message": f"bad {' '.join(secrets)}"}]}, status=status)
    shop.will("Customers", echo)
    connector = connect({"access_token": STATIC, **APP})
    with pytest.raises(StoreError) as raised:
        read(connector, Stream.CUSTOMERS)
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr(connector)
    assert [secret for secret in secrets if secret in shown] == []
