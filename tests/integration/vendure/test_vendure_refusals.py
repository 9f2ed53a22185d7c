from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from fixtures.vendure.server import PASSWORD, VendureServer

from connectors.base import StoreConfig, Window
from connectors.errors import AuthFailed, Permanent, Transient
from connectors.records import Stream
from connectors.vendure.client import VendureConnector

Store = Callable[..., StoreConfig]
READING = ["ReadCustomer", "ReadCatalog", "ReadOrder"]


def probe_failure(config: StoreConfig, kind: type[Exception]) -> str:
    with (
        closing(VendureConnector(config, sleep=lambda _: None)) as connector,
        pytest.raises(kind) as caught,
    ):
        connector.probe()
    return str(caught.value)


def make_role(shop: VendureServer, permissions: list[str]) -> str:
    made = shop.admin().run(
        "mutation($input:CreateRoleInput!){createRole(input:$input){id}}",
        input={
            "code": uuid.uuid4().hex,
            "description": "of a test",
            "permissions": permissions,
        },
    )
    return str(made["createRole"]["id"])


def make_user(shop: VendureServer, permissions: list[str]) -> dict[str, str]:
    username = f"{uuid.uuid4().hex}@example.org"
    shop.admin().run(
        "mutation($input:CreateAdministratorInput!){createAdministrator(input:$input){id}}",
        input={
            "firstName": "A",
            "lastName": "User",
            "emailAddress": username,
            "password": PASSWORD,
            "roleIds": [make_role(shop, permissions)],
        },
    )
    return {"username": username, "password": PASSWORD}


def read_all(connector: VendureConnector) -> list[int]:
    window = Window(end=datetime.now(UTC))
    return [sum(page.fetched for page in connector.read(stream, window)) for stream in Stream]


def test_the_probe_tells_currency_and_the_shops_clock(vendure: VendureServer, store: Store) -> None:
    with closing(VendureConnector(store(vendure))) as connector:
        probe = connector.probe()
        assert connector.api_calls == 5
    assert probe.currency == "USD"
    assert probe.server_time is not None
    assert abs((probe.server_time - datetime.now(UTC)).total_seconds()) < 60
    assert probe.warnings == ()


def test_a_wrong_password_is_named_with_the_next_step(vendure: VendureServer, store: Store) -> None:
    credentials = {"username": "superadmin", "password": "not-the-password"}
    said = probe_failure(store(vendure, credentials=credentials), AuthFailed)
    assert said.startswith('store "vendure-shop": Vendure refused the login')
    assert "storeloom store check vendure-shop" in said
    assert "not-the-password" not in said


def test_missing_credentials_are_named(vendure: VendureServer, store: Store) -> None:
    said = probe_failure(store(vendure, credentials={"username": "superadmin"}), AuthFailed)
    assert "`password`" in said


def test_missing_permissions_are_named_all_at_once(vendure: VendureServer, store: Store) -> None:
    credentials = make_user(vendure, ["ReadOrder"])
    said = probe_failure(store(vendure, credentials=credentials), AuthFailed)
    assert "ReadCustomer, ReadCatalog or ReadProduct" in said
    assert "ReadOrder" not in said
    assert "__default_channel__" in said


def test_a_permission_lost_since_the_check_stops_the_reading_by_name(
    vendure: VendureServer, store: Store
) -> None:
    credentials = make_user(vendure, ["ReadOrder"])
    with (
        closing(VendureConnector(store(vendure, credentials=credentials))) as connector,
        pytest.raises(AuthFailed, match="ReadCustomer"),
    ):
        list(connector.read(Stream.CUSTOMERS, Window(end=datetime.now(UTC))))


def test_three_read_permissions_are_enough(vendure: VendureServer, store: Store) -> None:
    credentials = make_user(vendure, READING)
    with closing(VendureConnector(store(vendure, credentials=credentials))) as connector:
        connector.probe()
        fetched = read_all(connector)
        assert fetched == [connector.count(stream) for stream in Stream]


def test_an_api_key_works_without_a_login(vendure: VendureServer, store: Store) -> None:
    made = vendure.admin().run(
        "mutation($input:CreateApiKeyInput!){createApiKey(input:$input){apiKey}}",
        input={
            "roleIds": [make_role(vendure, READING)],
            "translations": [{"languageCode": "en", "name": uuid.uuid4().hex}],
        },
    )
    token = made["createApiKey"]["apiKey"]
    with closing(VendureConnector(store(vendure, credentials={"api_token": token}))) as connector:
        connector.probe()
        assert connector.api_calls == 4
        assert all(count > 0 for count in read_all(connector))
    # In the middle: the server hashes keys with bcrypt, which reads their first 72 bytes only.
    wrong = token[:30] + "x" + token[31:]
    said = probe_failure(store(vendure, credentials={"api_token": wrong}), AuthFailed)
    assert "Check the `api_token`" in said
    assert wrong not in said


def test_a_session_that_ended_is_renewed_in_the_middle_of_a_reading(
    vendure: VendureServer, store: Store
) -> None:
    with closing(VendureConnector(store(vendure, page_size=5))) as connector:
        pages = connector.read(Stream.CUSTOMERS, Window(end=datetime.now(UTC)))
        first = next(pages)
        connector._api._bearer = "a-session-that-ended"
        fetched = first.fetched + sum(page.fetched for page in pages)
        assert fetched == connector.count(Stream.CUSTOMERS)


def test_a_channel_token_nobody_has_is_refused_although_the_shop_answers(
    vendure: VendureServer, store: Store
) -> None:
    said = probe_failure(store(vendure, channel_token="no-such-channel"), Permanent)
    assert "channel_token" in said


def test_the_shop_api_is_not_taken_for_the_admin_api(vendure: VendureServer, store: Store) -> None:
    probe_failure(store(vendure, admin_api_path="shop-api"), AuthFailed)


def test_plain_http_needs_the_settings_consent(vendure: VendureServer, store: Store) -> None:
    with pytest.raises(Permanent, match="allow_http"):
        VendureConnector(store(vendure, allow_http=False))


def test_a_shop_that_is_down_may_come_back(vendure: VendureServer, store: Store) -> None:
    config = store(vendure)
    down = StoreConfig(
        **{
            **{name: getattr(config, name) for name in config.__struct_fields__},
            "base_url": "http://127.0.0.1:1",
        }
    )
    assert "127.0.0.1" in probe_failure(down, Transient)


@pytest.mark.parametrize(
    "settings",
    [
        {"page_size": 1},
        {"page_size": 1001},
        {"page_size": "many"},
        {"reread_days": -1},
        {"minor_units": "cents"},
        {"status_map": {"Shipped": "sent"}},
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused_before_anything_is_read(
    vendure: VendureServer, store: Store, settings: dict[str, object]
) -> None:
    with pytest.raises(Permanent, match=next(iter(settings))):
        VendureConnector(store(vendure, **settings))
