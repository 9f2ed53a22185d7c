"""What dbt-project-evaluator would say of the dbt project, and that it would say it."""

from __future__ import annotations

import pytest
from fixtures.dbt_runs import Dbt
from fixtures.project_rules import rulebook
from fixtures.project_rules.exceptions import EXEMPTIONS
from fixtures.project_rules.planted import MISTAKES, plant
from fixtures.project_rules.project import Finding, Project

# Built once, by one worker.
pytestmark = pytest.mark.xdist_group("rules")

# Parsing connects to nothing.
NOWHERE = "postgresql://nobody@localhost/nothing"


def parsed(dbt: Dbt) -> Project:
    dbt.run("parse")
    return Project.read(dbt.project / "target" / "manifest.json")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return parsed(Dbt(NOWHERE, tmp_path_factory.mktemp("rules")))


@pytest.fixture(scope="module")
def bad_project(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    dbt = Dbt(NOWHERE, tmp_path_factory.mktemp("bad"))
    plant(dbt.project)
    return rulebook.findings(parsed(dbt))


def test_the_project_keeps_every_rule_but_for_exceptions_with_a_reason(project: Project) -> None:
    assert rulebook.unexcused(project) == []
    assert all(len(exemption.reason.split()) > 3 for exemption in EXEMPTIONS)


def test_no_exception_outlives_what_it_excused(project: Project) -> None:
    assert rulebook.unused(project) == []


@pytest.mark.parametrize(("rule", "about"), MISTAKES.items())
def test_a_planted_mistake_is_found(
    rule: str, about: str, project: Project, bad_project: list[Finding]
) -> None:
    assert (rule, about) in {finding[:2] for finding in bad_project}
    assert (rule, about) not in {finding[:2] for finding in rulebook.findings(project)}


def test_every_rule_has_a_mistake_planted_for_it() -> None:
    assert sorted(MISTAKES) == sorted(rule.__name__ for rule in rulebook.RULES)
