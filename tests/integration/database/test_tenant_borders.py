"""No role, table, function, view or reference leads from one organization into another.

Everything runs as PostgREST would run it: logged in as authenticator, in the API's role, with a
user's claims, on every kind of server.
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

REFUSED = (errors.InsufficientPrivilege, errors.ForeignKeyViolation)


@dataclass(frozen=True)
class Street:
    """Two neighbours, and a line to the database from outside."""

    ours: Tenant
    theirs: Tenant
    outside: psycopg.Connection
    owner: psycopg.Connection

    def image(self, tenant: Tenant) -> list[object]:
        """Everything the tenant has, to be compared before and after."""
        return [
            self.owner.execute(
                sql.SQL("select t::text from public.{} as t where {} = %s order by 1").format(
                    sql.Identifier(table),
                    sql.Identifier("id" if table == "organizations" else "organization_id"),
                ),
                [tenant.organization],
            ).fetchall()
            for table in TABLES
        ]


@pytest.fixture(scope="module")
def street(servers: Servers, kind: Kind) -> Iterator[Street]:
    with (
        servers.template(kind).copy() as target,
        psycopg.connect(target.admin_url, autocommit=True) as owner,
        psycopg.connect(target.api_url, autocommit=True) as outside,
    ):
        ours = furnish(owner, sign_up(owner, email="us@example.com"))
        theirs = furnish(owner, sign_up(owner, email="them@example.com"))
        yield Street(ours, theirs, outside, owner)


def key(table: str) -> sql.Identifier:
    return sql.Identifier("channel_id" if table == "channel_configurations" else "id")


@pytest.mark.parametrize("table", TABLES)
def test_a_member_sees_exactly_the_rows_of_the_own_organization(street: Street, table: str) -> None:
    with request(street.outside, "authenticated", street.ours.user) as api:
        rows = api.execute(
            sql.SQL("select {}::text from public.{}").format(key(table), sql.Identifier(table))
        ).fetchall()
    assert [row[0] for row in rows] == [street.ours.rows[table]]


@pytest.mark.parametrize("table", TABLES)
def test_anon_has_no_right_on_any_table(street: Street, table: str) -> None:
    assert not one(
        street.owner,
        "select has_table_privilege('anon', %s,"
        " 'select, insert, update, delete, truncate, references, trigger')",
        f"public.{table}",
    )
    assert not one(
        street.owner,
        "select has_any_column_privilege('anon', %s, 'select, insert, update, references')",
        f"public.{table}",
    )


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_nobody_behind_the_api_may_truncate_or_hang_triggers(
    street: Street, table: str, role: str
) -> None:
    # Row security does not hold against TRUNCATE.
    assert not one(
        street.owner,
        "select has_table_privilege(%s, %s, 'truncate, references, trigger')",
        role,
        f"public.{table}",
    )


@pytest.mark.parametrize("table", TABLES)
def test_a_member_changes_nothing_of_the_neighbour(street: Street, table: str) -> None:
    before = street.image(street.theirs)
    column = "full_name" if table == "profiles" else "name"
    columns = {*TABLES[table].columns}
    target = column if column in columns else "organization_id"
    for statement in (
        sql.SQL("update public.{} set {c} = {c} where {} = %s"),
        sql.SQL("delete from public.{} where {} = %s"),
    ):
        command = statement.format(sql.Identifier(table), key(table), c=sql.Identifier(target))
        with request(street.outside, "authenticated", street.ours.user) as api:
            try:
                with api.transaction():
                    done = api.execute(command, [street.theirs.rows[table]])
            except errors.InsufficientPrivilege:
                continue
            assert done.rowcount == 0
    assert street.image(street.theirs) == before


@pytest.mark.parametrize("table", [t for t in TABLES if "organization_id" in TABLES[t].columns])
def test_a_member_can_neither_give_a_row_away_nor_plant_one(street: Street, table: str) -> None:
    move = sql.SQL("update public.{} set organization_id = %s").format(sql.Identifier(table))
    with (
        pytest.raises(REFUSED),
        request(street.outside, "authenticated", street.ours.user) as api,
    ):
        api.execute(move, [street.theirs.organization])
    columns = [c for c in TABLES[table].columns if c not in {"id", "organization_id"}]
    plant = sql.SQL(
        "insert into public.{t} (organization_id, {c}) select %s, {c} from public.{t} limit 1"
    ).format(t=sql.Identifier(table), c=sql.SQL(", ").join(map(sql.Identifier, columns)))
    with (
        pytest.raises(errors.InsufficientPrivilege),
        request(street.outside, "authenticated", street.ours.user) as api,
    ):
        api.execute(plant, [street.theirs.organization])


REFERENCES = [
    (table, column, parent)
    for table, description in TABLES.items()
    for column, parent, _ in description.references
    if parent not in {"organizations", "auth.users"}
]


def test_all_references_between_tenant_tables_are_tried() -> None:
    assert len(REFERENCES) == 23


@pytest.mark.parametrize(
    ("table", "column", "parent"), REFERENCES, ids=[f"{t}.{c}" for t, c, _ in REFERENCES]
)
def test_no_row_may_refer_to_a_row_of_another_organization(
    street: Street, table: str, column: str, parent: str
) -> None:
    # As the owner, whom neither policies nor grants hold back: the key itself has to.
    command = sql.SQL("update public.{} set {} = %s where {} = %s").format(
        sql.Identifier(table), sql.Identifier(column), key(table)
    )
    with street.owner.transaction(force_rollback=True):
        # One contact has one client, one channel one configuration; those checks come first.
        street.owner.execute(
            "delete from public.channel_configurations where organization_id = %s",
            [street.theirs.organization],
        )
        street.owner.execute(
            "update public.crm_clients set contact_id = null where organization_id = %s",
            [street.theirs.organization],
        )
        with pytest.raises(errors.ForeignKeyViolation):
            street.owner.execute(command, [street.theirs.rows[parent], street.ours.rows[table]])


@pytest.mark.parametrize("function", ["get_crm_dashboard_summary", "get_conversion_funnel"])
@pytest.mark.parametrize("caller", ["neighbour", "without a profile", "without claims", "anon"])
@pytest.mark.parametrize("asked", ["ours", "nothing"])
def test_definer_functions_refuse_everyone_but_members_and_the_service_side(
    street: Street, function: str, caller: str, asked: str
) -> None:
    role, user = {
        "neighbour": ("authenticated", street.theirs.user),
        "without a profile": ("authenticated", "00000000-0000-0000-0000-000000000001"),
        "without claims": ("authenticated", None),
        "anon": ("anon", None),
    }[caller]
    command = sql.SQL("select * from public.{}(%s)").format(sql.Identifier(function))
    with pytest.raises(errors.InsufficientPrivilege), request(street.outside, role, user) as api:
        api.execute(command, [street.ours.organization if asked == "ours" else None])


@pytest.mark.parametrize("function", ["get_crm_dashboard_summary", "get_conversion_funnel"])
def test_definer_functions_answer_members_and_the_service_side(
    street: Street, function: str
) -> None:
    command = sql.SQL("select * from public.{}(%s)").format(sql.Identifier(function))
    for role, user in (("authenticated", street.ours.user), ("service_role", None)):
        with request(street.outside, role, user) as api:
            assert api.execute(command, [street.ours.organization]).fetchall()
    assert street.owner.execute(command, [street.ours.organization]).fetchall()


def test_invoker_functions_tell_a_neighbour_nothing(street: Street) -> None:
    ours = street.ours
    with request(street.outside, "authenticated", street.theirs.user) as api:
        client, channel = ours.rows["crm_clients"], ours.rows["channels"]
        assert one(api, "select public.calculate_client_ltv(%s)", client) == 0
        assert one(api, "select public.calculate_win_rate(%s)", ours.organization) is None
        found = api.execute("select * from public.get_contacts_for_channel(%s)", [channel])
        assert found.fetchall() == []


def test_anon_may_execute_nothing_in_public(street: Street) -> None:
    rows = street.owner.execute(
        "select p.oid::regprocedure::text from pg_proc as p"
        " where p.pronamespace = 'public'::regnamespace"
        " and has_function_privilege('anon', p.oid, 'execute')"
    ).fetchall()
    assert rows == []


def test_only_the_service_side_may_refresh(street: Street) -> None:
    for role, user in (("anon", None), ("authenticated", street.ours.user)):
        with (
            pytest.raises(errors.InsufficientPrivilege),
            request(street.outside, role, user) as api,
        ):
            api.execute("select public.refresh_all_analytics()")


def test_the_api_reaches_no_schema_but_public(street: Street) -> None:
    for schema in ("sync", "private", "staging", "marts", "supabase_migrations"):
        for role in ("anon", "authenticated", "service_role"):
            assert not one(
                street.owner, "select has_schema_privilege(%s, %s, 'usage')", role, schema
            )


def test_a_view_made_later_is_readable_by_no_member(servers: Servers, kind: Kind) -> None:
    # dbt rebuilds a materialized view as a new relation, which gets the default grants anew.
    with (
        servers.template(kind).copy() as target,
        psycopg.connect(target.url, autocommit=True) as owner,
    ):
        owner.execute("create materialized view public.rebuilt as select * from crm_orders")
        owner.execute("create function public.later() returns int language sql as 'select 1'")
        for role in ("anon", "authenticated"):
            for privilege in ("select", "insert", "update", "delete", "truncate"):
                assert not one(
                    owner, "select has_table_privilege(%s, 'public.rebuilt', %s)", role, privilege
                )


def test_the_service_side_manages_every_organization(street: Street) -> None:
    with request(street.outside, "service_role") as api:
        for table in TABLES:
            command = sql.SQL("select {}::text from public.{}").format(
                key(table), sql.Identifier(table)
            )
            found = {row[0] for row in api.execute(command).fetchall()}
            assert {street.ours.rows[table], street.theirs.rows[table]} <= found
        api.execute(
            "update public.crm_products set price = price + 0 where organization_id = %s",
            [street.ours.organization],
        )


def test_a_message_that_names_a_foreign_contact_leaves_that_contact_alone(street: Street) -> None:
    before = street.image(street.theirs)
    with (
        pytest.raises(errors.ForeignKeyViolation),
        request(street.outside, "authenticated", street.ours.user) as api,
    ):
        api.execute(
            "insert into public.messages (organization_id, channel_id, contact_id, sender_type)"
            " values (%s, %s, %s, 'user')",
            [
                street.ours.organization,
                street.ours.rows["channels"],
                street.theirs.rows["contacts"],
            ],
        )
    assert street.image(street.theirs) == before
