"""A deployment per test, and small sandbox stores."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.deployments import Deployment, deployment

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.provision import drop_database, ensure_database
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import SandboxSpec


@pytest.fixture
def deployed(server: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Deployment]:
    """A migrated deployment without stores."""
    with deployment(server, template, tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    """Two stores of two hundred orders; tests only read them."""
    with SandboxServer(SandboxSpec(orders=200, seed=3)) as running:
        yield running


@pytest.fixture
def empty_database(server: EmbeddedServer) -> Iterator[str]:
    """A database that nothing was ever done in."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    ensure_database(server.url(), name)
    yield server.url(name)
    drop_database(server.url(), name)
