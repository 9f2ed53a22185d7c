"""The asset, the night's step and the command line, on real Dagster and a real server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, Definitions, job, op
from fixtures.deployments import Deployment, deployment
from fixtures.http.scripted import ScriptedServer, Told
from fixtures.tenants import insert

from connectors.crm.embedded import EmbeddedServer
from orchestration.definitions import defs
from orchestration.defs.sync.jobs import rate_orders
from orchestration.lib.outcomes import StoreOutcome
from orchestration.lib.resources import Crm

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "rates"
TODAY = datetime.now(UTC).date()


def todays(rate: str, days_ago: int = 0) -> bytes:
    """The recorded daily file as the ECB would publish it on a day near today."""
    text = (RECORDED / "eurofxref-daily.xml").read_text()
    day = (TODAY - timedelta(days=days_ago)).isoformat()
    return text.replace("2024-06-28", day).replace("1.0705", rate).encode()


class Bank:
    """The ECB's site as a test wants it."""

    def __init__(self) -> None:
        self.body: bytes | None = None

    def answer(self, _: object) -> Told:
        if self.body is None:
            return Told(status=404, body=b"moved", media="text/plain")
        return Told(body=self.body, media="text/xml")


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank()


@pytest.fixture(scope="module")
def deployed(
    server: EmbeddedServer,
    template: str,
    bank: Bank,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """A deployment that asks our server, with one order in dollars of today."""
    with (
        ScriptedServer(bank.answer) as site,
        deployment(server, template, tmp_path_factory.mktemp("rates") / "home") as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STORELOOM_RATES_URL", site.url)
        with psycopg.connect(made.url) as connection:
            connection.execute("delete from sync.exchange_rates")
            buyer = insert(connection, "crm_clients", organization_id=made.organization_id)
            insert(
                connection, "crm_orders", organization_id=made.organization_id, client_id=buyer,
                order_number="1", total=100, currency="USD", order_date=f"{TODAY} 00:00Z",
            )  # fmt: skip
        yield made


@pytest.fixture(scope="module")
def instance(deployed: Deployment) -> Iterator[DagsterInstance]:
    with deployed.instance() as opened:
        yield opened


def rate(deployed: Deployment) -> Decimal | None:
    found = deployed.one("select exchange_rate from crm_orders")
    assert found is None or isinstance(found, Decimal)
    return found


def command(deployed: Deployment, *words: str) -> subprocess.CompletedProcess[str]:
    """`storeloom rates …` in a process of its own, which asks our server."""
    return deployed.run("rates", *words, STORELOOM_RATES_URL=os.environ["STORELOOM_RATES_URL"])


def check(instance: DagsterInstance, name: str) -> tuple[bool, str]:
    """The latest evaluation of a check, whoever reported it."""
    key = AssetCheckKey(AssetKey("exchange_rates"), name)
    (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    assert record.event.dagster_event is not None
    data = record.event.dagster_event.asset_check_evaluation_data
    return data.passed, data.description or ""


def night(instance: DagsterInstance) -> list[StoreOutcome]:
    @op
    def nothing_synced() -> list[StoreOutcome]:
        return []

    @job
    def rates_of_the_night() -> None:
        rate_orders(nothing_synced())

    made = Definitions(jobs=[rates_of_the_night], resources={"crm": Crm()})
    result = made.resolve_job_def("rates_of_the_night").execute_in_process(instance=instance)
    assert result.success
    outcomes = result.output_for_node("rate_orders")
    assert isinstance(outcomes, list)
    return outcomes


def test_a_silent_bank_does_not_stop_the_night_and_both_checks_say_what_is_missing(
    deployed: Deployment, instance: DagsterInstance, bank: Bank
) -> None:
    bank.body = None
    assert night(instance) == []

    is_recent, said = check(instance, "rates_are_recent")
    assert not is_recent
    assert "answered 404" in said
    is_complete, said = check(instance, "orders_have_rates")
    assert not is_complete
    assert "Acme: 1 order(s) in USD" in said
    assert rate(deployed) is None


def test_the_command_fails_with_one_clear_line_when_the_bank_has_a_web_page_only(
    deployed: Deployment, bank: Bank
) -> None:
    bank.body = b"<html>maintenance</html>"
    result = command(deployed, "load")
    assert (result.returncode, result.stdout) == (1, "")
    assert "it begins with <html>" in result.stderr


def test_the_asset_loads_and_orders_follow(
    deployed: Deployment, instance: DagsterInstance, bank: Bank
) -> None:
    bank.body = todays("1.25")
    result = defs.resolve_job_def("load_exchange_rates").execute_in_process(
        instance=instance, raise_on_error=False
    )
    assert result.success
    (made,) = result.asset_materializations_for_node("exchange_rates")
    metadata = {name: value.value for name, value in made.metadata.items()}
    assert metadata["rates_inserted"] == 30
    assert metadata["orders_rated"] == 1
    assert metadata["newest_rate"] == TODAY.isoformat()
    assert rate(deployed) == Decimal("0.8")


def test_the_night_corrects_what_the_bank_revised_and_finds_all_well(
    deployed: Deployment, instance: DagsterInstance, bank: Bank
) -> None:
    bank.body = todays("2")
    night(instance)
    assert rate(deployed) == Decimal("0.5")
    assert check(instance, "rates_are_recent")[0]
    assert check(instance, "orders_have_rates") == (True, "every order has a rate")


def test_people_see_and_state_rates_on_the_command_line(deployed: Deployment, bank: Bank) -> None:
    shown = command(deployed, "show", "usd", "--json")
    (found,) = json.loads(shown.stdout)["rates"]
    assert (found["quote_currency"], found["rate"], found["source"]) == ("USD", "2.00000000", "ECB")

    first = TODAY.replace(day=1).isoformat()
    stated = command(
        deployed, "set", "eur", "usd", "4", "--from", first, "--until", TODAY.isoformat()
    )
    assert stated.returncode == 0, stated.stderr
    assert "1 orders of 1 organizations have another rate now" in stated.stdout
    assert rate(deployed) == Decimal("0.25")

    bank.body = todays("3")
    loaded = command(deployed, "load")
    assert "no order needed another rate" in loaded.stdout
    assert rate(deployed) == Decimal("0.25")

    refused = command(deployed, "set", "eur", "usd", "1,1", "--from", first)
    assert refused.returncode == 1
    assert refused.stderr.startswith('storeloom: "1,1" is no number')


def test_an_old_newest_rate_is_told(
    deployed: Deployment, instance: DagsterInstance, bank: Bank
) -> None:
    with psycopg.connect(deployed.url) as connection:
        connection.execute("delete from sync.exchange_rates where source = 'ECB'")
    bank.body = todays("2", days_ago=6)
    # Midnight may have passed since the module was loaded, and may pass while the night runs.
    days = [datetime.now(UTC).date()]
    night(instance)
    days.append(datetime.now(UTC).date())
    newest = TODAY - timedelta(days=6)
    is_passed, told = check(instance, "rates_are_recent")
    assert not is_passed
    assert told in {
        f"the newest rate of the ECB is of {newest}, {(day - newest).days} day(s) ago"
        for day in days
    }
