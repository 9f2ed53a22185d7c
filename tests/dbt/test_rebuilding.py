from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.tenants import furnish, sign_up

VIEW = "analytics_revenue_metrics"
# Adds a column, so that readers of the old shape and of the new one can be told apart.
OLD_SQL, NEW_SQL = "from daily", "from daily where order_count >= 0"


@contextmanager
def readers(url: str, *statements: str, role: str = "none") -> Iterator[list[str]]:
    """Read in a loop, one connection a statement; what failed or waited too long is in the list."""
    failures: list[str] = []
    ended = threading.Event()
    counts = dict.fromkeys(statements, 0)

    def read(statement: str) -> None:
        with psycopg.connect(url, autocommit=True, options=f"-c role={role}") as connection:
            # The API's roles have 3 s in all on Supabase.
            connection.execute("set statement_timeout = '2s'")
            while not ended.is_set():
                try:
                    connection.execute(statement.encode()).fetchall()
                except psycopg.Error as error:
                    failures.append(f"{statement}: {error}")
                counts[statement] += 1

    threads = [threading.Thread(target=read, args=(statement,)) for statement in statements]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert all(count > 20 for count in counts.values()), counts


def value(connection: psycopg.Connection, statement: str, *parameters: Any) -> Any:
    row = connection.execute(statement.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def outsider(connection: psycopg.Connection) -> str:
    """A role of somebody else's, allowed to read one view and two views of his over it."""
    connection.execute(
        f"""
        do $$ begin create role reporting_tool; exception when duplicate_object then null; end $$;
        create schema reports;
        create view reports.revenue with (security_barrier = true) as
            select organization_id, total_revenue, period_day from public.{VIEW};
        create view reports."Big days" as select * from reports.revenue where total_revenue > 1000;
        comment on view reports.revenue is 'For the board';
        comment on column reports.revenue.total_revenue is 'In thousands';
        grant usage on schema reports to reporting_tool;
        grant select on public.{VIEW}, reports.revenue to reporting_tool;
        grant select on reports."Big days" to reporting_tool with grant option;
        """.encode()
    )
    return "reporting_tool"


def test_changed_sql_is_rebuilt_while_everybody_goes_on_reading(
    dbt: Dbt, views: str, connection: psycopg.Connection, outsider: str
) -> None:
    tenant = furnish(connection, sign_up(connection, email="a@x"))
    connection.execute("select refresh_all_analytics()")
    before = {
        view: value(connection, "select %s::regclass::oid", view)
        for view in (VIEW, "analytics_deal_metrics")
    }
    dbt.edit(VIEW, OLD_SQL, NEW_SQL)

    with (
        readers(views, f"select * from public.{VIEW}", f"select * from my_{VIEW}") as failures,
        readers(views, "select * from reports.revenue", role=outsider) as outsiders_failures,
    ):
        dbt.run("run", "--select", VIEW, "analytics_deal_metrics")

    assert failures + outsiders_failures == []
    assert "order_count >= 0" in value(connection, "select pg_get_viewdef(%s::regclass)", VIEW)
    assert value(connection, f"select count(*) from {VIEW}") == 1
    # Only the changed one was rebuilt.
    assert value(connection, "select %s::regclass::oid", VIEW) != before[VIEW]
    assert (
        value(connection, "select 'analytics_deal_metrics'::regclass::oid")
        == before["analytics_deal_metrics"]
    )
    assert value(connection, "select indexname from pg_indexes where tablename = %s", VIEW) == (
        f"idx_{VIEW}"
    )

    # Somebody else's views and rights are as they were.
    kept = connection.execute(
        """
        select
            c.relname, c.reloptions, obj_description(c.oid, 'pg_class'),
            col_description(c.oid, 2),
            has_table_privilege('reporting_tool', c.oid, 'select'),
            has_table_privilege('reporting_tool', c.oid, 'select with grant option')
        from pg_class as c
        where c.oid in ('reports.revenue'::regclass, 'reports."Big days"'::regclass, %s::regclass)
        order by c.relname collate "C"
        """,
        [VIEW],
    ).fetchall()
    assert kept[0] == ("Big days", None, None, None, True, True)
    assert kept[1][0] == VIEW
    assert kept[1][4:] == (True, False)
    assert kept[2] == (
        "revenue",
        ["security_barrier=true"],
        "For the board",
        "In thousands",
        True,
        False,
    )
    for role in ("anon", "authenticated"):
        assert not value(connection, "select has_table_privilege(%s, %s, 'select')", role, VIEW)
    assert tenant.organization == str(value(connection, f"select organization_id from {VIEW}"))

    # And the next build is a refresh again, concurrent, which sees new rows.
    rebuilt = value(connection, "select %s::regclass::oid", VIEW)
    connection.execute("delete from crm_orders")
    results = dbt.run("run", "--select", VIEW)
    assert value(connection, "select %s::regclass::oid", VIEW) == rebuilt
    assert results[VIEW].message == "REFRESH MATERIALIZED VIEW"
    assert value(connection, f"select count(*) from {VIEW}") == 0


def test_a_build_and_a_refresh_never_make_a_reader_wait(
    dbt: Dbt, views: str, connection: psycopg.Connection
) -> None:
    furnish(connection, sign_up(connection, email="a@x"))
    statements = [
        f"select * from public.{row[0]}"
        for row in connection.execute(
            "select matviewname from pg_matviews where schemaname = 'public'"
        )
    ]
    oids = "select array_agg(oid order by relname) from pg_class where relname like %s"
    before = value(connection, oids, "analytics_%")

    with readers(views, *statements) as failures:
        dbt.run("run", "--full-refresh")
        rebuilt = value(connection, oids, "analytics_%")
        dbt.run("run")
        refreshed = value(connection, oids, "analytics_%")
        for _ in range(3):
            connection.execute("select refresh_all_analytics()")

    assert failures == []
    assert set(before).isdisjoint(rebuilt)
    assert refreshed == rebuilt


def test_a_refresh_by_dbt_does_not_wait_for_readers_nor_they_for_it(dbt: Dbt, views: str) -> None:
    # A reader in the middle of a long transaction: a plain refresh would queue behind it, and
    # everybody else behind the refresh.
    with psycopg.connect(views) as slow, psycopg.connect(views, autocommit=True) as another:
        slow.execute(f"select * from {VIEW}".encode())
        # So that waiting fails instead of lasting for ever.
        dbt.run("run", "--select", VIEW, environment={"PGOPTIONS": "-c lock_timeout=5s"})
        another.execute("set lock_timeout = '1s'")
        another.execute(f"select * from {VIEW}".encode())


def test_a_rebuild_waits_for_a_slow_reader_without_making_the_others_wait(
    dbt: Dbt, views: str, connection: psycopg.Connection
) -> None:
    dbt.edit(VIEW, OLD_SQL, NEW_SQL)
    with psycopg.connect(views) as slow, readers(views, f"select * from {VIEW}") as failures:
        slow.execute(f"select * from {VIEW}".encode())
        tried = threading.Event()

        def let_go_once_the_rebuild_has_met_it() -> None:
            waiting = (
                "select count(*) > 0 from pg_locks where not granted and relation = %s::regclass"
            )
            while not value(connection, waiting, VIEW):
                tried.wait(0.01)
            # Longer than one attempt lasts, so that at least one must have been given up.
            tried.wait(1)
            slow.rollback()

        reader = threading.Thread(target=let_go_once_the_rebuild_has_met_it)
        reader.start()
        dbt.run("run", "--select", VIEW)
        reader.join()

    assert failures == []
    assert "order_count >= 0" in value(connection, "select pg_get_viewdef(%s::regclass)", VIEW)


def test_a_view_that_holds_no_rows_yet_is_filled(dbt: Dbt, connection: psycopg.Connection) -> None:
    connection.execute(f"refresh materialized view {VIEW} with no data".encode())
    furnish(connection, sign_up(connection, email="a@x"))

    dbt.run("run", "--select", VIEW)

    assert value(connection, f"select count(*) from {VIEW}") == 1


def test_a_staging_view_may_change_its_columns_under_the_views_that_read_it(
    dbt: Dbt, views: str, connection: psycopg.Connection
) -> None:
    furnish(connection, sign_up(connection, email="a@x"))
    connection.execute("select refresh_all_analytics()")
    # A dropped column and a changed type: CREATE OR REPLACE VIEW refuses both.
    dbt.edit("stg_crm__orders", "  updated_at,\n", "  updated_at::date as updated_at,\n")
    dbt.edit("stg_crm__orders", "  currency,\n", "")

    with readers(views, f"select * from public.{VIEW}") as failures:
        # The views over it are not part of this run, and go on reading from what they were made on.
        dbt.run("run", "--select", "stg_crm__orders")
        assert value(connection, "select count(*) from pg_views where viewname ~ 'superseded'") == 1
        # The marts want the column that is gone; the views do not.
        dbt.run("run", "--select", "stg_crm__orders", "path:models/marts/analytics")

    assert failures == []
    assert value(connection, "select count(*) from pg_views where viewname ~ 'superseded'") == 0
    assert value(connection, f"select count(*) from {VIEW}") == 1
    assert "superseded" not in value(connection, "select pg_get_viewdef(%s::regclass)", VIEW)


def test_a_staging_view_is_replaced_in_place(dbt: Dbt, connection: psycopg.Connection) -> None:
    before = value(connection, "select 'staging.stg_crm__orders'::regclass::oid")
    dbt.edit("stg_crm__orders", "  delivered_date\n", "  delivered_date,\n  created_at\n")

    dbt.run("run", "--select", "stg_crm__orders")

    assert value(connection, "select 'staging.stg_crm__orders'::regclass::oid") == before
    assert value(connection, "select to_regclass(%s) is not null", VIEW)


def test_a_table_in_the_place_of_a_view_is_not_dropped(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    connection.execute(f"drop materialized view {VIEW}".encode())
    connection.execute(f"create table {VIEW} (precious integer)".encode())

    succeeded, _, said = dbt.attempt("run", "--select", VIEW)

    assert not succeeded
    assert "Drop or rename it" in said
    assert value(connection, "select to_regclass(%s) is not null", VIEW)


def test_a_view_made_by_somebody_else_under_the_same_name_is_rebuilt(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    connection.execute(
        f"""
        drop materialized view {VIEW};
        create materialized view {VIEW} as select 1 as precious;
        create unique index by_hand on {VIEW} (precious);
        """.encode()
    )

    dbt.run("build", "--select", VIEW)


def test_a_dependent_that_no_longer_fits_stops_the_rebuild_and_leaves_the_old_view(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    connection.execute(
        f"create view public.of_the_boss as select lost_revenue from {VIEW}".encode()
    )
    dbt.edit(VIEW, "  lost_revenue,\n", "")

    succeeded, _, said = dbt.attempt("run", "--select", VIEW)

    assert not succeeded
    assert "lost_revenue" in said
    assert value(connection, "select count(*) from of_the_boss") == 0
    assert value(connection, f"select count(lost_revenue) from {VIEW}") == 0
