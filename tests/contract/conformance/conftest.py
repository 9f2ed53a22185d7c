"""The shop a test runs on, and connectors on it that are closed whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.conformance.shops import Shop
from fixtures.vendure.server import VendureServer
from fixtures.vendure.shop import seeded_shop

from connectors.base import Connector
from connectors.crm.embedded import EmbeddedServer

PAGE_SIZE = 3


@pytest.fixture(scope="session")
def vendure_server(server: EmbeddedServer, shared_directory: Path) -> Iterator[VendureServer]:
    """A real Vendure, started by the first test that asks for it."""
    with seeded_shop(server, shared_directory, name=f"conformance-{os.getpid()}") as running:
        yield running


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The shop of the adapter that the test is parametrized with."""
    kind: type[Shop] = request.param
    with kind.opened(request) as opened:
        yield opened


@pytest.fixture
def connect(shop: Shop) -> Iterator[Callable[..., Connector]]:
    """Open a connector on the shop, three records a page; keywords are settings."""
    opened: list[Connector] = []

    def make(*, page_size: int = PAGE_SIZE, **settings: Any) -> Connector:
        config = shop.config(**{**shop.page_size(page_size), **settings})
        opened.append(shop.connector(config))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def connector(connect: Callable[..., Connector]) -> Connector:
    """A connector on the shop with the usual page size."""
    return connect()
