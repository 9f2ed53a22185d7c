"""A deployment per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.deployments import Deployment, deployment

from connectors.crm.embedded import EmbeddedServer


@pytest.fixture
def deployed(server: EmbeddedServer, template: str, tmp_path: Path) -> Iterator[Deployment]:
    """A migrated deployment without stores."""
    with deployment(server, template, tmp_path / "home") as made:
        yield made
