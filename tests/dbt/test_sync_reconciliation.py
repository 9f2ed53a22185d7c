"""`marts.fct_sync_reconciliation`: built with the rest, and out of the API's reach."""

from __future__ import annotations

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.tenants import sign_up


def test_it_says_of_a_real_comparison_whether_the_day_is_complete(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    tenant = sign_up(connection, email="a@x")
    row = connection.execute(
        "insert into sync.stores (organization_id, key, platform, base_url)"
        " values (%s, 'shop', 'woocommerce', 'https://shop.example') returning id",
        [tenant.organization],
    ).fetchone()
    assert row is not None
    scope = [tenant.organization, row[0]]
    connection.execute(
        "insert into sync.cursors (organization_id, store_id, stream, watermark)"
        " values (%s, %s, 'orders', now())",
        scope,
    )
    for day, state, crm_rows in (("2026-03-02", "repaired", 3), ("2026-03-03", "differs", 2)):
        connection.execute(
            "insert into sync.reconciliations (organization_id, store_id, run_id, stream, kind,"
            " day, status, currency, store_rows, store_total, crm_rows, crm_total, state,"
            " record_count)"
            " values (%s, %s, 'r', 'orders', 'day', %s, 'shipped', 'EUR', 3, 30, %s, %s, %s, 1)",
            [*scope, day, crm_rows, crm_rows * 10, state],
        )

    found = connection.execute(
        "select day::text, is_complete, store_rows, crm_rows, crm_total, unsettled_records"
        " from marts.fct_sync_reconciliation order by day"
    ).fetchall()

    assert found == [("2026-03-02", True, 3, 3, 30, 0), ("2026-03-03", False, 3, 2, 20, 1)]
    dbt.run("build", "--select", "+fct_sync_reconciliation")


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_api_role_reads_it(role: str, connection: psycopg.Connection) -> None:
    connection.execute(f"set role {role}")  # type: ignore[call-overload]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from marts.fct_sync_reconciliation")
