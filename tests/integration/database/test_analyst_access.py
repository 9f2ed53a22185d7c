"""Analysts read every mart and the five views, members their rows of each mart, and nobody more.

On every kind of server, with marts made by hand as dbt makes them: with real roles, two furnished
tenants, and the line PostgREST uses. That dbt calls this after each build is tested in tests/dbt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from fixtures.contract import TABLES
from fixtures.servers import Kind, Servers
from fixtures.tenants import Tenant, furnish, one, request, sign_up
from psycopg import errors, sql

VIEWS = (
    "analytics_deal_metrics",
    "analytics_client_metrics",
    "analytics_revenue_metrics",
    "analytics_chatbot_effectiveness",
    "analytics_channel_performance",
)
# A view over a function is no target for writing, whatever the rights.
REFUSED = (
    errors.InsufficientPrivilege,
    errors.WrongObjectType,
    errors.ObjectNotInPrerequisiteState,
)
MART = """
create table marts.fct_parcels (
  organization_id uuid not null,
  parcel text not null,
  weight numeric(12, 2),
  primary key (organization_id, parcel)
);
comment on table marts.fct_parcels is 'One row per parcel.';
comment on column marts.fct_parcels.weight is 'Kilograms.';
create view marts.fct_heavy as select * from marts.fct_parcels where weight > 10;
"""


@dataclass(frozen=True)
class Office:
    """Two tenants with parcels, a line from outside, and the owner's."""

    ours: Tenant
    theirs: Tenant
    outside: psycopg.Connection
    owner: psycopg.Connection
    admin: psycopg.Connection


def offer(owner: psycopg.Connection) -> int:
    changes = one(owner, "select private.offer_marts()")
    assert isinstance(changes, int)
    return changes


@pytest.fixture(scope="module")
def office(servers: Servers, kind: Kind) -> Iterator[Office]:
    with (
        servers.template(kind).copy() as target,
        psycopg.connect(target.url, autocommit=True) as owner,
        psycopg.connect(target.admin_url, autocommit=True) as admin,
        psycopg.connect(target.api_url, autocommit=True) as outside,
    ):
        ours = furnish(admin, sign_up(admin, email="us@example.com"))
        theirs = furnish(admin, sign_up(admin, email="them@example.com"))
        for view in VIEWS:
            owner.execute(
                sql.SQL("create materialized view public.{} as select * from public.crm_orders")
                .format(sql.Identifier(view))
            )  # fmt: skip
        owner.execute(MART.encode())
        for tenant, name in ((ours, "ours"), (theirs, "theirs")):
            owner.execute(
                "insert into marts.fct_parcels values (%s, %s, 5), (%s, %s, 50)",
                [tenant.organization, f"{name} light", tenant.organization, f"{name} heavy"],
            )
        assert offer(owner) > 0
        yield Office(ours, theirs, outside, owner, admin)


@pytest.fixture(scope="module")
def analyst(office: Office) -> Iterator[psycopg.Connection]:
    """Somebody who logs in and was given the role, and nothing else, by whoever may."""
    login = f"anna_{office.owner.info.dbname}"
    name = sql.Identifier(login)
    office.admin.execute(sql.SQL("create role {} login in role analyst").format(name))
    try:
        with psycopg.connect(
            office.admin.info.dsn, user=login, autocommit=True, password=""
        ) as connection:
            yield connection
    finally:
        office.admin.execute(sql.SQL("drop role {}").format(name))


def readable(connection: psycopg.Connection, role: str) -> set[str]:
    """Every relation of ours that a role may select from in any way, and enter the schema of."""
    return {
        row[0]
        for row in connection.execute(
            """
            select c.oid::regclass::text
            from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
              and n.nspname not in ('pg_catalog', 'information_schema')
              and n.nspname !~ '^pg_(toast|temp)' and c.relname !~ '^pg_stat_statements'
              and has_schema_privilege(%(r)s, n.oid, 'usage')
              and case when c.relkind = 'S' then has_sequence_privilege(%(r)s, c.oid, 'select')
                else has_table_privilege(%(r)s, c.oid, 'select')
                  or has_any_column_privilege(%(r)s, c.oid, 'select') end
            """,
            {"r": role},
        )
    }


