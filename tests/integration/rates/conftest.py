"""One database a module, emptied after each test: thirty copies of the template are slow."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """URL of the module's database."""
    name = f"rates_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        yield server.url(name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to a database without a row."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened
        # Few rows: truncating forty tables would take longer than the test.
        opened.execute("delete from sync.exchange_rates")
        opened.execute("delete from public.organizations")
        opened.execute("delete from sync.field_edits")


@pytest.fixture
def together() -> Callable[..., list[object]]:
    """Run functions at the same moment, each in a thread, and return what they returned."""

    def run(*functions: Callable[[], object]) -> list[object]:
        start = Barrier(len(functions))

        def begin(function: Callable[[], object]) -> object:
            start.wait(10)
            return function()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(begin, functions))

    return run
