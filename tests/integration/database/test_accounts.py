"""Sign-up, profiles, organizations and channels."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import psycopg
import pytest
from fixtures.servers import Kind, Servers, Target
from fixtures.tenants import Tenant, furnish, insert, one, request, sign_up
from psycopg import errors


@pytest.fixture
def house(servers: Servers, kind: Kind) -> Iterator[Target]:
    with servers.template(kind).copy() as target:
        yield target


@pytest.fixture
def tenant(connection: psycopg.Connection) -> Tenant:
    return sign_up(connection, email="ada@example.com")


def test_the_auth_service_signs_users_up_with_and_without_an_address(house: Target) -> None:
    """On Supabase the auth service inserts as a role with no right on public."""
    is_supabase = house.kind.name.startswith("supabase")
    with psycopg.connect(house.admin_url, autocommit=True) as admin:
        people: tuple[dict[str, object], ...] = (
            {"email": "ada@example.com", "raw_user_meta_data": '{"full_name": " Ada "}'},
            {"phone": "4915112345678"},
            {"is_anonymous": True, "raw_user_meta_data": '"nonsense"'},
            {"email": "", "raw_user_meta_data": '{"full_name": ""}'},
        )
        for number, columns in enumerate(people):
            if is_supabase:
                admin.execute("set role supabase_auth_admin; set search_path = auth")
            user = f"00000000-0000-0000-0000-00000000000{number}"
            names, values = ", ".join(columns), list(columns.values())
            admin.execute(
                f"insert into auth.users (id, {names}) values (%s{', %s' * len(values)})".encode(),
                [user, *values],
            )
            admin.execute("reset role; reset search_path")
        rows = admin.execute(
            "select o.name, p.full_name, p.role from profiles as p"
            " join organizations as o on o.id = p.organization_id order by p.id"
        ).fetchall()
    assert rows == [
        ("ada@example.com's organization", "Ada", "admin"),
        ("4915112345678's organization", None, "admin"),
        ("New user's organization", None, "admin"),
        ("New user's organization", None, "admin"),
    ]


def test_members_and_the_service_side_write_and_delete_through_every_trigger(house: Target) -> None:
    """Each trigger works with the rights of whoever sets it off, on every kind of server."""
    with (
        psycopg.connect(house.admin_url, autocommit=True) as admin,
        psycopg.connect(house.api_url, autocommit=True) as outside,
    ):
        ours = sign_up(admin, email="us@example.com")
        theirs = sign_up(admin, email="them@example.com")
        with request(outside, "authenticated", ours.user) as api:
            ours = furnish(api, ours)
            api.execute("update messages set is_read_by_agent = true")
            api.execute("update crm_deals set stage = 'closed_won'")
            api.execute("update crm_orders set status = 'delivered'")
            assert one(api, "select total_revenue from crm_clients") == 30
            api.execute("delete from crm_orders")
            api.execute("delete from crm_deals")
            api.execute("delete from channels")
            api.execute("delete from crm_clients")
        with request(outside, "service_role") as api:
            theirs = furnish(api, theirs)
            assert one(api, "select total_revenue from crm_clients") == 30
            api.execute("delete from organizations where id = %s", [theirs.organization])
        if house.kind.name.startswith("supabase"):
            admin.execute("set role supabase_auth_admin")
        admin.execute("delete from auth.users where id = %s", [ours.user])
        admin.execute("reset role")
        assert one(admin, "select count(*) from profiles") == 0


def test_sign_up_never_takes_organization_or_role_from_the_user(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    claims = f'{{"organization_id": "{tenant.organization}", "role": "owner"}}'
    intruder = sign_up(connection, email="eve@example.com", raw_user_meta_data=claims)
    assert intruder.organization != tenant.organization
    assert one(connection, "select role from profiles where id = %s", intruder.user) == "admin"


def test_a_member_renames_the_organization_and_the_own_profile(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    with request(connection, "authenticated", tenant.user) as api:
        assert api.execute("update organizations set name = 'Ada Ltd'").rowcount == 1
        assert api.execute("update profiles set full_name = 'Ada'").rowcount == 1


@pytest.mark.parametrize(
    "attempt",
    [
        "update profiles set organization_id = %(theirs)s",
        "update profiles set role = 'owner'",
        "update profiles set id = %(theirs)s",
        "delete from profiles",
        "insert into profiles (id, organization_id) values (%(user)s, %(theirs)s)",
        "delete from organizations",
        "update organizations set reporting_currency = 'EUR'",
        "insert into organizations (name) values ('Mine')",
        "insert into crm_deal_stages_history (to_stage) values ('closed_won')",
        "delete from crm_deal_stages_history",
        "select * from auth.users",
        "select private.my_organization_id()",
    ],
)
def test_a_member_cannot_step_out_of_the_own_place(
    connection: psycopg.Connection, tenant: Tenant, attempt: str
) -> None:
    neighbour = sign_up(connection, email="eve@example.com")
    names = {
        "user": tenant.user,
        "ours": tenant.organization,
        "theirs": neighbour.organization,
    }
    with (
        pytest.raises(errors.InsufficientPrivilege),
        request(connection, "authenticated", tenant.user) as api,
    ):
        api.execute(attempt.encode(), names)


def test_a_policy_that_lets_colleagues_see_each_other_does_not_recurse(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    connection.execute(
        "create policy colleagues on profiles for select to authenticated"
        " using (organization_id = (select get_my_organization_id()))"
    )
    with request(connection, "authenticated", tenant.user) as api:
        assert one(api, "select count(*) from profiles") == 1
        assert str(one(api, "select get_my_organization_id()")) == tenant.organization


def test_a_temporary_table_cannot_stand_in_for_a_real_one(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    neighbour = sign_up(connection, email="eve@example.com")
    connection.execute("create temp table profiles (id uuid, organization_id uuid)")
    connection.execute(
        "insert into pg_temp.profiles values (%s, %s)", [tenant.user, neighbour.organization]
    )
    connection.execute("grant select on pg_temp.profiles to authenticated")
    with request(connection, "authenticated", tenant.user) as api:
        assert str(one(api, "select get_my_organization_id()")) == tenant.organization


def test_create_channel_and_config_makes_both_and_leaves_the_channel_inactive(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    with request(connection, "authenticated", tenant.user) as api:
        made = one(api, "select create_channel_and_config('Shop', 'whatsapp', '49151')")
        assert made["organization_id"] == tenant.organization
        assert api.execute(
            "select c.id::text, c.platform_channel_id, c.is_active, f.ai_model"
            " from channels as c join channel_configurations as f on f.channel_id = c.id"
        ).fetchall() == [(made["id"], "49151", False, "models/gemini-1.5-flash")]


def test_create_channel_and_config_refuses_someone_without_an_organization(
    connection: psycopg.Connection,
) -> None:
    stranger = "00000000-0000-0000-0000-000000000009"
    with (
        pytest.raises(errors.InsufficientPrivilege),
        request(connection, "authenticated", stranger) as api,
    ):
        api.execute("select create_channel_and_config('Shop', 'whatsapp', null)")


SEALED = json.dumps(
    {
        "v": 1,
        "alg": "A256GCM",
        "kid": "k1",
        "nonce": "A" * 16,
        "ct": base64.b64encode(b"c" * 40).decode(),
    }
)


def test_channel_credentials_may_be_a_sealed_envelope(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    for sealed in (None, SEALED):
        insert(connection, "channels", organization_id=tenant.organization, name="Shop",
               platform="whatsapp", credentials=sealed)  # fmt: skip


@pytest.mark.parametrize(
    "plain",
    [
        '{"access_token": "secret"}',
        '"secret"',
        '["v", "kid", "ct"]',
        SEALED.replace("}", ', "access_token": "secret"}'),
        SEALED.replace('"alg"', '"token"'),
        SEALED.replace("A" * 16, "secret"),
        '{"v": 1, "alg": "A256GCM", "kid": "k1", "nonce": "AAAAAAAAAAAAAAAA", "ct": "shp-secret"}',
    ],
)
def test_channel_credentials_in_plain_text_are_refused(
    connection: psycopg.Connection, tenant: Tenant, plain: str
) -> None:
    with pytest.raises(errors.CheckViolation):
        insert(connection, "channels", organization_id=tenant.organization, name="Shop",
               platform="whatsapp", credentials=plain)  # fmt: skip


def test_deleting_an_organization_takes_all_of_it_and_nothing_else(
    connection: psycopg.Connection,
) -> None:
    ours = furnish(connection, sign_up(connection, email="us@example.com"))
    theirs = furnish(connection, sign_up(connection, email="them@example.com"))
    connection.execute("delete from organizations where id = %s", [ours.organization])
    for table in ours.rows:
        key = "channel_id" if table == "channel_configurations" else "id"
        rows = connection.execute(f"select {key}::text from {table}".encode()).fetchall()
        assert rows == [(theirs.rows[table],)]


def test_deleting_a_user_keeps_what_the_user_made(connection: psycopg.Connection) -> None:
    tenant = furnish(connection, sign_up(connection, email="us@example.com"))
    connection.execute("delete from auth.users where id = %s", [tenant.user])
    assert connection.execute(
        "select organization_id::text, created_by from crm_notes"
    ).fetchall() == [(tenant.organization, None)]
    assert one(connection, "select count(*) from organizations") == 1
