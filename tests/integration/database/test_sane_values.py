"""Tables that analytics count with take no time without a calendar and no amount that is none."""

from __future__ import annotations

import psycopg
import pytest
from fixtures.tenants import Tenant, furnish, request, sign_up
from psycopg import sql

COLUMNS = [
    ("channels", "created_at"),
    ("contacts", "created_at"),
    ("messages", "sent_at"),
    ("crm_clients", "created_at"),
    ("crm_deals", "created_at"),
    ("crm_deals", "updated_at"),
    ("crm_deals", "stage_changed_at"),
    ("crm_deals", "actual_close_date"),
    ("crm_orders", "order_date"),
    ("crm_orders", "shipped_date"),
    ("crm_orders", "delivered_date"),
    ("crm_activities", "created_at"),
    ("crm_activities", "completed_at"),
]
AMOUNTS = [
    ("crm_deals", "deal_value"),
    ("crm_products", "price"),
    ("crm_products", "cost"),
    ("crm_orders", "subtotal"),
    ("crm_orders", "tax"),
    ("crm_orders", "shipping"),
    ("crm_orders", "discount"),
    ("crm_orders", "total"),
    ("crm_orders", "refunded_total"),
    ("crm_orders", "exchange_rate"),
]
# In bytes.
LONGEST = [
    ("crm_clients", "source", 2000),
    ("crm_deals", "currency", 100),
    ("crm_products", "currency", 100),
    ("crm_orders", "currency", 100),
]
ABSURD = ("-infinity", "infinity", "0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31")


@pytest.fixture
def tenant(connection: psycopg.Connection) -> Tenant:
    return furnish(connection, sign_up(connection, email="ada@example.com"))


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_member_cannot_write_a_time_that_stops_everybodys_marts(
    connection: psycopg.Connection, tenant: Tenant, table: str, column: str
) -> None:
    write = sql.SQL("update {} set {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    if column == "updated_at":
        # A trigger has the last word on updates.
        write = sql.SQL(
            "insert into crm_deals (organization_id, client_id, name, updated_at) "
            "select organization_id, id, 'Deal', %s from crm_clients"
        )
    for time in ABSURD:
        with (
            pytest.raises(psycopg.errors.CheckViolation, match=f"{table}_{column}_sane_check"),
            request(connection, "authenticated", tenant.user) as api,
        ):
            api.execute(write, [f"{time} 00:00Z" if "inf" not in time else time])
    for time in ("1900-01-01", "2200-12-31"):
        with request(connection, "authenticated", tenant.user) as api:
            assert api.execute(write, [time]).rowcount == 1


def test_the_history_of_deals_which_only_triggers_write_is_held_to_it_too(
    connection: psycopg.Connection, tenant: Tenant
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update crm_deal_stages_history set created_at = 'infinity'")


@pytest.mark.parametrize(("table", "column"), AMOUNTS)
def test_a_member_cannot_write_an_amount_that_makes_every_sum_nan(
    connection: psycopg.Connection, tenant: Tenant, table: str, column: str
) -> None:
    write = sql.SQL("update {} set {} = 'NaN'").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    with (
        pytest.raises(psycopg.errors.CheckViolation, match=f"{table}_{column}_number_check"),
        request(connection, "authenticated", tenant.user) as api,
    ):
        api.execute(write)


@pytest.mark.parametrize(("table", "column", "longest"), LONGEST)
def test_a_member_cannot_write_a_text_that_fits_no_index_of_everybodys_views(
    connection: psycopg.Connection, tenant: Tenant, table: str, column: str, longest: int
) -> None:
    write = sql.SQL("update {} set {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    with (
        pytest.raises(psycopg.errors.CheckViolation, match=f"{table}_{column}_short_check"),
        request(connection, "authenticated", tenant.user) as api,
    ):
        # Two bytes each.
        api.execute(write, ["é" * (longest // 2) + "e"])
    with request(connection, "authenticated", tenant.user) as api:
        assert api.execute(write, ["é" * (longest // 2)]).rowcount == 1
