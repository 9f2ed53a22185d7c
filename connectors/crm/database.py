"""The way into the CRM's PostgreSQL.

A driver's own message runs over several lines and may quote the connection string; what leaves here
is one line that says which server, what went wrong and what to check, and never a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from connectors.errors import ConfigurationError, DatabaseError

CONNECT_TIMEOUT_SECONDS: Final = 15
# One for each host, where there are several.
_PORTS: Final = re.compile(r"[0-9,]*", re.ASCII)
Connection = psycopg.Connection[tuple[Any, ...]]


def connect(
    url: str, *, application_name: str = "storeloom", autocommit: bool = False
) -> Connection:
    """Open a connection whose session speaks UTC.

    Nothing is prepared on the server: behind a transaction pooler the next statement may run in
    another session, which knows no prepared statement of ours.
    Raises ConfigurationError for a URL that is none, DatabaseError when the server does not answer.
    """
    given = check_url(url)
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


def check_url(url: str) -> dict[str, Any]:
    """Return the parts of a database's URL; raises ConfigurationError for one that is none."""
    parts = _parts(url)
    if parts is None:
        raise ConfigurationError(
            "the database URL cannot be read; write postgresql://user:password@host:5432/database "
            "(special characters in the password need %xx)"
        )
    return parts


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
    parts = _parts(url)
    if parts is None:
        return "an unreadable URL"
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"


def _parts(url: str) -> dict[str, Any] | None:
    """Return the URL's parts, None for a URL that cannot mean what it says.

    A bare "/" in a password ends the address early: half of the password becomes the port and the
    other half the database, and both are shown to people.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return None
    is_port = _PORTS.fullmatch(str(parts.get("port") or ""))
    return dict(parts) if is_port and "@" not in str(parts.get("dbname") or "") else None


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
