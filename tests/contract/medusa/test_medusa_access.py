"""Getting in, and what the shop's own traps cost, against the sandbox's Medusa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.base import StoreConfig, Window
from connectors.errors import AuthFailed, Permanent
from connectors.medusa.client import MedusaConnector
from connectors.records import Order, OrderStatus, Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox import world as states


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=60, products=8, same_second=30, seed=4)) as running:
        yield running


def connect(
    sandbox: SandboxServer, credentials: Mapping[str, str] | None = None, **settings: Any
) -> MedusaConnector:
    config = StoreConfig(
        id="s",
        organization_id="o",
        key="fjord",
        platform="medusa",
        base_url=sandbox.base_url("medusa"),
        settings={"allow_http": True, **settings},
        credentials=credentials or {"api_key": sandbox.credentials("medusa")["api_key"]},
    )
    return MedusaConnector(config, sleep=lambda _seconds: None)


def increment(connector: MedusaConnector) -> Window:
    now = connector.probe().server_time
    assert now is not None
    return Window(start=now - timedelta(minutes=5), end=now + timedelta(minutes=2))


def orders(connector: MedusaConnector, window: Window) -> list[Order]:
    pages = connector.read(Stream.ORDERS, window)
    return [record for page in pages for record in page.records if isinstance(record, Order)]


def test_a_secret_key_and_a_login_both_open_the_shop(sandbox: SandboxServer) -> None:
    known = sandbox.credentials("medusa")
    login = {name: known[name] for name in ("email", "password")}
    with_key, with_login = connect(sandbox), connect(sandbox, login)
    assert with_key.count(Stream.ORDERS) == with_login.count(Stream.ORDERS) > 0
    assert (with_key.api_calls, with_login.api_calls) == (1, 2)
    assert with_login.count(Stream.CUSTOMERS)
    assert with_login.api_calls == 3, "one login is enough"


def test_a_token_that_ended_is_renewed_once_and_no_password_is_shown(
    sandbox: SandboxServer,
) -> None:
    known = sandbox.credentials("medusa")
    connector = connect(sandbox, {"email": known["email"], "password": known["password"]})
    connector.count(Stream.ORDERS)
    # As after a change of the shop's secret.
    connector._api._bearer = "jwt.ended"
    assert connector.count(Stream.ORDERS)
    assert connector.api_calls == 5

    wrong = connect(sandbox, {"email": known["email"], "password": "not-the-password"})
    with pytest.raises(AuthFailed, match="Check them") as caught:
        wrong.probe()
    assert "not-the-password" not in str(caught.value)
    assert wrong.api_calls == 1, "a refusal is not tried again"


def test_a_publishable_key_is_told_from_a_wrong_one(sandbox: SandboxServer) -> None:
    publishable = connect(sandbox, {"api_key": "pk_0123456789"})
    with pytest.raises(AuthFailed, match="publishable"):
        publishable.probe()
    assert publishable.api_calls == 0
    with pytest.raises(AuthFailed, match="secret key") as caught:
        connect(sandbox, {"api_key": "sk_wrong_0123456789"}).probe()
    assert "sk_wrong" not in str(caught.value)


def test_the_probe_tells_name_currency_and_clock(sandbox: SandboxServer) -> None:
    probe = connect(sandbox).probe()
    assert (probe.name, probe.currency) == ("Fjord & Fern", "EUR")
    assert probe.server_time is not None
    other = connect(sandbox, currency="usd").probe()
    assert other.currency == "USD"


def test_a_web_page_at_the_address_is_no_shop(sandbox: SandboxServer) -> None:
    config = StoreConfig(
        id="s",
        organization_id="o",
        key="fjord",
        platform="medusa",
        base_url=f"{sandbox.url}/nowhere",
        settings={"allow_http": True},
        credentials={"api_key": "sk_1234567890"},
    )
    with pytest.raises(Permanent, match="base URL"):
        MedusaConnector(config).probe()


def test_a_capture_that_moves_no_order_arrives(sandbox: SandboxServer) -> None:
    keeper, connector = sandbox.store("medusa"), connect(sandbox)
    placed = keeper.add_order(state=states.PENDING, at=sandbox.world("medusa").clock.now() - 86_400)
    window = increment(connector)
    assert orders(connector, window) == []
    before = connector.api_calls

    sandbox.medusa.capture(placed.id)

    found = orders(connector, window)
    assert [one.external_id for one in found] == [str(placed.id)]
    assert found[0].status is OrderStatus.PROCESSING
    assert connector.api_calls - before == 3, "payments, window, the order by name"


def test_a_changed_order_costs_two_calls_and_comes_once(sandbox: SandboxServer) -> None:
    keeper, connector = sandbox.store("medusa"), connect(sandbox)
    placed = keeper.add_order()
    keeper.refund_order(placed.id, Decimal("1.00"))
    window = increment(connector)
    before = connector.api_calls
    found = orders(connector, window)
    assert [one.external_id for one in found] == [str(placed.id)]
    assert found[0].refunded_total == Decimal("1.00")
    assert found[0].total == Decimal(placed.total).scaleb(-2)
    assert connector.api_calls - before == 2


def test_many_moved_payments_are_all_found(sandbox: SandboxServer) -> None:
    keeper, connector = sandbox.store("medusa"), connect(sandbox)
    long_ago = sandbox.world("medusa").clock.now() - 86_400
    placed = [keeper.add_order(state=states.PENDING, at=long_ago).id for _ in range(130)]
    window = increment(connector)
    for one in placed:
        sandbox.medusa.capture(one)
    assert {one.external_id for one in orders(connector, window)} == {str(one) for one in placed}


def test_an_id_that_is_only_a_draft_is_skipped_and_not_gone(sandbox: SandboxServer) -> None:
    keeper, connector = sandbox.store("medusa"), connect(sandbox)
    draft = str(keeper.add_order(state=states.CHECKOUT_DRAFT).id)
    (page,) = connector.read_ids(Stream.ORDERS, [draft, "order_never"])
    assert (page.skipped, page.gone) == (1, ("order_never",))
    assert draft not in set(connector.list_ids(Stream.ORDERS))


def test_a_rotten_page_size_is_refused_at_once(sandbox: SandboxServer) -> None:
    for value in (0, -1, "20", True, 10**6):
        with pytest.raises(Permanent, match="page_size"):
            connect(sandbox, page_size=value)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("orders?updated_at[gte]=2030-01-01&limit=0", 200),
        ("orders?payment_status=captured&limit=0", 200),
        ("customers?payment_status=captured", 400),
        ("orders?limit=abc", 400),
        ("orders?limit=-1", 500),
        ("orders?order=nope", 500),
        ("orders?updated_at[$gte]=1700000000", 500),
        ("orders?updated_at[$gte]=2026-01-01T00:00:00+00:00", 500),
    ],
)
def test_the_sandbox_takes_queries_as_medusa_was_measured_to(
    sandbox: SandboxServer, path: str, status: int
) -> None:
    key = sandbox.credentials("medusa")["api_key"]
    answer = httpx.get(f"{sandbox.base_url('medusa')}/admin/{path}", auth=(key, ""))
    assert answer.status_code == status
    if status == 200:
        told = sandbox.truth("medusa").rows["orders"]
        assert answer.json()["count"] == told, "an unknown filter filters nothing"
