from __future__ import annotations

import json

import psycopg
import pytest
from fixtures.dbt_runs import PROJECT
from fixtures.tenants import furnish, sign_up
from psycopg import sql

# Name: the columns in order with their types, and the columns of the unique index.
DOCUMENTED = {
    "analytics_deal_metrics": (
        """
        organization_id uuid, stage text, owner_id uuid, deal_count bigint, total_value numeric,
        avg_deal_size numeric, won_value numeric, lost_value numeric, avg_probability numeric,
        avg_deal_cycle_days numeric, period_month timestamptz
        """,
        "organization_id, stage, owner_id, period_month",
    ),
    "analytics_client_metrics": (
        """
        organization_id uuid, lifecycle_stage text, client_type text, source text,
        assigned_to uuid, client_count bigint, total_revenue numeric,
        avg_revenue_per_client numeric, avg_orders_per_client numeric, avg_order_value numeric,
        avg_lead_score numeric, period_month timestamptz
        """,
        "organization_id, lifecycle_stage, client_type, source, assigned_to, period_month",
    ),
    "analytics_revenue_metrics": (
        """
        organization_id uuid, total_revenue numeric, unique_customers bigint, order_count bigint,
        avg_order_value numeric, delivered_revenue numeric, lost_revenue numeric,
        period_day timestamptz, period_week timestamptz, period_month timestamptz,
        period_year timestamptz
        """,
        "organization_id, period_day",
    ),
    "analytics_chatbot_effectiveness": (
        """
        organization_id uuid, unique_clients_engaged bigint, total_chatbot_interactions bigint,
        successful_interactions bigint, avg_interaction_duration_minutes numeric,
        period_day timestamptz
        """,
        "organization_id, period_day",
    ),
    "analytics_channel_performance": (
        """
        organization_id uuid, channel_id uuid, channel_name text, platform text,
        total_contacts bigint, total_messages bigint, incoming_messages bigint,
        agent_responses bigint, ai_responses bigint, period_month timestamptz
        """,
        "organization_id, channel_id, period_month",
    ),
}


def documented_columns(view: str) -> str:
    words = " ".join(DOCUMENTED[view][0].split())
    return words.replace("timestamptz", "timestamp with time zone")


every_view = pytest.mark.parametrize("view", DOCUMENTED)


@every_view
def test_a_view_has_the_documented_columns_in_order_each_with_its_description(
    view: str, connection: psycopg.Connection
) -> None:
    found = connection.execute(
        """
        select c.relkind::text, string_agg(
            a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum
        ), bool_and(col_description(c.oid, a.attnum) <> ''), obj_description(c.oid, 'pg_class')
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        where c.oid = %s::regclass
        group by c.oid, c.relkind
        """,
        [f"public.{view}"],
    ).fetchone()

    assert found is not None
    kind, columns, all_described, description = found
    assert (kind, columns, all_described) == ("m", documented_columns(view), True)
    assert description.startswith("One row per organization")


@every_view
def test_a_view_has_its_unique_index_in_which_null_equals_null(
    view: str, connection: psycopg.Connection
) -> None:
    found = connection.execute(
        "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename = %s",
        [view],
    ).fetchall()

    assert found == [
        (
            f"idx_{view}",
            (
                f"CREATE UNIQUE INDEX idx_{view} ON public.{view} USING btree "
                f"({DOCUMENTED[view][1]}) NULLS NOT DISTINCT"
            ),
        )
    ]


@every_view
def test_no_api_role_may_touch_a_view_and_service_role_and_analysts_may_only_read_it(
    view: str, connection: psycopg.Connection
) -> None:
    found = connection.execute(
        """
        select coalesce(nullif(a.grantee, 0)::regrole::text, 'public'), a.privilege_type
        from pg_class as c, aclexplode(c.relacl) as a
        where c.oid = %s::regclass and a.grantee <> c.relowner
        """,
        [f"public.{view}"],
    ).fetchall()

    assert sorted(found) == [("analyst", "SELECT"), ("service_role", "SELECT")]


@every_view
def test_a_user_reads_his_own_organizations_rows_and_nobody_elses(
    view: str, connection: psycopg.Connection
) -> None:
    mine, other = (furnish(connection, sign_up(connection, email=name)) for name in ("a@x", "b@x"))
    connection.execute(
        "insert into crm_activities (organization_id, activity_type, subject) "
        "values (%s, 'chatbot_interaction', 'hi'), (%s, 'chatbot_interaction', 'hi')",
        [mine.organization, other.organization],
    )
    connection.execute("select refresh_all_analytics()")
    read = sql.SQL("select distinct organization_id::text from {}")
    both = connection.execute(read.format(sql.Identifier(view))).fetchall()
    assert sorted(both) == sorted([(mine.organization,), (other.organization,)])

    my_view = sql.Identifier(f"my_{view}")
    with connection.transaction(force_rollback=True):
        connection.execute("set local role authenticated")
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": mine.user})]
        )
        assert connection.execute(read.format(my_view)).fetchall() == [(mine.organization,)]

    # Somebody who is signed in and belongs nowhere.
    with connection.transaction(force_rollback=True):
        connection.execute("set local role authenticated")
        assert connection.execute(read.format(my_view)).fetchall() == []

    for role in ("anon", "service_role"):
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(read.format(my_view))
        connection.execute("reset role")


@every_view
def test_the_readers_view_has_the_same_columns_and_runs_as_its_caller(
    view: str, connection: psycopg.Connection
) -> None:
    found = connection.execute(
        """
        select c.reloptions, string_agg(
            a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum
        )
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        where c.oid = %s::regclass
        group by c.oid, c.reloptions
        """,
        [f"public.my_{view}"],
    ).fetchone()

    # Anything else is the Supabase linter's "security definer view".
    assert found == (["security_invoker=true"], documented_columns(view))


def test_staging_is_out_of_every_api_roles_reach(connection: psycopg.Connection) -> None:
    found = connection.execute(
        """
        select r.rolname
        from pg_roles as r
        where r.rolname in ('anon', 'authenticated', 'service_role')
            and has_schema_privilege(r.rolname, 'staging', 'usage')
        """
    ).fetchall()

    assert found == []
    staged = connection.execute("select count(*) from pg_views where schemaname = 'staging'")
    views = [PROJECT.glob(f"models/{folder}/*.sql") for folder in ("staging", "intermediate")]
    spine = 1
    assert staged.fetchone() == (sum(len(list(found)) for found in views) + spine,)
