from __future__ import annotations

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from connectors.crm.dbt_profile import dbt_environment
from connectors.errors import ConfigurationError

words = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1)


def test_every_part_of_a_url_reaches_dbt() -> None:
    url = (
        "postgresql://dbt:p%40ss%20word@db.example.com:6543/crm?sslmode=verify-full&sslrootcert=/ca"
    )

    assert dbt_environment(url) == {
        "STORELOOM_DBT_HOST": "db.example.com",
        "STORELOOM_DBT_PORT": "6543",
        "STORELOOM_DBT_USER": "dbt",
        "STORELOOM_DBT_PASSWORD": "p@ss word",
        "STORELOOM_DBT_DBNAME": "crm",
        "STORELOOM_DBT_SSLMODE": "verify-full",
        "STORELOOM_DBT_SSLROOTCERT": "/ca",
    }


@given(user=words, password=words, directory=words)
def test_any_password_and_socket_directory_survive(
    user: str, password: str, directory: str
) -> None:
    url = make_conninfo(user=user, password=password, host=f"/with space/{directory}")

    found = dbt_environment(url)

    assert found["STORELOOM_DBT_USER"] == user
    assert found["STORELOOM_DBT_PASSWORD"] == password
    assert found["STORELOOM_DBT_HOST"] == f"/with space/{directory}"


def test_an_unreadable_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError, match="should look like") as refused:
        dbt_environment("postgresql://me:hunter2@host/crm?hunter2=1")

    assert "hunter2" not in str(refused.value)
    # libpq's own error, which quotes the parameter, is not shown with it.
    assert refused.value.__suppress_context__


def test_dbt_connects_with_a_password_that_needs_quoting(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    password = "it's {{ 1 }} \\ \" a: #password"
    dbt.url = make_conninfo(dbt.url, password=password)

    dbt.run("run", "--select", "stg_crm__channels")