def test_an_analyst_reads_the_marts_and_the_five_views_of_all_and_nothing_else(
    office: Office, analyst: psycopg.Connection
) -> None:
    found = analyst.execute("select count(distinct organization_id) from marts.fct_parcels")
    assert found.fetchone() == (2,)
    for view in VIEWS:
        rows = analyst.execute(
            sql.SQL("select distinct organization_id from public.{}").format(sql.Identifier(view))
        )
        assert len(rows.fetchall()) == 2
    assert readable(analyst, "analyst") == {"marts.fct_parcels", "marts.fct_heavy", *VIEWS}


@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.fct_parcels values (gen_random_uuid(), 'x', 1)",
        "update marts.fct_parcels set weight = 0",
        "delete from marts.fct_parcels",
        "truncate marts.fct_parcels",
        "create table marts.mine (id int)",
        "create table public.mine (id int)",
        "refresh materialized view public.analytics_deal_metrics",
        "select * from sync.stores",
        "select * from sync.store_credentials",
        "select * from sync.exchange_rates",
        "select private.offer_marts()",
        "select private.my_fct_parcels()",
        "select * from public.my_fct_parcels",
        "select * from public.my_analytics_revenue_metrics",
        "select email from auth.users",
        "set role service_role",
        "set role authenticated",
    ],
)
def test_an_analyst_changes_nothing_and_reads_no_state_of_ours(
    analyst: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege), analyst.transaction():
        analyst.execute(statement.encode())


@pytest.mark.parametrize("table", TABLES)
def test_an_analyst_reads_no_table_of_the_crm(analyst: psycopg.Connection, table: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege), analyst.transaction():
        analyst.execute(sql.SQL("select 1 from public.{}").format(sql.Identifier(table)))


def test_an_analyst_may_call_no_function_of_ours(office: Office) -> None:
    callable_ones = office.admin.execute(
        "select p.oid::regprocedure::text from pg_proc as p "
        "join pg_namespace as n on n.oid = p.pronamespace "
        "where n.nspname in ('public', 'sync', 'private', 'staging', 'marts') "
        "and has_schema_privilege('analyst', n.oid, 'usage') "
        "and has_function_privilege('analyst', p.oid, 'execute')"
    ).fetchall()
    assert callable_ones == []


def test_a_member_reads_the_own_rows_of_every_mart(office: Office) -> None:
    for tenant, name in ((office.ours, "ours"), (office.theirs, "theirs")):
        with request(office.outside, "authenticated", tenant.user) as api:
            parcels = api.execute("select parcel from my_fct_parcels order by 1").fetchall()
            heavy = api.execute("select parcel, weight from my_fct_heavy").fetchall()
        assert parcels == [(f"{name} heavy",), (f"{name} light",)]
        assert heavy == [(f"{name} heavy", 50)]


def test_a_cheap_function_in_a_condition_is_shown_no_row_of_the_neighbour(
    office: Office,
) -> None:
    with office.admin.transaction(force_rollback=True):
        # The planner runs cheap conditions first: over a plain view it would see all rows.
        office.admin.execute(
            "create function public.tell(text) returns boolean language plpgsql cost 0.0000001 "
            "as $$ begin raise notice '%', $1; return true; end $$"
        )
        office.admin.execute("grant execute on function public.tell(text) to authenticated")
        told: list[str] = []

        def note(message: psycopg.errors.Diagnostic) -> None:
            told.append(message.message_primary or "")

        office.admin.add_notice_handler(note)
        with request(office.admin, "authenticated", office.ours.user) as api:
            for view in ("my_fct_parcels", "my_fct_heavy"):
                api.execute(f"select * from public.{view} where public.tell(parcel)".encode())
        office.admin.remove_notice_handler(note)
    assert sorted(told) == ["ours heavy", "ours heavy", "ours light"]


