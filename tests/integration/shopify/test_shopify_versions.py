"""The same store read in every version of the API that is alive, and in one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import StoreConfig, Window
from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.shopify.client import ShopifyConnector

VERSIONS = ["2026-01", "2026-04", "2026-07", "2026-10", "unstable"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=40, products=8, same_second=4)) as running:
        yield running


def opened(sandbox: SandboxServer, version: str) -> ShopifyConnector:
    return ShopifyConnector(
        StoreConfig(
            id="1",
            organization_id="1",
            key="harbor",
            platform="shopify",
            base_url=sandbox.shopify_url,
            settings={"allow_http": True, "api_version": version},
            credentials=sandbox.credentials("shopify"),
        )
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_that_is_alive_gives_the_whole_store(
    sandbox: SandboxServer, version: str
) -> None:
    everything = Window(end=datetime.now(UTC) + timedelta(days=1))
    with closing(opened(sandbox, version)) as connector:
        assert connector.probe().api_version == version
        for stream in Stream:
            pages = list(connector.read(stream, everything))
            assert sum(len(page.records) for page in pages) == connector.count(stream)
            assert not any(page.rejected for page in pages)


def test_a_version_that_fell_forward_is_read_all_the_same_and_warned_of(
    sandbox: SandboxServer,
) -> None:
    with closing(opened(sandbox, "2025-01")) as connector:
        (fell, *_) = connector.probe().warnings
        assert "instead of 2025-01: that one retired on 2026-01-01" in fell
        assert connector.count(Stream.ORDERS)
