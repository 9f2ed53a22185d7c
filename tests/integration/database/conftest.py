"""The schema on every kind of server it is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fixtures.servers import Kind, Servers, Target, kind_parameters


@pytest.fixture(scope="session")
def servers(shared_directory: Path) -> Iterator[Servers]:
    running = Servers(shared_directory)
    yield running
    running.stop()


@pytest.fixture(scope="session", params=kind_parameters())
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of server in turn."""
    found = request.param
    assert isinstance(found, Kind)
    return found


@pytest.fixture(scope="session")
def target(servers: Servers, kind: Kind) -> Target:
    """A migrated database of that kind, for tests that leave nothing behind."""
    return servers.shared(kind)


@pytest.fixture
def catalog(target: Target) -> Iterator[psycopg.Connection]:
    """A superuser's look at `target`, with every name printed in full."""
    with psycopg.connect(target.admin_url, autocommit=True) as opened:
        opened.execute("set search_path = ''")
        yield opened
