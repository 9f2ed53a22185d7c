"""A scripted store, and connectors that never really sleep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fixtures.shopify.scripted import ScriptedStore

from connectors.base import StoreConfig
from connectors.services import Services
from connectors.shopify.client import ShopifyConnector

TOKEN = "shpat_0123456789abcdef0123456789abcdef"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop() -> Iterator[ScriptedStore]:
    with ScriptedStore() as running:
        yield running


@pytest.fixture
def connect(shop: ScriptedStore, clock: Clock) -> Iterator[Callable[..., ShopifyConnector]]:
    opened: list[ShopifyConnector] = []

    def connect(
        credentials: dict[str, str] | None = None,
        *,
        currency: str | None = None,
        services: Services | None = None,
        **settings: Any,
    ) -> ShopifyConnector:
        config = StoreConfig(
            id="1",
            organization_id="1",
            key="kettles",
            platform="shopify",
            base_url=shop.url,
            currency=currency,
            # Scripts tell of pages; the bulk tests say that they want another way.
            settings={"allow_http": True, "bulk": "never", **settings},
            credentials=credentials if credentials is not None else {"access_token": TOKEN},
        )
        opened.append(ShopifyConnector(config, services=services, sleep=clock.sleep, clock=clock))
        return opened[-1]

    yield connect
    for connector in opened:
        connector.close()
