"""The schema is the contract, to the letter, on every kind of server."""

from __future__ import annotations

import re

import psycopg
import pytest
from fixtures.contract import DISABLED_TRIGGERS, FUNCTIONS, TABLES, TRIGGERS, Table
from fixtures.servers import Target

ACTIONS = {"c": "cascade", "n": "set null"}


@pytest.fixture(params=TABLES, ids=list(TABLES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def table(name: str) -> Table:
    return TABLES[name]


def test_exactly_the_seventeen_tables_stand_in_public(catalog: psycopg.Connection) -> None:
    rows = catalog.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'f')"
    ).fetchall()
    assert len(TABLES) == 17
    assert {row[0] for row in rows} == set(TABLES)


def test_columns_have_the_documented_types_nullability_and_defaults(
    catalog: psycopg.Connection, name: str, table: Table
) -> None:
    rows = catalog.execute(
        """
        select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated,
               pg_get_expr(d.adbin, d.adrelid)
        from pg_attribute as a
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """,
        [f"public.{name}"],
    ).fetchall()
    found = {
        column: kind
        + (" !" if is_required else "")
        + (" generated" if generated else f" = {default}" if default else "")
        for column, kind, is_required, generated, default in rows
    }
    assert found == {**table.columns, **table.additive}
    assert list(found)[: len(table.columns)] == list(table.columns)


def test_keys_and_unique_constraints_are_the_documented_ones(
    catalog: psycopg.Connection, name: str, table: Table
) -> None:
    rows = catalog.execute(
        """
        select c.contype, array(
          select a.attname::text from unnest(c.conkey) with ordinality as k (number, position)
          join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number
          order by k.position
        )
        from pg_constraint as c
        where c.conrelid = to_regclass(%s) and c.contype in ('p', 'u')
        """,
        [f"public.{name}"],
    ).fetchall()
    assert [tuple(columns) for kind, columns in rows if kind == "p"] == [(table.key,)]
    unique = {tuple(columns) for kind, columns in rows if kind == "u"}
    # The second column of this pair is the key already: it only lets references name both.
    assert unique - {("organization_id", "id")} == set(table.unique)


def test_unique_keys_let_nulls_repeat(catalog: psycopg.Connection) -> None:
    rows = catalog.execute(
        "select indexrelid::regclass from pg_index as i join pg_class as c on c.oid = i.indrelid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and i.indisunique"
        " and (i.indnullsnotdistinct or i.indpred is not null)"
    ).fetchall()
    assert rows == []


def test_references_lead_to_the_documented_tables_with_the_documented_actions(
    catalog: psycopg.Connection, name: str, table: Table
) -> None:
    rows = catalog.execute(
        """
        select c.conname, c.confrelid::regclass::text, c.confdeltype, array(
          select a.attname::text from pg_attribute as a
          where a.attrelid = c.conrelid and a.attnum = any(c.conkey)
        ), array(
          select a.attname::text from pg_attribute as a
          where a.attrelid = c.conrelid and a.attnum = any(c.confdelsetcols)
        )
        from pg_constraint as c
        where c.conrelid = to_regclass(%s) and c.contype = 'f'
        """,
        [f"public.{name}"],
    ).fetchall()
    found = set()
    for constraint, parent, action, columns, nulled in rows:
        own = [c for c in columns if c != "organization_id"] or columns
        found.add((own[0], parent.removeprefix("public."), ACTIONS[action]))
        assert constraint == f"{name}_{own[0]}_fkey"
        assert nulled == (own if ACTIONS[action] == "set null" else [])
        crosses = parent not in {"public.organizations", "auth.users"}
        assert ("organization_id" in columns) == (crosses or own == ["organization_id"])
    assert found == set(table.references)
    assert len(rows) == len(table.references)


def test_checks_admit_exactly_the_documented_values(
    catalog: psycopg.Connection, name: str, table: Table
) -> None:
    rows = catalog.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint"
        " where conrelid = to_regclass(%s) and contype = 'c'",
        [f"public.{name}"],
    ).fetchall()
    checks: dict[str, str] = dict(rows)
    for column, values in table.values.items():
        found = set(re.findall(r"'([^']*)'", checks[f"{name}_{column}_check"]))
        assert found == values
    if name == "crm_deals":
        bounds = re.findall(r"\d+", checks["crm_deals_probability_check"])
        assert bounds == ["0", "100"]


def test_documented_indexes_exist_under_their_names(
    catalog: psycopg.Connection, name: str, table: Table
) -> None:
    rows = catalog.execute(
        "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename = %s",
        [name],
    ).fetchall()
    found = {index: re.findall(r"\((.*)\)$", definition) for index, definition in rows}
    assert {index: found.get(index) for index in table.indexes} == {
        index: [column] for index, column in table.indexes.items()
    }


def test_triggers_stand_on_their_tables_and_only_the_documented_one_is_disabled(
    catalog: psycopg.Connection,
) -> None:
    rows = catalog.execute(
        """
        select tgname, tgrelid::regclass::text, tgenabled from pg_trigger
        where not tgisinternal
          and (tgrelid = 'auth.users'::regclass or tgrelid in (
            select oid from pg_class where relnamespace = 'public'::regnamespace))
        """
    ).fetchall()
    found = {trigger: relation.removeprefix("public.") for trigger, relation, _ in rows}
    assert TRIGGERS.items() <= found.items()
    assert {trigger for trigger, _, enabled in rows if enabled == "D"} == DISABLED_TRIGGERS


def test_functions_have_the_documented_signature_language_and_security(
    catalog: psycopg.Connection,
) -> None:
    rows = catalog.execute(
        """
        select p.proname || '(' || array_to_string(array(
                 select format_type(t, null) from unnest(p.proargtypes) as t), ',') || ')',
               case when p.proretset then 'table' else format_type(p.prorettype, null) end,
               l.lanname, p.prosecdef, p.provolatile, coalesce(p.proconfig, '{}')
        from pg_proc as p join pg_language as l on l.oid = p.prolang
        where p.pronamespace = 'public'::regnamespace
        """
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    for signature, (result, language, is_definer, volatility) in FUNCTIONS.items():
        assert signature in found
        has = found[signature]
        assert has[:2] == (result, language), signature
        assert is_definer is None or has[2] == is_definer, signature
        assert has[3] == volatility, signature
    assert all('search_path=""' in settings for *_, settings in found.values())


def test_every_table_has_row_security_and_one_policy_for_members(
    catalog: psycopg.Connection, target: Target, name: str
) -> None:
    assert catalog.execute(
        "select relrowsecurity from pg_class where oid = to_regclass(%s)", [f"public.{name}"]
    ).fetchone() == (True,)
    rows = catalog.execute(
        "select cmd, roles::text[], qual, with_check from pg_policies"
        " where schemaname = 'public' and tablename = %s",
        [name],
    ).fetchall()
    members = [row for row in rows if row[1] == ["authenticated"]]
    assert len(members) == 1
    command, _, using, check = members[0]
    assert command == ("SELECT" if name == "crm_deal_stages_history" else "ALL")
    if name == "profiles":
        pattern = r"\(id = \( SELECT auth\.uid\(\) AS uid\)\)"
    else:
        column = "id" if name == "organizations" else "organization_id"
        pattern = rf"\({column} = \( SELECT public\.get_my_organization_id\(\) AS \w+\)\)"
    assert re.fullmatch(pattern, using)
    assert check is None or check == using
    others = [row[1] for row in rows if row[1] != ["authenticated"]]
    is_plain_owner = target.kind.name == "postgres-16-plain-owner"
    assert others == ([["service_role"]] if is_plain_owner else [])
