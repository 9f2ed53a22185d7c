"""The measures on demand mean what the definitions say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from fixtures.contract import VIEWS
from fixtures.tenants import furnish, insert, one, request, sign_up
from psycopg import errors


@pytest.fixture
def client(connection: psycopg.Connection, organization: str) -> str:
    return insert(connection, "crm_clients", organization_id=organization)


def orders(connection: psycopg.Connection, organization: str, client: str) -> None:
    for number, (total, status, more) in enumerate(
        [
            ("10.00", "pending", {}),
            ("100.00", "delivered", {"refunded_total": "40.50"}),
            ("50.00", "delivered", {"currency": "EUR", "exchange_rate": "1.10"}),
            ("999.00", "cancelled", {}),
            ("888.00", "refunded", {}),
            ("777.00", "shipped", {"currency": "XXX"}),
        ]
    ):
        insert(connection, "crm_orders", organization_id=organization, client_id=client,
               order_number=str(number), total=total, status=status, **more)  # fmt: skip


def deals(connection: psycopg.Connection, organization: str, client: str) -> None:
    for stage, day in (
        ("closed_won", "2026-01-31"),
        ("closed_won", "2026-02-01"),
        ("closed_lost", "2026-02-28"),
        ("negotiation", "2026-02-10"),
    ):
        insert(connection, "crm_deals", organization_id=organization, client_id=client, name="D",
               stage=stage, actual_close_date=day, deal_value="10.00")  # fmt: skip


def test_lifetime_value_is_the_net_revenue_and_never_null(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    value = "select calculate_client_ltv(%s)"
    assert one(connection, value, client) == 0
    orders(connection, organization, client)
    assert one(connection, value, client) == Decimal("124.50")
    assert one(connection, value, client) == one(
        connection, "select total_revenue from crm_clients"
    )
    assert one(connection, value, "00000000-0000-0000-0000-000000000001") == 0


@pytest.mark.parametrize(
    ("start", "end", "rate"),
    [
        (None, None, "66.67"),
        (date(2026, 2, 1), None, "50.00"),
        (None, date(2026, 2, 1), "100.00"),
        (date(2026, 1, 31), date(2026, 1, 31), "100.00"),
        (date(2026, 2, 28), date(2026, 2, 28), "0.00"),
        (date(2026, 2, 2), date(2026, 2, 27), None),
    ],
)
def test_win_rate_counts_closed_deals_with_both_bounds_included(
    connection: psycopg.Connection,
    organization: str,
    client: str,
    start: date | None,
    end: date | None,
    rate: str | None,
) -> None:
    deals(connection, organization, client)
    found = one(connection, "select calculate_win_rate(%s, %s, %s)::text", organization, start, end)
    assert found == rate


def test_the_dashboard_sums_one_organization(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    furnish(connection, sign_up(connection, email="eve@example.com"))
    orders(connection, organization, client)
    deals(connection, organization, client)
    insert(connection, "crm_clients", organization_id=organization, client_type="customer")
    for state in ("pending", "completed", None):
        insert(connection, "crm_activities", organization_id=organization, activity_type="task",
               subject="Task", status=state)  # fmt: skip
    cursor = connection.execute("select * from get_crm_dashboard_summary(%s)", [organization])
    assert cursor.description is not None
    row = dict(zip([c.name for c in cursor.description], cursor.fetchone() or (), strict=True))
    assert row == {
        "total_clients": 2,
        "total_customers": 1,
        "total_leads": 1,
        "total_deals": 4,
        "open_deals_value": Decimal("10.00"),
        "closed_won_deals": 2,
        "total_revenue": Decimal("124.50"),
        "avg_order_value": Decimal("31.125"),
        "pending_activities": 1,
    }


def test_an_empty_dashboard_has_zeros_and_no_average(
    connection: psycopg.Connection, organization: str
) -> None:
    row = connection.execute(
        "select * from get_crm_dashboard_summary(%s)", [organization]
    ).fetchone()
    assert row == (0, 0, 0, 0, 0, 0, 0, None, 0)


def test_the_funnel_lists_every_stage_in_order(
    connection: psycopg.Connection, organization: str
) -> None:
    command = "select * from get_conversion_funnel(%s)"
    assert {row[1:] for row in connection.execute(command, [organization])} == {(0, None)}
    for stage in ("lead", "lead", "customer", None):
        insert(connection, "crm_clients", organization_id=organization, lifecycle_stage=stage)
    rows = connection.execute(command, [organization]).fetchall()
    assert [(stage, count, str(share)) for stage, count, share in rows] == [
        ("lead", 2, "66.67"),
        ("mql", 0, "0.00"),
        ("sql", 0, "0.00"),
        ("opportunity", 0, "0.00"),
        ("customer", 1, "33.33"),
        ("evangelist", 0, "0.00"),
        ("churned", 0, "0.00"),
    ]


def test_a_refresh_without_the_views_says_what_to_run(connection: psycopg.Connection) -> None:
    connection.execute("create materialized view analytics_deal_metrics as select 1 as n")
    with pytest.raises(errors.UndefinedTable, match='"storeloom analytics build"') as refused:
        connection.execute("select refresh_all_analytics()")
    assert "analytics_client_metrics" in str(refused.value)
    assert "analytics_deal_metrics" not in str(refused.value)


def test_the_service_side_refreshes_all_five_even_one_that_never_held_rows(
    connection: psycopg.Connection,
) -> None:
    connection.execute("create table counted (n int); insert into counted values (1)")
    for number, view in enumerate(VIEWS):
        with_data = "no data" if number == 0 else "data"
        connection.execute(
            f"create materialized view {view} as select n from counted with {with_data};"
            f"create unique index on {view} (n)".encode()
        )
    connection.execute("insert into counted values (2)")
    with request(connection, "service_role") as api:
        api.execute("select refresh_all_analytics()")
    for view in VIEWS:
        assert one(connection, f"select count(*) from {view}") == 2


def test_the_common_query_patterns_run_as_documented(connection: psycopg.Connection) -> None:
    tenant = furnish(connection, sign_up(connection, email="ada@example.com"))
    channel, client = tenant.rows["channels"], tenant.rows["crm_clients"]
    with request(connection, "authenticated", tenant.user) as api:
        for query in (
            f"SELECT * FROM get_contacts_for_channel('{channel}', 'ada');",
            f"SELECT * FROM crm_clients WHERE id = '{client}';",
            f"SELECT * FROM crm_activities WHERE client_id = '{client}' ORDER BY created_at DESC;",
            f"SELECT * FROM crm_notes WHERE client_id = '{client}' ORDER BY created_at DESC;",
        ):
            assert len(api.execute(query.encode()).fetchall()) == 1
