from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import ConfigurationError
from orchestration.settings import PROJECT, Environment, known_variables, load_settings


def test_without_variables_everything_is_local_and_embedded() -> None:
    settings = load_settings({})

    assert settings.is_embedded
    assert settings.home == PROJECT / ".storeloom"
    assert settings.environment is Environment.LOCAL
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)


def test_a_misspelt_variable_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"STORELOOM_DATABSE_URL": "postgresql://x"})

    assert "STORELOOM_DATABSE_URL" in str(caught.value)
    for name in known_variables():
        assert name in str(caught.value)


def test_credentials_and_dbt_variables_are_no_misspellings() -> None:
    load_settings(
        {
            "STORELOOM_STORE_EU_SHOP_ACCESS_TOKEN": "secret",
            "STORELOOM_ENCRYPTION_KEYS": "a:b",
            "STORELOOM_DBT_HOST": "localhost",
        }
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORELOOM_ENVIRONMENT", "qa"),
        ("STORELOOM_PORT", "none"),
        ("STORELOOM_CONCURRENCY", "0"),
        ("STORELOOM_DATABASE_URL", "mysql://user:hunter2@host/db"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_variable_and_not_the_value(
    name: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings({name: value})

    assert str(caught.value).startswith(name)
    assert "hunter2" not in str(caught.value)


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert load_settings({"STORELOOM_DATABASE_URL": "", "STORELOOM_HOME": ""}).is_embedded


def test_passwords_do_not_show_in_repr() -> None:
    settings = load_settings({"STORELOOM_DATABASE_URL": "postgresql://user:hunter2@host/crm"})

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings.model_dump())


def test_dagsters_database_lies_beside_the_crm_under_its_own_name() -> None:
    settings = load_settings(
        {"STORELOOM_DATABASE_URL": "postgresql://u:p@host:5433/crm?sslmode=require"}
    )

    crm, dagster = settings.external_urls()

    assert crm == "postgresql://u:p@host:5433/crm?sslmode=require"
    assert dagster == "postgresql://u:p@host:5433/crm_dagster?sslmode=require"


def test_dagsters_database_can_be_given() -> None:
    settings = load_settings(
        {
            "STORELOOM_DATABASE_URL": "postgresql://u@host/crm",
            "STORELOOM_DAGSTER_DATABASE_URL": "postgresql://u@other/runs",
        }
    )

    assert settings.external_urls()[1] == "postgresql://u@other/runs"


def test_home_may_be_written_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert load_settings({"STORELOOM_HOME": "~/shop data"}).home == tmp_path / "shop data"


def test_rates_come_from_a_web_address_or_are_off() -> None:
    assert load_settings({}).rates_url.startswith("https://www.ecb.europa.eu/")
    assert load_settings({"STORELOOM_RATES_URL": "off"}).rates_url == "off"
    for wrong in ("ftp://ecb", "ecb.europa.eu", "OFF", "file:///etc"):
        with pytest.raises(ConfigurationError, match="STORELOOM_RATES_URL: must start with https"):
            load_settings({"STORELOOM_RATES_URL": wrong})


def test_the_file_of_rates_is_an_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    found = load_settings({"STORELOOM_RATES_FILE": "~/eurofxref-hist.xml"}).rates_file
    assert str(found) == "/home/ada/eurofxref-hist.xml"
