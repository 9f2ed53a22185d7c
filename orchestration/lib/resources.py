"""What a run works with: the CRM's database and keys, and a heartbeat while it works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from dagster import ConfigurableResource, InitResourceContext, resource
from dagster_dbt import DbtCliResource
from pydantic import PrivateAttr

from connectors.base import StoreConfig
from connectors.crm.database import connect
from connectors.crm.fitness import check_store
from connectors.crm.heartbeats import beating
from connectors.crm.keys import KeyRing
from connectors.crm.services import services_for
from connectors.crm.sessions import Sessions
from connectors.crm.stores import load_config
from connectors.preflight import Preflight
from connectors.services import Services
from orchestration.lib.databases import open_databases, require_migrated
from orchestration.lib.dbt import PROJECT_DIRECTORY, dbt_executable, environment_for
from orchestration.settings import Settings, load_settings


class Crm(ConfigurableResource[Any]):
    """The CRM of this deployment. No configuration: everything comes from the settings.

    Made once a run (jobs use the in-process executor), which is also how long the heartbeat beats.
    """

    _settings: Settings | None = PrivateAttr(default=None)
    _url: str = PrivateAttr(default="")
    _keys: KeyRing | None = PrivateAttr(default=None)
    _sessions: Sessions | None = PrivateAttr(default=None)
    _open: ExitStack = PrivateAttr(default_factory=ExitStack)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Open the database and start the heartbeat; raises with one clear line."""
        self._settings = load_settings()
        self._url = open_databases(self._settings).crm_url
        if not self._settings.is_embedded:
            require_migrated(self._url)
        self._keys = KeyRing.load(self._settings.home, os.environ)
        # A run goes through many stores, so many of them at once.
        self._sessions = self._open.enter_context(
            Sessions(self._url, keep=self._settings.concurrency)
        )
        # dbt's profile reads these; the dbt resource hands its process our environment.
        os.environ.update(environment_for(self._url))
        if context.run is not None:
            self._open.enter_context(beating(self._url, context.run.run_id))

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Close what is open and stop the heartbeat."""
        del context
        self._open.close()

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        assert self._settings is not None  # noqa: S101 - Dagster sets a resource up before its use
        return self._settings

    @property
    def url(self) -> str:
        """libpq URL of the CRM's database."""
        return self._url

    @property
    def sessions(self) -> Sessions:
        """Sessions that syncs take from and leave for the next store of the run."""
        assert self._sessions is not None  # noqa: S101 - see `settings`
        return self._sessions

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that commits when the block ends well."""
        with connect(self._url) as opened:
            yield opened

    def store(self, key: str) -> StoreConfig:
        """The store's configuration with its credentials decrypted."""
        assert self._keys is not None  # noqa: S101 - see `settings`
        with self.connection() as opened:
            return load_config(opened, self._keys, key)

    def preflight(self, config: StoreConfig) -> Preflight:
        """Whether the store is fit to be synced."""
        assert self._keys is not None  # noqa: S101 - see `settings`
        return check_store(self.url, self._keys, config)

    def services(self, config: StoreConfig) -> Services:
        """What the connector of a store may use: its kept credentials and shared allowance."""
        assert self._keys is not None  # noqa: S101 - see `settings`
        return services_for(self.url, self._keys, config)


@resource(description="dbt, as installed beside this interpreter, on our project and profile.")
def dbt_resource() -> DbtCliResource:
    """Return dbt. A plain resource: as a configurable one its paths filled every launchpad."""
    return DbtCliResource(
        project_dir=str(PROJECT_DIRECTORY),
        profiles_dir=str(PROJECT_DIRECTORY),
        dbt_executable=dbt_executable(),
        global_config_flags=["--no-use-colors"],
    )
