"""The descriptions of the .yml files, where analysts meet them: on a page, and in PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import data_dictionary
import psycopg
import pytest
from fixtures.dbt_runs import PROJECT, Dbt


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return data_dictionary.parsed(PROJECT)


def test_the_page_is_as_old_as_the_models(manifest: dict[str, Any]) -> None:
    assert data_dictionary.PAGE.read_text() == data_dictionary.render(manifest), (
        "run: python -m tests.data_dictionary"
    )


def test_every_mart_and_view_is_on_the_page_with_every_column(manifest: dict[str, Any]) -> None:
    page = data_dictionary.PAGE.read_text()

    models = data_dictionary.marts(manifest)
    assert len(models) >= 20
    for model in models:
        section = page.split(f"### `{model['schema']}.{model['name']}`\n")[1].split("\n### ")[0]
        assert section.lstrip().startswith("One row per ")
        for column in model["columns"].values():
            assert f"| `{column['name']}` | {column['data_type']} | " in section


def test_a_changed_description_makes_the_page_old(tmp_path: Path) -> None:
    dbt = Dbt("postgresql://nobody@localhost/nothing", tmp_path)
    (yml,) = dbt.project.glob("models/**/fct_orders.yml")
    yml.write_text(yml.read_text().replace("One row per order of", "One row per single order of"))

    page = data_dictionary.render(data_dictionary.parsed(dbt.project))

    assert page != data_dictionary.PAGE.read_text()
    assert "One row per single order of any status." in page


def test_postgresql_says_of_every_relation_and_column_what_the_models_say(
    manifest: dict[str, Any], connection: psycopg.Connection
) -> None:
    for model in data_dictionary.marts(manifest):
        relation = f"{model['schema']}.{model['name']}"
        found = connection.execute(
            """
            select d.objsubid, a.attname, d.description
            from pg_description as d
            left join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid
            where d.objoid = %s::regclass and d.classoid = 'pg_class'::regclass
            """,
            [relation],
        ).fetchall()

        said = {name: text for number, name, text in found if number}
        assert said == {c["name"]: c["description"] for c in model["columns"].values()}, relation
        assert [text for number, _, text in found if not number] == [model["description"]]
