"""Tokens: sent, fetched, renewed, and never shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from fixtures.shopify.payloads import customer, page
from fixtures.shopify.reading import ids, read
from fixtures.shopify.scripted import Answer, Request, ScriptedStore, data

from connectors.crm.vault import UnsavedVault
from connectors.errors import AuthFailed, DatabaseError, Permanent, StoreError
from connectors.records import Stream
from connectors.services import Services
from connectors.shopify.client import ShopifyConnector

Connect = Callable[..., ShopifyConnector]
APP = {"client_id": "0a1b2c3d4e5f", "client_secret": "shpss_fedcba9876543210"}
STATIC = "shpat_0123456789abcdef0123456789abcdef"
OFFLINE = {**APP, "refresh_token": "shprt_0000000000000000"}


def granted(token: str, seconds: int = 86_399) -> Answer:
    return Answer({"access_token": token, "scope": "read_orders", "expires_in": seconds})


def refreshed(number: int, **changes: Any) -> Answer:
    body = {
        "access_token": f"shpat_access{number}",
        "scope": "read_orders",
        "expires_in": 3_600,
        "refresh_token": f"shprt_refresh{number}",
        "refresh_token_expires_in": 7_776_000,
    }
    return Answer({**body, **changes})


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
    shop.will("token", echo)
    connector = connect({"access_token": STATIC, **APP})
    with pytest.raises(StoreError) as raised:
        read(connector, Stream.CUSTOMERS)
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr(connector)
    assert [secret for secret in secrets if secret in shown] == []


def test_a_refresh_token_buys_a_pair_and_the_next_renewal_spends_the_new_one(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    shop.will("token", refreshed(1), refreshed(2))
    shop.will("Customers", data(customers=page(customer())))
    connector = connect(OFFLINE)
    read(connector, Stream.CUSTOMERS)
    clock.now += 3_600 - 361
    read(connector, Stream.CUSTOMERS)
    clock.now += 2
    read(connector, Stream.CUSTOMERS)
    assert tokens_sent(shop) == ["shpat_access1", "shpat_access1", "shpat_access2"]
    first, second = (parse_qs(request.text) for request in shop.asked("token"))
    assert first == {
        "grant_type": ["refresh_token"],
        **{name: [value] for name, value in OFFLINE.items()},
    }
    assert second["refresh_token"] == ["shprt_refresh1"]


def noted(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_noted_token_is_used_until_shortly_before_its_end(
    shop: ScriptedStore, connect: Connect, clock: Any
) -> None:
    shop.will("token", refreshed(1))
    shop.will("Customers", data(customers=page(customer())))
    known = {"access_token": "shpat_noted", "access_token_expires_at": noted(1_000)}
    connector = connect({**OFFLINE, **known})
    read(connector, Stream.CUSTOMERS)
    assert shop.asked("token") == []
    clock.now += 700
    read(connector, Stream.CUSTOMERS)
    assert tokens_sent(shop) == ["shpat_noted", "shpat_access1"]


@pytest.mark.parametrize("end", [None, "", "soon", "99999999999999999999", "0001-01-01T00:00:00Z"])
def test_a_token_whose_end_nobody_knows_is_renewed_first(
    shop: ScriptedStore, connect: Connect, end: str | None
) -> None:
    shop.will("token", refreshed(1))
    shop.will("Customers", data(customers=page(customer())))
    known = {"access_token": "shpat_old"} | ({"access_token_expires_at": end} if end else {})
    read(connect({**OFFLINE, **known}), Stream.CUSTOMERS)
    assert tokens_sent(shop) == ["shpat_access1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_in": None},
        {"expires_in": "3600"},
        {"expires_in": -5},
        {"expires_in": 10**30},
        {"refresh_token": None},
        {"refresh_token": ""},
        {"scope": None},
        {"scope": 7},
    ],
)
def test_an_answer_that_lacks_something_neither_ends_the_renewals_nor_the_reading(
    shop: ScriptedStore, connect: Connect, clock: Any, changes: dict[str, Any]
) -> None:
    shop.will("token", refreshed(1, **changes), refreshed(2))
    shop.will("Customers", data(customers=page(customer())))
    connector = connect(OFFLINE)
    read(connector, Stream.CUSTOMERS)
    clock.now += 366 * 86_400
    read(connector, Stream.CUSTOMERS)
    assert tokens_sent(shop) == ["shpat_access1", "shpat_access2"]
    kept = changes.get("refresh_token", "shprt_refresh1") or OFFLINE["refresh_token"]
    assert parse_qs(shop.asked("token")[1].text)["refresh_token"] == [kept]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": "invalid_grant"}, r"Install the app on the store again.*storeloom store add"),
        ({"error": "invalid_request"}, r"refuses the refresh token"),
        ({"error": "invalid_client"}, r"does not know this client_id"),
        ("no JSON at all", r"refuses the refresh token"),
    ],
)
def test_a_refused_refresh_token_ends_the_reading_at_once_and_says_what_to_do(
    shop: ScriptedStore, connect: Connect, body: Any, told: str
) -> None:
    shop.will("token", Answer(body, status=400))
    with pytest.raises(AuthFailed, match=told):
        read(connect(OFFLINE), Stream.CUSTOMERS)
    assert len(shop.requests) == 1


def test_trouble_at_the_token_endpoint_is_asked_again_with_the_same_refresh_token(
    shop: ScriptedStore, connect: Connect
) -> None:
    shop.will("token", Answer({}, status=520), Answer({}, status=503), Answer([]), refreshed(1))
    shop.will("Customers", data(customers=page(customer())))
    assert ids(read(connect(OFFLINE), Stream.CUSTOMERS)) == ["7001"]
    spent = {parse_qs(request.text)["refresh_token"][0] for request in shop.asked("token")}
    assert spent == {OFFLINE["refresh_token"]}


def test_a_renewed_token_is_kept_out_of_messages_like_the_first(
    shop: ScriptedStore, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    fresh = ["shpat_access1", "shprt_refresh1"]
    shop.will("token", refreshed(1))
    shop.will("Customers", Answer({"errors": [{"message": f"bad {' '.join(fresh)}"}]}, status=400))
    connector = connect(OFFLINE)
    with pytest.raises(StoreError) as raised:
        read(connector, Stream.CUSTOMERS)
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr(connector)
    assert [secret for secret in [*fresh, *OFFLINE.values()] if secret in shown] == []


def test_a_vault_has_the_pair_before_it_is_sent(shop: ScriptedStore, connect: Connect) -> None:
    vault = UnsavedVault(OFFLINE)
    kept: list[str] = []

    def judge(request: Request) -> Answer:
        kept.append(vault.values["access_token"])
        return data(customers=page(customer()))

    shop.will("token", refreshed(1))
    shop.will("Customers", judge)
    read(connect(OFFLINE, services=Services(vault=vault)), Stream.CUSTOMERS)
    assert kept == ["shpat_access1"]
    assert vault.values["refresh_token"] == "shprt_refresh1"


def test_what_cannot_be_kept_is_not_used(shop: ScriptedStore, connect: Connect) -> None:
    class Full(UnsavedVault):
        def replace(self, values: Mapping[str, str]) -> None:
            raise DatabaseError(f"the disk is full, {len(values)} values are not kept")

    shop.will("token", refreshed(1))
    with pytest.raises(DatabaseError, match="full"):
        read(connect(OFFLINE, services=Services(vault=Full(OFFLINE))), Stream.CUSTOMERS)
    assert tokens_sent(shop) == []


@pytest.mark.parametrize("token", ["shpat_…", "shpat_a\nb", "shpat\u00e9"])
def test_a_token_with_impossible_characters_is_named_before_anything_is_sent(
    shop: ScriptedStore, connect: Connect, token: str
) -> None:
    with pytest.raises(AuthFailed, match="characters that no token has"):
        connect({"access_token": token})


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "storeloom store add kettles"), (402, "frozen"), (423, "locked"), (403, "permissions")],
)
def test_a_door_that_is_shut_is_knocked_at_once_and_said_why(
    shop: ScriptedStore, connect: Connect, status: int, told: str
) -> None:
    shop.will("Customers", Answer({"errors": "no"}, status=status))
    with pytest.raises(Permanent, match=rf"{told}.*{status}|{status}.*{told}"):
        read(connect(), Stream.CUSTOMERS)
    assert len(shop.requests) == 1


def test_a_token_somebody_entered_is_used_until_it_is_refused_and_then_replaced(
    shop: ScriptedStore, connect: Connect
) -> None:
    def judge(request: Request) -> Answer:
        if request.headers["X-Shopify-Access-Token"] == "shpat_first":
            return data(customers=page(customer()))
        return Answer({"errors": "[API] Invalid API key or access token"}, status=401)

    shop.will("Customers", data(customers=page(customer())), judge)
    shop.will("token", granted("shpat_first"))
    connector = connect({"access_token": STATIC, **APP})
    read(connector, Stream.CUSTOMERS)
    assert shop.asked("token") == []
    assert ids(read(connector, Stream.CUSTOMERS)) == ["7001"]
    assert tokens_sent(shop) == [STATIC, STATIC, "shpat_first"]
