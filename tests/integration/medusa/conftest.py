"""One running Medusa shop a session for reading, and a copy of it for tests that change it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fixtures.medusa.server import MedusaServer
from fixtures.medusa.shop import seeded_shop
from fixtures.npm import missing_tools

from connectors.base import StoreConfig
from connectors.crm.embedded import EmbeddedServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    missing = missing_tools()
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.medusa)
            # One worker runs them all: a second server would cost more than it saves.
            item.add_marker(pytest.mark.xdist_group("medusa"))
            if missing:
                item.add_marker(
                    pytest.mark.skip(reason=f"needs {' and '.join(missing)} to run Medusa")
                )


@pytest.fixture(scope="session")
def medusa(server: EmbeddedServer, shared_directory: Path) -> Iterator[MedusaServer]:
    """The seeded shop; tests only read it."""
    with seeded_shop(server, shared_directory, name=f"read-{os.getpid()}") as shop:
        yield shop


@pytest.fixture(scope="module")
def changing_medusa(server: EmbeddedServer, shared_directory: Path) -> Iterator[MedusaServer]:
    """The same shop, a copy of its own per module, for tests that edit it."""
    with seeded_shop(server, shared_directory, name=f"edit-{os.getpid()}") as shop:
        yield shop


@pytest.fixture
def store() -> Callable[..., StoreConfig]:
    """Make the configuration of a shop; keywords are its settings."""

    def make(
        shop: MedusaServer, *, credentials: Mapping[str, str] | None = None, **settings: Any
    ) -> StoreConfig:
        return StoreConfig(
            id="a-store",
            organization_id="an-organization",
            key="medusa-shop",
            platform="medusa",
            base_url=shop.url,
            settings={"allow_http": True, **settings},
            credentials=credentials or {"api_key": shop.staff().fittings.secret_key},
        )

    return make
