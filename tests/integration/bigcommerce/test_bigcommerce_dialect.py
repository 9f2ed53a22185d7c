"""The sandbox's BigCommerce says what the published documentation says it would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.sandbox import SandboxServer, SandboxSpec


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=120, products=12, same_second=10)) as running:
        yield running


@pytest.fixture(scope="module")
def get(sandbox: SandboxServer) -> Iterator[Any]:
    token = sandbox.credentials("bigcommerce")["access_token"]
    with httpx.Client(
        base_url=sandbox.base_url("bigcommerce"), headers={"X-Auth-Token": token}
    ) as client:

        def ask(path: str, **query: Any) -> httpx.Response:
            return client.get(path, params=query)

        yield ask


def test_an_empty_v2_list_is_204_without_a_body(get: Any) -> None:
    answer = get("/v2/orders", min_id=10**9)
    assert (answer.status_code, answer.content) == (204, b"")


def test_every_answer_tells_of_the_allowance(get: Any) -> None:
    headers = get("/v2/time").headers
    assert int(headers["X-Rate-Limit-Requests-Left"]) < int(headers["X-Rate-Limit-Requests-Quota"])
    assert 0 <= int(headers["X-Rate-Limit-Time-Reset-Ms"]) <= 30_000


def test_a_used_up_allowance_is_429() -> None:
    with SandboxServer(SandboxSpec(orders=10, products=3, bigcommerce_quota=2)) as small:
        token = small.credentials("bigcommerce")["access_token"]
        url = small.base_url("bigcommerce") + "/v2/time"
        codes = [httpx.get(url, headers={"X-Auth-Token": token}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_a_wrong_token_is_401_a_missing_scope_403_an_unknown_order_404(
    sandbox: SandboxServer, get: Any
) -> None:
    url = sandbox.base_url("bigcommerce")
    assert httpx.get(f"{url}/v2/orders", headers={"X-Auth-Token": "no"}).status_code == 401
    assert get("/v2/orders/999999999").status_code == 404
    scopes = sandbox.bigcommerce.scopes
    sandbox.bigcommerce.scopes = frozenset({"orders"})
    assert get("/v3/customers").status_code == 403
    sandbox.bigcommerce.scopes = scopes


def test_amounts_are_text_of_four_decimals_in_v2_and_numbers_in_v3(get: Any) -> None:
    order = get("/v2/orders", limit=1).json()[0]
    assert order["total_inc_tax"].partition(".")[2].endswith("00")
    assert order["date_created"].endswith("+0000")
    product = get("/v3/catalog/products", limit=1, include="variants").json()["data"][0]
    assert isinstance(product["price"], (int, float))
    assert product["variants"]


def test_archived_orders_are_in_a_list_of_their_own_and_still_there_by_id(
    sandbox: SandboxServer, get: Any
) -> None:
    victim = next(iter(sandbox.world("bigcommerce").orders)).id
    before = get("/v2/orders/count").json()["count"]
    sandbox.store("bigcommerce").trash_order(victim)
    assert get("/v2/orders/count").json()["count"] == before - 1
    assert get("/v2/orders", min_id=victim, max_id=victim).status_code == 204
    archived = get("/v2/orders", is_deleted="true").json()
    assert [(one["id"], one["is_deleted"]) for one in archived] == [(victim, True)]
    assert get(f"/v2/orders/{victim}").json()["is_deleted"]


def test_customers_can_be_followed_by_cursor(sandbox: SandboxServer, get: Any) -> None:
    query: dict[str, Any] = {"limit": 7}
    seen: list[int] = []
    while True:
        answer = get("/v3/customers", **query).json()
        seen += [one["id"] for one in answer["data"]]
        cursors = answer["meta"]["cursor_pagination"]
        if not cursors["links"].get("next"):
            break
        query = {"limit": 7, "after": cursors["end_cursor"]}
    assert seen == sorted(one.id for one in sandbox.world("bigcommerce").customers)


def test_a_variant_with_its_products_price_has_none_of_its_own(get: Any) -> None:
    products = get("/v3/catalog/products", limit=250, include="variants").json()["data"]
    prices = [one["price"] for product in products for one in product["variants"]]
    assert None in prices
    assert any(price is not None for price in prices)


def test_more_than_250_rows_are_refused(get: Any) -> None:
    assert get("/v2/orders", limit=251).status_code == 413
