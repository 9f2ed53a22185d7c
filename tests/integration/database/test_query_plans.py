"""Policies and summaries stay cheap: the plan is looked at, not the clock."""

from __future__ import annotations

import psycopg
import pytest
from fixtures.tenants import Tenant, furnish, request, sign_up


@pytest.fixture
def tenant(connection: psycopg.Connection) -> Tenant:
    return furnish(connection, sign_up(connection, email="ada@example.com"))


def plan(connection: psycopg.Connection, query: str, *parameters: object) -> str:
    rows = connection.execute(f"explain {query}".encode(), parameters or None).fetchall()
    return "\n".join(str(row[0]) for row in rows)


def test_the_policy_asks_for_the_organization_once_a_statement(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    with request(connection, "authenticated", tenant.user) as api:
        found = plan(api, "select * from messages")
    assert "InitPlan" in found
    assert "Filter: (organization_id = get_my_organization_id())" not in found


def test_a_member_reads_messages_through_an_index_of_the_organization(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    connection.execute("set local enable_seqscan = off")
    with request(connection, "authenticated", tenant.user) as api:
        found = plan(api, "select * from messages")
    assert "Index Cond: (organization_id = (InitPlan" in found


def test_the_latest_message_of_a_contact_comes_from_its_own_index(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    connection.execute(
        "insert into contacts (organization_id, channel_id, platform, platform_user_id)"
        " select organization_id, id, platform, n::text from channels"
        " cross join generate_series(1, 300) as n where organization_id = %s",
        [tenant.organization],
    )
    connection.execute(
        "insert into messages (organization_id, channel_id, contact_id, sender_type, sent_at)"
        " select organization_id, channel_id, id, 'agent', now() - n * interval '1 hour'"
        " from contacts cross join generate_series(1, 10) as n where organization_id = %s",
        [tenant.organization],
    )
    connection.execute("analyze messages")
    found = plan(
        connection,
        "select * from messages where organization_id = %s and contact_id = %s"
        " order by sent_at desc, id desc limit 1",
        tenant.organization,
        tenant.rows["contacts"],
    )
    # Read in order: at most messages of the same moment are left to sort.
    assert "idx_messages_organization_contact" in found
    assert "Presorted Key: sent_at" in found
