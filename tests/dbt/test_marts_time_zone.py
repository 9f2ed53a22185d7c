"""The marts' own unit tests where a first of the month may have no midnight."""

from __future__ import annotations

from fixtures.dbt_runs import Dbt


def test_cohorts_count_months_the_same_where_october_began_an_hour_late(dbt: Dbt) -> None:
    ran = dbt.run(
        "test",
        "--select",
        "fct_client_cohorts,test_type:unit",
        environment={"PGTZ": "America/Asuncion"},
    )
    assert "an_october_without_its_midnight_is_a_month_all_the_same" in ran
