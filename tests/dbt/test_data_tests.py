from __future__ import annotations

import psycopg
from fixtures.dbt_runs import Dbt
from fixtures.tenants import furnish, insert, sign_up


def test_an_order_without_an_exchange_rate_fails_a_test_that_names_currency_and_dates(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    tenant = furnish(connection, sign_up(connection, email="a@x"))
    for number, placed in enumerate(("2026-01-31 23:59Z", "2026-02-03 00:00Z")):
        insert(
            connection,
            "crm_orders",
            organization_id=tenant.organization,
            client_id=tenant.rows["crm_clients"],
            order_number=f"xau-{number}",
            total=100,
            currency="XAU",
            order_date=placed,
        )

    succeeded, results, _ = dbt.attempt(
        "build", "--select", "+analytics_revenue_metrics", environment={"PGTZ": "Pacific/Auckland"}
    )

    assert not succeeded
    assert [name for name, result in results.items() if result.status == "fail"] == [
        "orders_without_exchange_rate"
    ]
    assert any(
        "2 order(s) in XAU from 2026-01-31 to 2026-02-03 have no exchange rate" in line
        for line in dbt.output
    )


def test_rows_and_views_that_disagree_fail_the_tests_that_watch_them(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    tenant = furnish(connection, sign_up(connection, email="a@x"))
    row = {"organization_id": tenant.organization, "client_id": tenant.rows["crm_clients"]}
    insert(connection, "crm_orders", **row, order_number="2", total=9, status="cancelled")
    insert(connection, "crm_deals", **row, name="Abroad", currency="EUR", deal_value=3)
    connection.execute("update crm_clients set total_revenue = total_revenue + 1")
    dbt.edit("analytics_revenue_metrics", "(sum(total * exchange_rate)", "(sum(net_revenue)")
    dbt.edit("analytics_deal_metrics", "count(*) as deal_count", "2 * count(*) as deal_count")
    dbt.edit("analytics_client_metrics", "count(*) as client_count", "1 as client_count")

    succeeded, results, _ = dbt.attempt("build", "--exclude-resource-type", "unit_test")

    assert not succeeded
    hits = {name: result.status for name, result in results.items() if result.status != "pass"}
    # What one organization's rows are refused for keeps nobody's marts at yesterday's.
    assert [name for name, status in hits.items() if status == "skipped"] == []
    # Materialized views and staging views say "success", exposures that there was nothing to do.
    quiet = {"success", "skipped", "no-op"}
    hits = {name: status for name, status in hits.items() if status not in quiet}
    assert hits == {
        "revenue_adds_up_to_gross": "fail",
        "counts_every_row_analytics_deal_metrics_deal_count__ref_stg_crm__deals_": "fail",
        "client_totals_equal_their_orders": "fail",
        "clients_mart_equals_clients": "fail",
        "lifetime_values_equal_orders": "fail",
        "has_contract_columns_analytics_client_metrics_": "fail",
        "deals_in_a_foreign_currency": "warn",
    }


def test_unit_tests_and_all_data_tests_pass_in_a_session_far_from_utc(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    furnish(connection, sign_up(connection, email="a@x"))

    results = dbt.run("build", environment={"PGTZ": "America/New_York"})

    unit_tests = [r for r in results.values() if r.node.resource_type == "unit_test"]
    assert len(unit_tests) >= 10


def test_sources_are_the_assets_the_syncs_make_and_their_freshness_is_measured(
    dbt: Dbt, connection: psycopg.Connection
) -> None:
    furnish(connection, sign_up(connection, email="a@x"))

    results = dbt.run("source", "freshness")

    measured = {
        name: (result.status, result.node.meta["dagster"]["asset_key"])
        for name, result in results.items()
        if result.node.resource_type == "source"
    }
    assert measured == {
        name: ("pass", [name]) for name in ("crm_clients", "crm_products", "crm_orders")
    }
