"""Histories by the fifty, each portion in a database of its own and in whatever process."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.migrations import migrate
from tests.chaos.play import play_many
from tests.chaos.stage import opened

PORTION = 50
TEMPLATE = "template_chaos"
# Durability is not what these histories are about: a crash of the server has tests of its own.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Portion(NamedTuple):
    """What became of some histories. `failure`: of the first that failed, for people."""

    number: int
    histories: int
    seconds: float
    failure: str | None


def make_template(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    migrate(server.url(TEMPLATE))


def play_portion(server_url: str, home: Path, seed: int, number: int, count: int) -> Portion:
    """Play one portion in a database of its own, in a process of its own."""
    began = time.monotonic()
    failure = None
    with _database(server_url) as url:
        try:
            with opened(url, home) as stage:
                play_many(stage, count, seed * 1_000_000 + number)
        except Exception as error:  # noqa: BLE001 - told to a person, with how to see it again
            notes = "\n".join(getattr(error, "__notes__", ()))
            failure = (
                f"portion {number} of seed {seed}: {type(error).__name__}: {error}\n{notes}\n"
                f"again: make chaos ARGS='--seed {seed} --from {number} "
                f"--histories {number * PORTION + count} --workers 1'"
            )
    return Portion(number, count, time.monotonic() - began, failure)


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    name = f"chaos_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        try:
            yield server_url.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )
