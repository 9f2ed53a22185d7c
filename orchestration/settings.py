"""Every setting Storeloom knows, read from the environment once and checked.

A misspelt variable used to be ignored in silence, and an unknown environment inherited production's
behaviour; both are errors here, and the text lists what is known.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from connectors.errors import ConfigurationError
from connectors.rates import ECB, OFF

# The checkout: pyproject.toml, dagster.yaml, migrations/ and dbt_project/ lie here.
PROJECT: Final = Path(__file__).resolve().parent.parent
CRM_DATABASE: Final = "storeloom"
DAGSTER_DATABASE: Final = "storeloom_dagster"
# Read by others, so that they are known here too: the key ring, a store's or channel's credentials.
ENCRYPTION_KEYS: Final = "STORELOOM_ENCRYPTION_KEYS"
STORE_CREDENTIAL: Final = re.compile(r"STORELOOM_(STORE|CHANNEL)_[A-Z0-9_]+")
# Set by us: for dbt's profile, and for the test suite.
OUR_OWN: Final = re.compile(r"STORELOOM_(DBT|TEST)_[A-Z0-9_]+")
_URL_SCHEMES: Final = ("postgresql", "postgres")


class Environment(StrEnum):
    """Where this runs. There is no default for a word that is none of these."""

    LOCAL = "local"
    STAGING = "staging"
    PRODUCTION = "production"


class Settings(BaseModel):
    """Typed settings; each field is the variable STORELOOM_<FIELD>.

    `database_url` None means the embedded server under `home`. `shard_size`: stores a nightly
    shard holds. `concurrency`: stores read at the same time. `retention_days`: how long finished
    runs stay in Dagster's event log. `rates_url`: the folder of the ECB's files or of a mirror, or
    "off"; `rates_file`: one of these files instead. Secrets print as asterisks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Path = PROJECT / ".storeloom"
    database_url: SecretStr | None = None
    dagster_database_url: SecretStr | None = None
    environment: Environment = Environment.LOCAL
    shard_size: int = Field(default=50, ge=1, le=1000)
    concurrency: int = Field(default=4, ge=1, le=64)
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)
    retention_days: int = Field(default=30, ge=1)
    rates_url: str = ECB
    rates_file: Path | None = None

    @field_validator("home", "rates_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @field_validator("rates_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value != OFF and not value.startswith(("https://", "http://")):
            raise ValueError(f'must start with https:// or http://, or be "{OFF}"')
        return value

    @field_validator("database_url", "dagster_database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            scheme = urlsplit(value.get_secret_value()).scheme
        except ValueError as error:
            raise ValueError("is no URL; special characters in the password need %xx") from error
        if scheme not in _URL_SCHEMES:
            raise ValueError("must start with postgresql://")
        return value

    @property
    def is_embedded(self) -> bool:
        """Whether Storeloom runs its own PostgreSQL."""
        return self.database_url is None

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps step outputs and compute logs."""
        return self.home / "dagster"

    @property
    def log_directory(self) -> Path:
        """Where long-running children write what they have to say."""
        return self.home / "log"

    def external_urls(self) -> tuple[str, str]:
        """Return (CRM, Dagster storage) URLs of a server that is not ours.

        Without STORELOOM_DAGSTER_DATABASE_URL the storage is `<CRM database>_dagster` beside it.
        """
        if self.database_url is None:
            raise ConfigurationError("STORELOOM_DATABASE_URL is not set")
        crm = self.database_url.get_secret_value()
        if self.dagster_database_url is not None:
            return crm, self.dagster_database_url.get_secret_value()
        parts = urlsplit(crm)
        name = parts.path.lstrip("/") or CRM_DATABASE
        return crm, urlunsplit(parts._replace(path=f"/{name}_dagster"))


def known_variables() -> list[str]:
    """Return the names of all settings, as people set them."""
    return [f"STORELOOM_{name.upper()}" for name in Settings.model_fields] + [ENCRYPTION_KEYS]


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `environment` (default: the process's).

    Raises ConfigurationError naming the variable and what to write instead.
    """
    variables = os.environ if environment is None else environment
    ours = {name: value for name, value in variables.items() if name.startswith("STORELOOM_")}
    fields = {f"STORELOOM_{name.upper()}": name for name in Settings.model_fields}
    unknown = [
        name
        for name in sorted(ours)
        if name not in fields
        and name != ENCRYPTION_KEYS
        and not STORE_CREDENTIAL.fullmatch(name)
        and not OUR_OWN.fullmatch(name)
    ]
    if unknown:
        raise ConfigurationError(
            f"unknown setting {', '.join(unknown)}; known are {', '.join(known_variables())} "
            "and STORELOOM_STORE_<KEY>_<CREDENTIAL>"
        )
    # An empty variable is how shells and compose files unset one.
    values = {fields[name]: value for name, value in ours.items() if name in fields and value}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"STORELOOM_{str(first['loc'][0]).upper()}"
        raise ConfigurationError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
