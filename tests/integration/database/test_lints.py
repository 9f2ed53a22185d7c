"""What Supabase's linter looks for, asked of the whole schema on every kind of server.

The queries are our own; each returns the offenders. Lints on statistics (unused index, bloat) are
left out: a database without traffic has nothing to say about them.
"""

from __future__ import annotations

import psycopg
import pytest

# Ours, whichever migration made them. The state of the runner belongs to the Supabase CLI.
OURS = "('public', 'private', 'sync', 'staging', 'marts')"

LINTS = {
    "foreign keys without a covering index": f"""
        select c.conrelid::regclass || '.' || c.conname
        from pg_constraint as c
        where c.contype = 'f' and c.connamespace::regnamespace::text in {OURS}
          and not exists (
            select from pg_index as i
            where i.indrelid = c.conrelid and i.indisvalid
              and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(c.conkey)] = c.conkey
          )
    """,
    "calls in a policy that run once a row": f"""
        select p.polrelid::regclass || '.' || p.polname
        from pg_policy as p
        join pg_class as c on c.oid = p.polrelid
        cross join lateral regexp_matches(
          coalesce(pg_get_expr(p.polqual, p.polrelid), '')
          || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''),
          '(SELECT )?(auth\\.\\w+|(?:public\\.)?get_my_organization_id)\\(\\)', 'g'
        ) as call (parts)
        where c.relnamespace::regnamespace::text in {OURS} and call.parts[1] is null
    """,
    "tables without a primary key": f"""
        select c.oid::regclass::text from pg_class as c
        where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in {OURS}
          and not c.relispartition
          and not exists (
            select from pg_index as i where i.indrelid = c.oid and i.indisprimary
          )
    """,
    "several permissive policies for one role and action": """
        select p.polrelid::regclass || ' ' || r.rolname
        from pg_policy as p
        join pg_roles as r on r.oid = any(p.polroles) or p.polroles = '{0}'
        where p.polpermissive and r.rolname in ('anon', 'authenticated', 'service_role')
        group by p.polrelid, r.rolname, case when p.polcmd = '*' then 'r' else p.polcmd end
        having count(*) > 1
    """,
    "tables with row security but no policy": f"""
        select c.oid::regclass::text from pg_class as c
        where c.relkind in ('r', 'p') and c.relrowsecurity
          and c.relnamespace::regnamespace::text in {OURS}
          and not exists (select from pg_policy as p where p.polrelid = c.oid)
    """,
    "tables in the API without row security": """
        select c.oid::regclass::text from pg_class as c
        where c.relkind in ('r', 'p', 'f') and c.relnamespace = 'public'::regnamespace
          and not c.relrowsecurity
    """,
    "identical indexes": f"""
        select string_agg(i.indexname, ', ') from pg_indexes as i
        where i.schemaname in {OURS}
        group by i.schemaname, i.tablename, replace(i.indexdef, i.indexname, '')
        having count(*) > 1
    """,
    "views in the API that run with their owner's rights": """
        select c.oid::regclass::text from pg_class as c
        where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
          and not coalesce(c.reloptions::text[] && array[
            'security_invoker=true', 'security_invoker=on', 'security_invoker=1',
            'security_invoker=yes'
          ], false)
    """,
    "functions whose search path the caller chooses": f"""
        select p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace::regnamespace::text in {OURS}
          and not exists (
            select from unnest(p.proconfig) as setting where setting like 'search_path=%'
          )
    """,
    "materialized views the API can read": """
        select c.oid::regclass::text from pg_class as c
        where c.relkind = 'm' and c.relnamespace = 'public'::regnamespace
          and (has_table_privilege('anon', c.oid, 'select')
            or has_table_privilege('authenticated', c.oid, 'select'))
    """,
    "policies that let everybody write": """
        select p.polrelid::regclass || '.' || p.polname from pg_policy as p
        where p.polcmd <> 'r'
          and p.polroles && array[0, 'anon'::regrole, 'authenticated'::regrole]::oid[]
          and 'true' in (
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
          )
    """,
    "extensions in the API": """
        select e.extname from pg_extension as e where e.extnamespace = 'public'::regnamespace
    """,
    "views in the API over the users": """
        select c.oid::regclass::text from pg_depend as d
        join pg_rewrite as w on w.oid = d.objid
        join pg_class as c on c.oid = w.ev_class
        where d.refobjid = 'auth.users'::regclass and c.relnamespace = 'public'::regnamespace
    """,
    "definer functions that anon may call": """
        select p.oid::regprocedure::text from pg_proc as p
        where p.prosecdef and p.pronamespace = 'public'::regnamespace
          and has_function_privilege('anon', p.oid, 'execute')
    """,
}


@pytest.mark.parametrize("lint", LINTS)
def test_the_linter_finds_nothing(catalog: psycopg.Connection, lint: str) -> None:
    assert catalog.execute(LINTS[lint].encode()).fetchall() == []


def test_members_may_call_the_two_documented_definer_functions_only(
    catalog: psycopg.Connection,
) -> None:
    rows = catalog.execute(
        "select p.proname from pg_proc as p"
        " where p.prosecdef and p.pronamespace = 'public'::regnamespace"
        " and has_function_privilege('authenticated', p.oid, 'execute') order by 1"
    ).fetchall()
    assert rows == [("get_conversion_funnel",), ("get_crm_dashboard_summary",)]


def test_triggers_need_no_right_to_execute_their_function(catalog: psycopg.Connection) -> None:
    rows = catalog.execute(
        "select p.oid::regprocedure::text from pg_proc as p"
        " where p.prorettype = 'trigger'::regtype and p.pronamespace in"
        " ('public'::regnamespace, 'private'::regnamespace)"
        " and (has_function_privilege('authenticated', p.oid, 'execute')"
        "   or has_function_privilege('anon', p.oid, 'execute'))"
    ).fetchall()
    assert rows == []
