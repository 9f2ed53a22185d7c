"""Make a database that is missing, on a server that is already there.

Dagster's storage is a database of its own, and a first start should not fail for want of a
`create database` that the role at hand may well be allowed to run.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from connectors.crm.database import connect
from connectors.errors import ConfigurationError


def database_name(url: str) -> str:
    """Return the database that a PostgreSQL URL names."""
    return unquote(urlsplit(url).path.lstrip("/"))


def ensure_database(server_url: str, name: str) -> bool:
    """Create database `name` on the server of `server_url` unless it exists; True when created.

    Raises DatabaseError when the server is unreachable, ConfigurationError when the role may not.
    """
    with connect(server_url, autocommit=True) as connection:
        found = connection.execute(
            "select from pg_catalog.pg_database where datname = %s", [name]
        ).fetchone()
        if found is not None:
            return False
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            # Webserver and daemon start together: whoever lost this race has what it wanted.
            return False
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f'the role may not create database "{name}": create it by hand, '
                "or set STORELOOM_DAGSTER_DATABASE_URL to one that exists"
            ) from error
    return True


def drop_database(server_url: str, name: str) -> None:
    """Drop database `name` if it exists, whoever is connected to it."""
    with connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )
