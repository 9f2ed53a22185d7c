"""Fixtures every test may use: one PostgreSQL server a session, one migrated database a test.

The server is shared by all xdist workers (the last one stops it); a test's database is a copy of a
template that was migrated once, so it costs about 50 ms and nothing leaks between tests.
"""

from __future__ import annotations

import fcntl
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.migrations import migrate

# A shell starts background jobs with SIGINT ignored, and whatever the tests start would inherit
# that: nothing could be ended by Ctrl-C any more, which some tests are about.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Durability is not what these tests are about; crash tests start a server of their own.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One directory for all xdist workers of this session."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def server(shared_directory: Path) -> Iterator[EmbeddedServer]:
    """The embedded server (PostgreSQL 18)."""
    with EmbeddedServer(shared_directory / "server", settings=FAST) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, shared_directory: Path) -> str:
    """Name of a database with every migration applied, made once a session."""
    name = "template_migrated"
    with (shared_directory / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server.url(), autocommit=True) as connection:
            exists = connection.execute(
                "select 1 from pg_database where datname = %s", [name]
            ).fetchone()
            if not exists:
                connection.execute(
                    sql.SQL("create database {}").format(sql.Identifier(name + "_new"))
                )
                migrate(server.url(name + "_new"))
                connection.execute(
                    sql.SQL("alter database {} rename to {}").format(
                        sql.Identifier(name + "_new"), sql.Identifier(name)
                    )
                )
    return name


@pytest.fixture
def database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """URL of an empty, migrated database of this test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        yield server.url(name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to `database`, as its owner."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def organization(connection: psycopg.Connection) -> str:
    """Id of a fresh organization."""
    return new_organization(connection, "Acme")


@pytest.fixture
def make_organization(connection: psycopg.Connection) -> Callable[[str], str]:
    """Make further organizations by name."""
    return lambda name: new_organization(connection, name)


def new_organization(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute(
        "insert into organizations (name) values (%s) returning id::text", [name]
    ).fetchone()
    assert row is not None
    return str(row[0])
