"""A deployment per test, and small sandbox stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.deployments import Deployment, deployment

from connectors.crm.embedded import EmbeddedServer
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
