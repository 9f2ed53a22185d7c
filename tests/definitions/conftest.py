"""One database full of random rows, modelled by dbt once; tests read it, none changes it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.mart_databases import build_marts, copied, measure
from fixtures.random_crm import fill
from psycopg import sql
from psycopg.rows import dict_row

from connectors.crm.embedded import EmbeddedServer

Rows = list[dict[str, Any]]
SEED = 20_261_101


@pytest.fixture(scope="session")
def random_crm(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """URL of the database. The views were built in a session far from UTC."""
    name = f"random_{uuid.uuid4().hex[:12]}"
    url = server.url(name)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        with psycopg.connect(url, autocommit=True) as inside:
            inside.execute("set time zone 'Pacific/Auckland'")
            fill(inside, seed=SEED)
        Dbt(url, tmp_path_factory.mktemp("random")).run(
            "run",
            "--select",
            "+path:models/marts/analytics",
            environment={"PGTZ": "Pacific/Auckland"},
        )
        yield url
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def measured(server: EmbeddedServer, random_crm: str) -> Iterator[str]:
    """Name of a copy of the random CRM with the nightly metrics in it, and without marts."""
    source = str(psycopg.conninfo.conninfo_to_dict(random_crm)["dbname"])
    with copied(server, source) as name:
        with psycopg.connect(server.url(name), autocommit=True) as inside:
            measure(inside)
        yield name


@pytest.fixture(scope="session")
def built_marts(
    server: EmbeddedServer, measured: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """URL of a copy of that with every mart, built in UTC."""
    with copied(server, measured) as name:
        build_marts(server.url(name), tmp_path_factory.mktemp("marts"), time_zone="UTC")
        yield server.url(name)


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/New_York"])
def session(random_crm: str, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """A connection whose session lives in one of three time zones."""
    with psycopg.connect(
        random_crm, autocommit=True, options=f"-c TimeZone={request.param}"
    ) as opened:
        yield opened


@pytest.fixture
def rows(session: psycopg.Connection) -> Callable[[str], Rows]:
    """All rows of a table as dicts, instants in UTC: Python subtracts wall clocks otherwise."""

    def read(table: str) -> Rows:
        with session.cursor(row_factory=dict_row) as cursor:
            query = sql.SQL("select * from {}").format(sql.Identifier(*table.split(".")))
            found = cursor.execute(query).fetchall()
        return [
            {
                name: value.astimezone(UTC) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in found
        ]

    return read
