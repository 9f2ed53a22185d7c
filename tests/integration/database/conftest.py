"""The schema on every kind of server it is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fixtures.servers import KINDS, Kind, Servers, Target, kind_parameters
from fixtures.tenants import insert


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


@pytest.fixture
def connection(servers: Servers) -> Iterator[psycopg.Connection]:
    """The owner's connection to a PostgreSQL 18 that forgets the test: hundreds of tests, no copy.

    Tests of several connections take `committed` instead.
    """
    newest = next(kind for kind in KINDS if kind.name == "postgres-18")
    with (
        psycopg.connect(servers.shared(newest).url, autocommit=True) as opened,
        opened.transaction(force_rollback=True),
    ):
        yield opened


@pytest.fixture
def committed(database: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to a database of the test's own."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def organization(connection: psycopg.Connection) -> str:
    return insert(connection, "organizations", name="Acme")
