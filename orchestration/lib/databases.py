"""The two databases, opened once a process.

Whoever comes first starts the embedded server: `storeloom up`, `dagster dev`, a run worker that
outlived its parent. Each holds the server's shared lock for as long as the process lives, so there
is no "start the database first" to forget and nobody pulls it away from under somebody else.
"""

from __future__ import annotations

import atexit
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from connectors.crm.database import check_url
from connectors.crm.embedded import EmbeddedServer
from connectors.crm.migrations import migrate, status
from connectors.crm.provision import database_name, ensure_database
from connectors.errors import ConfigurationError
from orchestration.settings import CRM_DATABASE, DAGSTER_DATABASE, Settings


@dataclass(frozen=True)
class Databases:
    """libpq URLs, kept out of repr because they may hold a password."""

    crm_url: str = field(repr=False)
    dagster_url: str = field(repr=False)


_lock: Final = Lock()
_opened: Final[dict[Settings, Databases]] = {}


def open_databases(settings: Settings, *, migrated: bool = True) -> Databases:
    """Return the URLs of `settings`, starting and migrating the embedded server if it is ours.

    `migrated` False leaves even the embedded server's schema alone (`db migrate --dry-run`).

    A server that is not ours is never migrated behind its owner's back; see `require_migrated`.
    Raises DatabaseError or ConfigurationError with one clear line.
    """
    with _lock:
        found = _opened.get(settings)
        if found is None:
            if settings.dagster_database_url is not None:
                # Dagster itself tries for a minute, and quotes what it tried.
                check_url(settings.dagster_database_url.get_secret_value())
            found = _embedded(settings, migrated) if settings.is_embedded else _external(settings)
            _opened[settings] = found
        return found


def require_migrated(url: str) -> None:
    """Raise ConfigurationError unless every migration is applied to the database at `url`."""
    pending = [entry.name for entry in status(url) if entry.state == "pending"]
    if pending:
        raise ConfigurationError(
            f"{len(pending)} migration(s) are not applied to the CRM's database "
            f"(the first is {pending[0]}): run `storeloom db migrate`"
        )


def sqlalchemy_url(url: str) -> str:
    """Name the driver: plain postgresql:// may mean psycopg 3, which Dagster cannot speak."""
    _, separator, rest = url.partition("://")
    return f"postgresql+psycopg2{separator}{rest}"


def _embedded(settings: Settings, migrated: bool) -> Databases:  # noqa: FBT001 - private, named at its one call
    server = EmbeddedServer(settings.home)
    server.start()
    atexit.register(server.stop)
    ensure_database(server.url(), CRM_DATABASE)
    databases = Databases(
        crm_url=server.url(CRM_DATABASE),
        dagster_url=(
            settings.dagster_database_url.get_secret_value()
            if settings.dagster_database_url
            else server.url(DAGSTER_DATABASE)
        ),
    )
    if settings.dagster_database_url is None:
        ensure_database(server.url(), DAGSTER_DATABASE)
    if migrated:
        migrate(databases.crm_url)
    return databases


def _external(settings: Settings) -> Databases:
    crm_url, dagster_url = settings.external_urls()
    if settings.dagster_database_url is None:
        ensure_database(crm_url, database_name(dagster_url))
    return Databases(crm_url=crm_url, dagster_url=dagster_url)
