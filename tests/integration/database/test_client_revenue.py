"""The client's totals follow the orders, whatever happens to them and however many at once."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from fixtures.tenants import insert, one, request, sign_up
from psycopg import errors

TOTALS = "select total_orders, total_revenue, average_order_value from crm_clients where id = %s"


@pytest.fixture
def client(connection: psycopg.Connection, organization: str) -> str:
    return insert(connection, "crm_clients", organization_id=organization)


def order(connection: psycopg.Connection, organization: str, client: str, number: str,
          total: str, **more: object) -> str:  # fmt: skip
    return insert(connection, "crm_orders", organization_id=organization, client_id=client,
                  order_number=number, total=Decimal(total), **more)  # fmt: skip


def totals(connection: psycopg.Connection, client: str) -> tuple[int, str, str]:
    row = connection.execute(TOTALS, [client]).fetchone()
    assert row is not None
    return row[0], str(row[1]), str(row[2])


def test_orders_count_except_the_lost_ones(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    for number, (total, status) in enumerate(
        [("10.00", "pending"), ("25.01", "delivered"), ("99.00", "cancelled"), ("7", "refunded")]
    ):
        order(connection, organization, client, str(number), total, status=status)
    assert totals(connection, client) == (2, "35.01", "17.51")


def test_a_partial_refund_and_the_exchange_rate_reduce_what_an_order_is_worth(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "100.00", currency="EUR",
          refunded_total=Decimal("20.00"), exchange_rate=Decimal("1.08765432"))  # fmt: skip
    assert totals(connection, client) == (1, "87.01", "87.01")


def test_an_order_without_a_known_rate_counts_but_adds_nothing(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "100.00", currency="EUR")
    order(connection, organization, client, "2", "30.00")
    assert totals(connection, client) == (2, "30.00", "15.00")
    rates = connection.execute("select exchange_rate from crm_orders order by order_number")
    assert rates.fetchall() == [(None,), (Decimal(1),)]


def test_a_rate_does_not_outlive_its_currency(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "30.00")
    connection.execute("update crm_orders set currency = 'EUR'")
    assert one(connection, "select exchange_rate from crm_orders") is None
    connection.execute("update crm_orders set currency = 'EUR', exchange_rate = 1.1")
    connection.execute("update crm_orders set currency = 'USD'")
    assert one(connection, "select exchange_rate from crm_orders") == 1


def test_totals_follow_updates_deletes_and_a_change_of_client(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    other = insert(connection, "crm_clients", organization_id=organization)
    first = order(connection, organization, client, "1", "10.00")
    second = order(connection, organization, client, "2", "30.00")
    connection.execute("update crm_orders set total = 20 where id = %s", [first])
    assert totals(connection, client) == (2, "50.00", "25.00")
    connection.execute("update crm_orders set client_id = %s where id = %s", [other, second])
    assert totals(connection, client) == (1, "20.00", "20.00")
    assert totals(connection, other) == (1, "30.00", "30.00")
    connection.execute("update crm_orders set status = 'cancelled' where id = %s", [first])
    assert totals(connection, client) == (0, "0.00", "0.00")
    connection.execute("delete from crm_orders where id = %s", [second])
    assert totals(connection, other) == (0, "0.00", "0.00")


def test_nothing_is_written_when_nothing_changed(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "10.00")
    before = one(connection, "select ctid::text from crm_clients")
    connection.execute("update crm_orders set tracking_number = 'T1'")
    connection.execute("update crm_orders set total = total, status = 'shipped'")
    order(connection, organization, client, "2", "5.00", status="cancelled")
    assert one(connection, "select ctid::text from crm_clients") == before


def test_an_upsert_that_inserts_and_updates_counts_both(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "10.00")
    connection.execute(
        "insert into crm_orders (organization_id, client_id, order_number, total)"
        " values (%(o)s, %(c)s, '1', 11), (%(o)s, %(c)s, '2', 5)"
        " on conflict (organization_id, order_number) do update set total = excluded.total",
        {"o": organization, "c": client},
    )
    assert totals(connection, client) == (2, "16.00", "8.00")


def test_a_backfill_does_not_touch_business_dates(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "10.00", order_date="2020-01-01")
    row = connection.execute("select last_contact_date from crm_clients").fetchone()
    assert row == (None,)


def test_a_member_may_write_orders_without_further_rights(connection: psycopg.Connection) -> None:
    tenant = sign_up(connection, email="ada@example.com")
    client = insert(connection, "crm_clients", organization_id=tenant.organization)
    with request(connection, "authenticated", tenant.user) as api:
        order(api, tenant.organization, client, "1", "10.00")
        assert totals(api, client) == (1, "10.00", "10.00")


def test_shop_ids_are_unique_within_the_organization_and_never_empty(
    connection: psycopg.Connection, organization: str, client: str
) -> None:
    order(connection, organization, client, "1", "10.00", ecommerce_order_id="7")
    order(connection, organization, client, "2", "10.00")
    order(connection, organization, client, "3", "10.00")
    with pytest.raises(errors.UniqueViolation), connection.transaction():
        order(connection, organization, client, "4", "10.00", ecommerce_order_id="7")
    with pytest.raises(errors.CheckViolation):
        order(connection, organization, client, "4", "10.00", ecommerce_order_id="")


def test_two_thousand_orders_cost_two_hundred_client_updates(
    connection: psycopg.Connection, organization: str
) -> None:
    connection.execute(
        "insert into crm_clients (organization_id) select %s from generate_series(1, 200)",
        [organization],
    )
    insert_orders = (
        "insert into crm_orders (organization_id, client_id, order_number, total)"
        " select c.organization_id, c.id, %s || c.id || n, n"
        " from crm_clients as c cross join generate_series(1, 10) as n"
        " where c.organization_id = %s"
    )

    connection.execute(insert_orders, ["a", organization])
    # What the transaction has written so far, whether or not it will be kept.
    assert one(connection, "select pg_stat_get_xact_tuples_updated('crm_clients'::regclass)") == 200
    assert (
        one(
            connection,
            "select count(*) from crm_clients where (total_orders, total_revenue) = (10, 55)",
        )
        == 200
    )