def test_nobody_without_an_organization_is_shown_a_row(office: Office) -> None:
    for user in (None, "00000000-0000-0000-0000-000000000001"):
        with request(office.outside, "authenticated", user) as api:
            assert api.execute("select * from my_fct_parcels").fetchall() == []
    for view in ("public.my_fct_parcels", "marts.fct_parcels"):
        with (
            pytest.raises(errors.InsufficientPrivilege),
            request(office.outside, "anon") as api,
        ):
            api.execute(f"select * from {view}".encode())
    assert not {name for name in readable(office.owner, "anon") if "parcels" in name}


def test_a_member_neither_enters_the_marts_nor_writes_through_the_view(office: Office) -> None:
    for statement in (
        "select * from marts.fct_parcels",
        "select private.my_fct_parcels()",
        "insert into my_fct_parcels values (null, 'x', 1)",
        "delete from my_fct_parcels",
        "truncate my_fct_parcels",
    ):
        with (
            pytest.raises(REFUSED),
            request(office.outside, "authenticated", office.ours.user) as api,
        ):
            api.execute(statement.encode())


def test_the_views_say_what_the_marts_say(office: Office) -> None:
    assert one(office.owner, "select obj_description('public.my_fct_parcels'::regclass)") == (
        "Your organization's rows of fct_parcels. One row per parcel."
    )
    assert one(office.owner, "select col_description('public.my_fct_parcels'::regclass, 3)") == (
        "Kilograms."
    )


def test_offering_again_changes_nothing(office: Office) -> None:
    count = (
        "select sum(n) from (select max(xmin::text::bigint) as n from pg_class union all "
        "select max(xmin::text::bigint) from pg_proc union all "
        "select max(xmin::text::bigint) from pg_description) as x"
    )
    before = one(office.owner, count)
    assert offer(office.owner) == 0
    assert one(office.owner, count) == before


def test_a_mart_made_anew_or_later_or_changed_or_gone_is_followed(
    office: Office,
) -> None:
    owner = office.owner
    with owner.transaction(force_rollback=True):
        owner.execute("drop view marts.fct_heavy")
        owner.execute("alter table marts.fct_parcels rename to fct_parcels__dbt_backup")
        owner.execute(
            "create table marts.fct_parcels as "
            "select organization_id, weight::text as weight, parcel, 'sea'::text as way "
            "from marts.fct_parcels__dbt_backup"
        )
        owner.execute("create materialized view marts.fct_later as table marts.fct_parcels")
        owner.execute("create table marts.dim_days as select current_date as day")
        # Readable before anything is offered: by default privileges.
        assert {"marts.fct_parcels", "marts.fct_later"} <= readable(owner, "analyst")
        assert offer(owner) > 0
        made = {name for name in readable(owner, "authenticated") if name.startswith("my_fct")}
        assert made == {"my_fct_parcels", "my_fct_later"}
        # A mart without organization_id is nobody's of the members.
        assert one(owner, "select to_regclass('public.my_dim_days') is null")
        columns = owner.execute("select * from public.my_fct_parcels limit 0").description or []
        assert [column.name for column in columns] == ["organization_id", "weight", "parcel", "way"]
        assert one(owner, "select to_regclass('public.my_fct_heavy') is null")
        assert one(owner, "select to_regprocedure('private.my_fct_heavy()') is null")


def test_a_view_of_somebody_else_under_that_name_is_not_taken_over(office: Office) -> None:
    owner = office.owner
    with owner.transaction(force_rollback=True):
        owner.execute("create view public.my_fct_stamps as select 1 as id")
        owner.execute("create table marts.fct_stamps (organization_id uuid)")
        with pytest.raises(errors.DuplicateObject, match="my_fct_stamps"), owner.transaction():
            offer(owner)


def test_the_views_keep_the_rules_of_the_linter(office: Office) -> None:
    assert one(
        office.owner,
        "select bool_and(reloptions @> array['security_invoker=true']) from pg_class "
        "where relnamespace = 'public'::regnamespace and relname like 'my\\_%'",
    )
    assert one(
        office.owner,
        "select bool_and(proconfig @> array['search_path=\"\"']) from pg_proc "
        "where pronamespace = 'private'::regnamespace and proname ~ '^(my_|offer_)'",
    )
