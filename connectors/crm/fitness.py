"""The preflight of a saved store, with what the CRM knows of its organization."""

from __future__ import annotations

from contextlib import closing

from connectors.base import StoreConfig
from connectors.crm.database import Connection, connect
from connectors.crm.keys import KeyRing
from connectors.crm.services import services_for
from connectors.crm.statements import load
from connectors.errors import ConfigurationError, StoreError
from connectors.preflight import Finding, Preflight, Reporting, Severity, preflight
from connectors.registry import open_connector


def check_store(database_url: str, keys: KeyRing, config: StoreConfig) -> Preflight:
    """Look at a saved store. Its faults are findings; raises DatabaseError."""
    try:
        connector = open_connector(config, services_for(database_url, keys, config))
    except (StoreError, ConfigurationError) as error:
        text = str(error).removeprefix(f'store "{config.key}": ')
        finding = Finding(code="access", severity=Severity.FAILURE, found=text)
        return Preflight(store=config.key, findings=(finding,))
    with closing(connector), connect(database_url, autocommit=True) as connection:
        return preflight(connector, config, reporting=_reporting(connection, config))


def _reporting(connection: Connection, config: StoreConfig) -> Reporting:
    def ask(currency: str) -> tuple[str, bool]:
        row = connection.execute(
            load("stores/reporting"),
            {"organization_id": config.organization_id, "currency": currency},
        ).fetchone()
        if row is None:
            raise ConfigurationError(f'the organization of store "{config.key}" is gone')
        return str(row[0]), bool(row[1])

    # The organization's own currency always has a rate to itself, so any code will do here.
    return Reporting(currency=ask("XXX")[0], has_rate=lambda currency: ask(currency)[1])
