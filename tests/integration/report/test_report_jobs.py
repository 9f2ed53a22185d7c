"""The report in the night, by hand, and from the command line."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance
from fixtures.looked_at import NAME, Reported

from connectors.report.writing import report_path
from orchestration.definitions import defs
from orchestration.defs.reports.assets import MARTS
from orchestration.lib.dbt import MANIFEST, ensure_manifest

pytestmark = pytest.mark.xdist_group("report")


@pytest.fixture
def instance(reported: Reported) -> Iterator[DagsterInstance]:
    with reported.deployed.instance() as opened:
        yield opened


def test_a_report_that_fails_stops_no_other_and_is_told(
    reported: Reported, instance: DagsterInstance
) -> None:
    home = reported.deployed.home
    blocked = report_path(home, reported.random[0]).parent
    blocked.parent.mkdir(parents=True, exist_ok=True)
    # Where its directory should be there is a file.
    blocked.write_text("in the way")

    result = defs.resolve_job_def("build_reports").execute_in_process(
        instance=instance, raise_on_error=False
    )

    assert not result.success
    (failure,) = result.get_step_failure_events()
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert said.description is not None
    assert said.description.count("could not be made") == 1
    assert reported.random[0] in said.description
    others = [one for one in reported.everybody if one != reported.random[0]]
    for one in others:
        assert report_path(home, one).read_text().startswith("<!doctype html>")
    event = instance.get_latest_materialization_event(AssetKey("organization_reports"))
    assert event is not None
    assert event.asset_materialization is not None
    figures = {name: one.value for name, one in event.asset_materialization.metadata.items()}
    assert (figures["failed"], figures["reports"]) == (1, len(others))
    assert figures[f"win_rate of {NAME}"] == float(
        reported.deployed.one("select calculate_win_rate(%s)", reported.looked_at)
    )
    blocked.unlink()


def test_the_lineage_the_exposure_and_the_asset_name_the_same_marts() -> None:
    ensure_manifest()
    exposures = json.loads(MANIFEST.read_text())["exposures"]
    exposure = exposures["exposure.storeloom.organization_report"]
    read = {one.rsplit(".", 1)[1] for one in exposure["depends_on"]["nodes"]}
    assert read == set(MARTS)
    statements = Path("connectors/crm/sql/report").resolve()
    text = "\n".join(file.read_text() for file in statements.glob("*.sql"))
    assert {name for name in MARTS if f"marts.{name}" in text} == set(MARTS)
    assert text.count("marts.") == sum(text.count(f"marts.{name} ") for name in MARTS)


def test_the_command_writes_where_it_is_told_for_its_owner_only(
    reported: Reported, tmp_path: Path
) -> None:
    place = tmp_path / "deep" / "one.html"
    done = reported.deployed.run(
        "report", reported.looked_at, "--output", str(place), "--no-open", "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["path"] == str(place)
    assert {one["key"] for one in told["key_figures"]} >= {"net_revenue", "win_rate"}
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [one.name for one in place.parent.iterdir()] == ["one.html"]


def test_an_unknown_organization_is_one_line_that_names_those_there_are(
    reported: Reported,
) -> None:
    done = reported.deployed.run("report", "Nobody", "--no-open")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert 'there is no organization "Nobody"' in done.stderr
