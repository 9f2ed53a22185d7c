"""A connector keeps its secrets, says what is wrong, and closes as often as it is told to."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import msgspec
import pytest
from contract.conformance.adapters import shops
from contract.conformance.reading import everything
from contract.conformance.shops import Ability, Shop, Trouble

from connectors.base import Connector
from connectors.errors import AuthFailed, StoreError
from connectors.records import Stream


def assert_hidden(text: str, shop: Shop) -> None:
    for name, secret in shop.config().credentials.items():
        if name != "username":
            assert secret not in text, f"{name} is shown"


def told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error.__dict__)


@shops()
def test_no_secret_is_in_any_repr(shop: Shop, connector: Connector) -> None:
    assert_hidden(f"{connector!r} {connector.config!r} {connector.probe()!r}", shop)


@shops(Ability.SECRETS, Ability.ERROR)
def test_no_secret_is_in_an_exception_or_its_causes(shop: Shop, connector: Connector) -> None:
    window = everything(connector)
    with shop.misbehave(Trouble.ERROR, always=True), pytest.raises(StoreError) as failed:
        list(connector.read(Stream.ORDERS, window))
    assert_hidden(told(failed.value), shop)


@shops(Ability.SECRETS)
def test_wrong_credentials_are_refused_at_the_probe_and_not_shown(shop: Shop) -> None:
    config = shop.config()
    wrong = {name: value[:-3] + "xyz" for name, value in config.credentials.items()}
    opened = shop.connector(msgspec.structs.replace(config, credentials=wrong))
    try:
        with pytest.raises(AuthFailed, match=config.key) as failed:
            opened.probe()
    finally:
        opened.close()
    for secret in wrong.values():
        assert secret not in told(failed.value)


@shops()
def test_the_probe_knows_the_shop(shop: Shop, connector: Connector) -> None:
    found = connector.probe()
    assert found.name
    assert len(found.currency) == 3
    if found.server_time is not None:
        assert found.server_time.tzinfo is not None


@shops()
def test_a_connector_can_be_closed_twice(connect: Callable[..., Connector]) -> None:
    opened = connect()
    opened.probe()
    opened.close()
    opened.close()


@shops()
def test_every_request_is_counted(shop: Shop, connector: Connector) -> None:
    connector.probe()
    before = connector.api_calls
    list(connector.list_ids(Stream.ORDERS))
    assert connector.api_calls >= before
