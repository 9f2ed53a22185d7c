"""The way into the CRM's PostgreSQL.

A driver's own message runs over several lines and may quote the connection string; what leaves here
is one line that says which server, what went wrong and what to check, and never a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from connectors.errors import ConfigurationError, DatabaseError

CONNECT_TIMEOUT_SECONDS: Final = 15
Connection = psycopg.Connection[tuple[Any, ...]]


def connect(
    url: str, *, application_name: str = "storeloom", autocommit: bool = False
) -> Connection:
    """Open a connection whose session speaks UTC.

    Nothing is prepared on the server: behind a transaction pooler the next statement may run in
    another session, which knows no prepared statement of ours.
    Raises ConfigurationError for a URL that is none, DatabaseError when the server does not answer.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise ConfigurationError(
            "the database URL cannot be read; write postgresql://user:password@host:5432/database "
            "(special characters in the password need %xx)"
        ) from None
    conninfo = make_conninfo(
        url,
        application_name=given.get("application_name", application_name),
        connect_timeout=given.get("connect_timeout", CONNECT_TIMEOUT_SECONDS),
        # Half-open connections of a server that vanished are noticed in a minute, not in two hours.
        keepalives_idle=given.get("keepalives_idle", 30),
        keepalives_interval=given.get("keepalives_interval", 10),
        keepalives_count=given.get("keepalives_count", 3),
    )
    with refusal(url):
        connection = psycopg.connect(conninfo, autocommit=autocommit, prepare_threshold=None)
        # Not through "options": poolers refuse start-up parameters they do not know.
        connection.execute("set time zone 'UTC'")
        if not autocommit:
            connection.commit()
    return connection


@contextmanager
def refusal(url: str) -> Iterator[None]:
    """Turn the driver's connection failure into one clear line about the server of `url`."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise DatabaseError(
            f"cannot use the database at {describe(url)}: {first_line(error)}. "
            "Check that the server runs and that STORELOOM_DATABASE_URL is right."
        ) from None


def describe(url: str) -> str:
    """Return "host:port/database" of a URL, for people; never user or password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "an unreadable URL"
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"


def first_line(error: BaseException) -> str:
    """Return the telling line of a driver's message, without "FATAL:" and the full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    # It repeats the server's address up to the last "failed", then comes the reason.
    told = lines[0].rsplit("failed: ", 1)[-1]
    if told.startswith("connection to server") and len(lines) > 1:
        told = lines[1]
    return told.removeprefix("FATAL:").removeprefix("ERROR:").strip().rstrip(".")
