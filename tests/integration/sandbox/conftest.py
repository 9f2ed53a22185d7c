"""Clients that know the protocols and nothing of our connectors, and a small running sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
import pytest
from oauthlib.oauth1 import Client

from connectors.sandbox import SandboxServer, SandboxSpec

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


class Rest(Protocol):
    """GETs a WooCommerce route of `sandbox`, signed with OAuth 1.0a."""

    def __call__(self, sandbox: SandboxServer, path: str, **query: object) -> httpx.Response: ...


class Every(Protocol):
    """Reads a WooCommerce list to its end."""

    def __call__(
        self, sandbox: SandboxServer, path: str, **query: object
    ) -> list[dict[str, Any]]: ...


class Gql(Protocol):
    """Runs a Shopify query and returns the whole answer."""

    def __call__(
        self, sandbox: SandboxServer, document: str, /, **variables: object
    ) -> dict[str, Any]: ...


@pytest.fixture(scope="module")
def shared() -> Iterator[SandboxServer]:
    """A sandbox that is only read from."""
    with SandboxServer(SandboxSpec(orders=400, as_of=AS_OF, same_second=130)) as running:
        yield running


@pytest.fixture
def own() -> Iterator[SandboxServer]:
    """A sandbox this test may change."""
    with SandboxServer(SandboxSpec(orders=60, products=15, as_of=AS_OF, same_second=5)) as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all: making one reads every certificate of the machine."""
    with httpx.Client(timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def rest(http: httpx.Client) -> Rest:
    def ask(sandbox: SandboxServer, path: str, **query: object) -> httpx.Response:
        keys = sandbox.credentials("woocommerce")
        signer = Client(keys["consumer_key"], client_secret=keys["consumer_secret"])
        parameters = {name: str(value) for name, value in query.items()}
        url = httpx.URL(f"{sandbox.woocommerce_url}/wp-json/wc/v3/{path}", params=parameters)
        signed, headers, _ = signer.sign(str(url))
        return http.get(signed, headers=headers)

    return ask


@pytest.fixture(scope="session")
def every(rest: Rest) -> Every:
    def read(sandbox: SandboxServer, path: str, **query: object) -> list[dict[str, Any]]:
        first = rest(sandbox, path, **{"per_page": 100, **query})
        assert first.status_code == 200, first.text
        rows = list(first.json())
        for page in range(2, int(first.headers["X-WP-TotalPages"]) + 1):
            rows.extend(rest(sandbox, path, **{"per_page": 100, **query, "page": page}).json())
        return rows

    return read


@pytest.fixture(scope="session")
def gql(http: httpx.Client) -> Gql:
    def run(sandbox: SandboxServer, document: str, /, **variables: object) -> dict[str, Any]:
        answer = http.post(
            f"{sandbox.shopify_url}/admin/api/2026-10/graphql.json",
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": sandbox.credentials("shopify")["access_token"]},
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return run
