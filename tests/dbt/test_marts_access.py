"""What dbt built is offered to its readers, every mart, and stays offered when it is rebuilt."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from fixtures.dbt_runs import Dbt
from fixtures.tenants import Tenant, furnish, request, sign_up
from psycopg import sql


def marts(dbt: Dbt) -> list[str]:
    """Names of all models that dbt puts in schema marts."""
    dbt.run("parse")
    manifest: dict[str, Any] = json.loads((dbt.project / "target" / "manifest.json").read_text())
    return sorted(
        node["alias"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    )


def columns(connection: psycopg.Connection, schema: str, relation: str) -> list[tuple[str, str]]:
    return connection.execute(
        "select attname, format_type(atttypid, null) from pg_attribute "
        "where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass and attnum > 0 "
        "and not attisdropped order by attnum",
        [schema, relation],
    ).fetchall()


def two_tenants(connection: psycopg.Connection) -> tuple[Tenant, Tenant]:
    ours, theirs = (
        furnish(connection, sign_up(connection, email=f"{name}@example.com"))
        for name in ("us", "them")
    )
    return ours, theirs


def organizations(connection: psycopg.Connection, relation: str) -> set[str]:
    rows = connection.execute(
        sql.SQL("select distinct organization_id::text from {}").format(
            sql.Identifier(*relation.split("."))
        )
    )
    return {row[0] for row in rows}


def test_every_mart_is_offered_to_members_and_to_analysts_and_no_figure_crosses_a_border(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    names = marts(dbt)
    assert "fct_orders" in names
    ours, theirs = two_tenants(connection)
    for name in names:
        assert columns(connection, "public", f"my_{name}") == columns(connection, "marts", name)
        assert organizations(connection, f"marts.{name}") == set()
    dbt.run("run")

    filled = [name for name in names if organizations(connection, f"marts.{name}")]
    # The reconciliation needs a store; nearly everything else has a row of each tenant.
    assert len(filled) >= len(names) - 4, set(names) - set(filled)
    for name in filled:
        assert organizations(connection, f"marts.{name}") == {
            ours.organization,
            theirs.organization,
        }
        for tenant in (ours, theirs):
            with request(connection, "authenticated", tenant.user) as api:
                assert organizations(api, f"public.my_{name}") == {tenant.organization}, name
    for role in ("anon", "service_role", "authenticated"):
        open_to = connection.execute(
            "select c.relname from pg_class as c where c.relnamespace = 'marts'::regnamespace "
            "and c.relkind in ('r', 'v', 'm', 'p') and has_table_privilege(%s, c.oid, 'select')",
            [role],
        ).fetchall()
        assert open_to == [], role

    # A rebuild from nothing, and a column more: readers find what they are used to.
    dbt.edit(
        "fct_sync_reconciliation", "compared.checked_at\n", "compared.checked_at,\n  1 as more\n"
    )
    dbt.run("run", "--full-refresh", "--select", "fct_orders", "fct_sync_reconciliation")
    connection.execute("drop table marts.fct_orders cascade")
    dbt.run("run", "--select", "fct_orders")
    with connection.transaction(force_rollback=True):
        connection.execute("set local role analyst")
        for name in names:
            connection.execute(
                sql.SQL("select 1 from marts.{} limit 1").format(sql.Identifier(name))
            )
        connection.execute("select 1 from analytics_revenue_metrics limit 1")
    assert columns(connection, "public", "my_fct_sync_reconciliation")[-1] == ("more", "integer")
    with request(connection, "authenticated", ours.user) as api:
        assert organizations(api, "public.my_fct_orders") == {ours.organization}


def test_the_members_views_carry_the_descriptions_of_the_marts(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    missing = connection.execute(
        "select c.relname, a.attname from pg_class as c "
        "join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 "
        "where c.relnamespace = 'public'::regnamespace and c.relname ~ '^my_(fct|dim)_' "
        "and col_description(c.oid, a.attnum) is null"
    ).fetchall()
    assert missing == []
