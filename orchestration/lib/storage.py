"""Dagster's storage, resolved from our settings instead of from values in dagster.yaml.

dagster.yaml can read a variable but not start a server, and a URL written there travels to every
child process on the command line (`--instance-ref`), where `ps` shows its password. This class has
no configuration at all: each process that loads it asks the settings.
"""

from __future__ import annotations

from typing import Any

from dagster_postgres import DagsterPostgresStorage

from orchestration.lib.databases import open_databases, sqlalchemy_url
from orchestration.settings import load_settings


class StoreloomStorage(DagsterPostgresStorage):
    """PostgreSQL storage in the database that `orchestration.settings` names."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No keys: everything comes from STORELOOM_* variables."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> StoreloomStorage:
        """Open the database, starting the embedded server when it is ours."""
        del config_value
        databases = open_databases(load_settings())
        return cls(postgres_url=sqlalchemy_url(databases.dagster_url), inst_data=inst_data)
