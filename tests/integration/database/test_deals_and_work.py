"""Deals remember their stages, clients their last contact, rows their last change."""

from __future__ import annotations

import psycopg
import pytest
from fixtures.contract import TABLES
from fixtures.tenants import Tenant, furnish, insert, one, request, sign_up

HISTORY = (
    "select from_stage, to_stage, changed_by::text from crm_deal_stages_history"
    " order by created_at, from_stage nulls first"
)


@pytest.fixture
def tenant(connection: psycopg.Connection) -> Tenant:
    return sign_up(connection, email="ada@example.com")


@pytest.fixture
def client(connection: psycopg.Connection, tenant: Tenant) -> str:
    return insert(connection, "crm_clients", organization_id=tenant.organization)


@pytest.fixture
def deal(connection: psycopg.Connection, tenant: Tenant, client: str) -> str:
    return insert(connection, "crm_deals", organization_id=tenant.organization, client_id=client,
                  name="Deal", stage_changed_at="2026-01-01")  # fmt: skip


def test_a_member_moves_a_deal_and_the_history_names_who_did(
    connection: psycopg.Connection, tenant: Tenant, deal: str
) -> None:
    # The member has no right to write the history; the trigger has.
    with request(connection, "authenticated", tenant.user) as api:
        assert api.execute("update crm_deals set stage = 'proposal'").rowcount == 1
    assert connection.execute(HISTORY).fetchall() == [
        (None, "prospecting", None),
        ("prospecting", "proposal", tenant.user),
    ]
    assert one(connection, "select stage_changed_at = now() from crm_deals where id = %s", deal)


def test_a_job_or_a_user_of_elsewhere_is_not_named(
    connection: psycopg.Connection, deal: str
) -> None:
    neighbour = sign_up(connection, email="eve@example.com")
    with request(connection, "service_role", neighbour.user) as api:
        assert api.execute("update crm_deals set stage = 'proposal'").rowcount == 1
    assert connection.execute(HISTORY).fetchall()[1] == ("prospecting", "proposal", None)


def test_an_update_that_keeps_the_stage_leaves_no_trace(
    connection: psycopg.Connection, deal: str
) -> None:
    connection.execute("update crm_deals set stage = stage, probability = 50")
    assert one(connection, "select count(*) from crm_deal_stages_history") == 1


def test_closing_sets_the_close_date_and_reopening_clears_it(
    connection: psycopg.Connection, deal: str
) -> None:
    dates = (
        "select actual_close_date = (now() at time zone 'UTC')::date, closed_on = actual_close_date"
        " from crm_deals"
    )
    connection.execute("update crm_deals set stage = 'closed_won'")
    assert connection.execute(dates).fetchone() == (True, True)
    connection.execute("update crm_deals set stage = 'negotiation'")
    assert connection.execute(dates).fetchone() == (None, None)


def test_a_known_close_date_and_time_of_change_are_kept(
    connection: psycopg.Connection, deal: str
) -> None:
    connection.execute(
        "update crm_deals set stage = 'closed_lost', stage_changed_at = '2026-02-03 23:30Z'"
    )
    assert one(connection, "select actual_close_date::text from crm_deals") == "2026-02-03"
    connection.execute(
        "update crm_deals set stage = 'closed_won', actual_close_date = '2026-02-09'"
    )
    assert one(connection, "select closed_on::text from crm_deals") == "2026-02-09"


def test_a_deal_imported_as_closed_closes_on_the_utc_day_of_its_last_known_change(
    connection: psycopg.Connection, tenant: Tenant, client: str
) -> None:
    connection.execute("set local timezone = 'America/New_York'")
    for changed, updated in (("2026-03-02 02:00Z", "2026-09-09"), (None, "2026-03-02 02:00Z")):
        made = insert(connection, "crm_deals", organization_id=tenant.organization,
                      client_id=client, name="Old", stage="closed_won", stage_changed_at=changed,
                      updated_at=updated)  # fmt: skip
        found = connection.execute(
            "select actual_close_date, closed_on::text from crm_deals where id = %s", [made]
        ).fetchone()
        assert found == (None, "2026-03-02")


def test_an_activity_moves_the_last_contact_forward_only_and_by_its_own_time(
    connection: psycopg.Connection, tenant: Tenant, client: str
) -> None:
    def last_contact() -> object:
        return one(connection, "select last_contact_date::date::text from crm_clients")

    for day, expected in (
        ("2026-02-01", "2026-02-01"),
        ("2020-01-01", "2026-02-01"),
        ("2026-03-01", "2026-03-01"),
    ):
        insert(connection, "crm_activities", organization_id=tenant.organization,
               client_id=client, activity_type="call", subject="Call",
               created_at=day)  # fmt: skip
        assert last_contact() == expected
    insert(connection, "crm_activities", organization_id=tenant.organization,
           activity_type="task", subject="Nobody's")  # fmt: skip
    assert last_contact() == "2026-03-01"


@pytest.mark.parametrize("table", [t for t in TABLES if "updated_at" in TABLES[t].columns])
def test_every_table_with_updated_at_keeps_it(
    connection: psycopg.Connection, tenant: Tenant, table: str
) -> None:
    furnish(connection, tenant)
    column = "is_bot_active" if table == "channel_configurations" else "organization_id"
    connection.execute(f"alter table {table} disable trigger user".encode())
    connection.execute(f"update {table} set updated_at = '2020-01-01'".encode())
    connection.execute(f"alter table {table} enable trigger user".encode())
    connection.execute(f"update {table} set {column} = {column}".encode())
    assert one(connection, f"select bool_and(updated_at = now()) from {table}")
