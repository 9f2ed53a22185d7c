"""The environment that points dbt at a database.

dbt takes a connection apart into its profile's fields and knows neither URLs nor libpq's other
spellings of the same thing; Storeloom knows one URL. Passing the pieces through the environment
keeps the password out of files and of argument lists, where every user of the machine reads it.
"""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from connectors.errors import ConfigurationError

_FIELDS: Final = {
    "STORELOOM_DBT_HOST": ("host", "localhost"),
    "STORELOOM_DBT_PORT": ("port", "5432"),
    "STORELOOM_DBT_USER": ("user", "postgres"),
    "STORELOOM_DBT_PASSWORD": ("password", ""),
    "STORELOOM_DBT_DBNAME": ("dbname", "postgres"),
    "STORELOOM_DBT_SSLMODE": ("sslmode", ""),
    "STORELOOM_DBT_SSLROOTCERT": ("sslrootcert", ""),
}


def dbt_environment(url: str) -> dict[str, str]:
    """Return the variables that `dbt_project/profiles.yml` reads, all of them.

    `url`: a postgresql:// URL or a libpq "key=value" string; the host may be a socket's directory.
    A password that is not in it is left to libpq (PGPASSWORD, the password file).
    Raises ConfigurationError, without the URL, when it cannot be read.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # libpq's own words quote what it stumbled over, which may be the password.
        raise ConfigurationError(
            "the database URL cannot be read: it should look like "
            "postgresql://user:password@host:5432/database, special characters %-encoded"
        ) from None
    return {
        variable: str(parts.get(field) or default) for variable, (field, default) in _FIELDS.items()
    }
