"""One database in which dbt has built everything, made once; tests get copies of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer


def copy_database(server: EmbeddedServer, source: str, name: str) -> str:
    """Make database `name` a copy of `source`, which nobody may be connected to; return its URL."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
    return server.url(name)


def drop_database(server: EmbeddedServer, name: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def built_database(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Name of a database with every migration and a finished, green `dbt build`, and no rows."""
    name = f"built_{uuid.uuid4().hex[:12]}"
    url = copy_database(server, template, name)
    Dbt(url, tmp_path_factory.mktemp("built")).run("build")
    yield name
    drop_database(server, name)


@pytest.fixture
def views(server: EmbeddedServer, built_database: str) -> Iterator[str]:
    """URL of this test's own copy of it."""
    name = f"views_{uuid.uuid4().hex[:12]}"
    yield copy_database(server, built_database, name)
    drop_database(server, name)


@pytest.fixture
def connection(views: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to `views`, as its owner."""
    with psycopg.connect(views, autocommit=True) as opened:
        yield opened


@pytest.fixture
def dbt(views: str, tmp_path: Path) -> Dbt:
    """dbt on a copy of the project, pointed at `views`."""
    return Dbt(views, tmp_path)
