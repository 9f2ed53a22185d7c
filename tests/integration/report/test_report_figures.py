"""The report's figures against statements of their own over the CRM's tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest
from fixtures.looked_at import Reported
from psycopg import sql

from connectors.crm.database import connect
from connectors.errors import ConfigurationError, DatabaseError
from connectors.report import reading
from connectors.report.building import find_organization
from connectors.report.figures import Report
from connectors.report.key_figures import completeness
from connectors.report.page import render
from connectors.report.reading import DAYS, read_report

pytestmark = pytest.mark.xdist_group("report")

Ask = Callable[..., Any]
REVENUE = "status not in ('cancelled', 'refunded')"


@pytest.fixture(scope="module")
def reports(reported: Reported) -> dict[str, Report]:
    with connect(reported.deployed.url) as connection:
        return {one: read_report(connection, one) for one in reported.everybody}


@pytest.fixture
def ask(reported: Reported) -> Ask:
    return reported.deployed.one


def test_months_add_up_to_the_orders_of_the_organization_and_no_other(
    reported: Reported, reports: dict[str, Report], ask: Ask
) -> None:
    for organization in (reported.looked_at, *reported.random):
        report = reports[organization]
        for month in report.months:
            where = (
                f"organization_id = %s and {REVENUE} "
                "and date_trunc('month', order_date at time zone 'UTC')::date = %s"
            )
            given = (organization, month.order_month)
            net = ask(f"select coalesce(sum(net_revenue), 0) from crm_orders where {where}", *given)
            count = ask(f"select count(*) from crm_orders where {where}", *given)
            unrated = ask(
                f"select count(*) from crm_orders where {where} and exchange_rate is null", *given
            )
            assert (month.net_revenue, month.orders, month.unrated_orders) == (net, count, unrated)
            assert month.rated_orders == count - unrated
    assert any(month.unrated_orders for month in reports[reported.looked_at].months)


def test_days_by_status_add_up_to_what_was_kept_and_what_was_lost(
    reported: Reported, reports: dict[str, Report], ask: Ask
) -> None:
    report = reports[reported.looked_at]
    assert report.last_day is not None
    for status in ("delivered", "shipped", "processing", "pending", "cancelled", "refunded"):
        lost = status in {"cancelled", "refunded"}
        amount = "sum(total * exchange_rate)" if lost else "sum(net_revenue)"
        expected = ask(
            f"select coalesce({amount}, 0) from crm_orders where organization_id = %s "
            "and status = %s and (order_date at time zone 'UTC')::date between %s and %s",
            reported.looked_at,
            status,
            report.last_day - timedelta(days=DAYS - 1),
            report.last_day,
        )
        found = sum((one.amount for one in report.days if one.status == status), Decimal(0))
        assert found == expected
    assert sum(one.orders for one in report.days) > 100


def test_repeat_rate_counts_clients_with_two_orders_that_were_not_lost(
    reported: Reported, reports: dict[str, Report], ask: Ask
) -> None:
    for organization in (reported.looked_at, *reported.random):
        buyers = (
            f"select client_id, count(*) as n from crm_orders where organization_id = %s "
            f"and {REVENUE} group by client_id"
        )
        expected = tuple(
            ask(f"select count(*) from ({buyers}) as b where n >= {least}", organization)
            for least in (1, 2)
        )
        found = reports[organization].buyers
        assert (found.buyers, found.repeat_buyers) == expected


def test_win_rate_is_what_the_function_says(
    reported: Reported, reports: dict[str, Report], ask: Ask
) -> None:
    for organization in (reported.looked_at, *reported.random):
        rate = reports[organization].win_rate
        assert rate is not None
        assert rate.win_rate == ask("select calculate_win_rate(%s)", organization)


def test_products_are_ranked_by_what_their_lines_brought(
    reported: Reported, reports: dict[str, Report], ask: Ask
) -> None:
    products = reports[reported.looked_at].products
    expected = ask(
        """
        select sum((o.items -> 0 ->> 'total')::numeric * o.exchange_rate)
        from crm_orders as o
        where o.organization_id = %s and o.status not in ('cancelled', 'refunded')
        """,
        reported.looked_at,
    )
    assert products[0].revenue_of_all == expected
    assert products[0].products_sold > len(products) == 10
    revenues = [one.revenue for one in products if one.revenue is not None]
    assert revenues == sorted(revenues, reverse=True)


def test_every_day_of_a_store_is_judged_once_and_a_day_without_comparison_is_not_complete(
    reported: Reported, reports: dict[str, Report]
) -> None:
    days = reports[reported.looked_at].sync_days
    assert len(days) == len({(one.store_key, one.day) for one in days}) == 60
    states = {
        store: sorted(one.state for one in days if one.store_key == store)
        for store in ("loom-shop", "loom-market")
    }
    assert states["loom-shop"].count("differs") == 2
    assert all(one.count("unchecked") == 4 for one in states.values())
    assert completeness(reports[reported.looked_at]) == Decimal(24 + 26) / 60


def test_an_organization_without_a_row_has_a_report_without_figures(
    reported: Reported, reports: dict[str, Report]
) -> None:
    report = reports[reported.empty]
    assert (report.first_day, report.months, report.products, report.sync_days) == (
        None,
        (),
        (),
        (),
    )
    assert report.buyers.repeat_rate is None


def test_questions_are_counted_whether_answered_or_not(
    reported: Reported, reports: dict[str, Report]
) -> None:
    found = reports[reported.looked_at].responses
    assert sum(one.turns for one in found) == 140
    assert {one.answered_by for one in found} == {"ai", "agent", None}
    assert all((one.median_seconds is None) == (one.answered_by is None) for one in found)


def test_dates_and_amounts_that_no_shop_has_neither_bend_a_figure_nor_pass_unseen(
    reported: Reported,
) -> None:
    """Members write orders through the API: infinity is a date, and NaN an amount."""
    of_it = "where organization_id = %s and order_id = (select min(order_id::text)::uuid "
    of_it += "from marts.fct_orders where organization_id = %s and not is_lost)"
    given = [reported.looked_at, reported.looked_at]
    with connect(reported.deployed.url) as connection:
        before = read_report(connection, reported.looked_at)
        with psycopg.connect(reported.deployed.url, autocommit=True) as other:
            kept = other.execute(
                f"select order_day from marts.fct_orders {of_it}", given
            ).fetchone()
            assert kept is not None
            try:
                for odd in ("infinity", "0001-01-01", "9999-12-31"):
                    other.execute(
                        f"update marts.fct_orders set order_day = %s {of_it}", [odd, *given]
                    )
                    during = read_report(connection, reported.looked_at)
                    assert (during.first_day, during.last_day) == (
                        before.first_day,
                        before.last_day,
                    )
                    assert during.misdated_orders == before.misdated_orders + 1
                    assert "dated before 1990 or in the future" in render(during)
            finally:
                other.execute(
                    f"update marts.fct_orders set order_day = %s {of_it}", [kept[0], *given]
                )
        assert read_report(connection, reported.looked_at).months == before.months
    broken = msgspec.structs.replace(
        before, months=(msgspec.structs.replace(before.months[0], net_revenue=Decimal("NaN")),)
    )
    assert not reading.are_numbers(broken)
    assert reading.are_numbers(before)


def test_a_report_sees_one_moment_whatever_is_written_while_it_is_read(
    reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is added by somebody else after the first statement, and is in no later one."""
    real, written = reading.load, []

    def load_and_meddle(name: str) -> sql.SQL:
        if name == "report/months":
            with psycopg.connect(reported.deployed.url) as other:
                other.execute(
                    "update marts.fct_orders set net_reporting = net_reporting + 1000000 "
                    "where organization_id = %s and net_reporting > 0",
                    [reported.looked_at],
                )
            written.append(name)
        return real(name)

    with connect(reported.deployed.url) as connection:
        before = read_report(connection, reported.looked_at)
        monkeypatch.setattr(reading, "load", load_and_meddle)
        during = read_report(connection, reported.looked_at)
        monkeypatch.setattr(reading, "load", real)
        after = read_report(connection, reported.looked_at)
    with psycopg.connect(reported.deployed.url) as other:
        other.execute(
            "update marts.fct_orders set net_reporting = net_reporting - 1000000 "
            "where organization_id = %s and net_reporting > 1000000",
            [reported.looked_at],
        )

    assert written
    assert during.months == before.months
    assert after.months != before.months


def test_marts_built_in_another_reporting_currency_are_not_shown_as_the_new_one(
    reported: Reported,
) -> None:
    rename = "update organizations set reporting_currency = %s where id = %s"
    with connect(reported.deployed.url) as connection:
        before = read_report(connection, reported.looked_at)
        # Its orders are what other tests compare with.
        connection.execute("set session_replication_role = replica")
        connection.execute(rename, ["JPY", reported.looked_at])
        connection.commit()
        try:
            with pytest.raises(DatabaseError, match=f"still in {before.currency}.*JPY by now"):
                read_report(connection, reported.looked_at)
        finally:
            connection.rollback()
            connection.execute(rename, [before.currency, reported.looked_at])
            connection.commit()
        assert read_report(connection, reported.looked_at).currency == before.currency


def test_a_prediction_in_another_currency_is_not_shown_as_one_in_this(reported: Reported) -> None:
    predict = (
        "update marts.fct_client_ltv set predicted_ltv_365d = %s, predicted_as_of = %s, "
        "predicted_currency = %s where organization_id = %s"
    )
    with connect(reported.deployed.url) as connection:
        currency = read_report(connection, reported.looked_at).currency
        shown = {}
        try:
            for one in (currency, "JPY"):
                connection.execute(predict, [7, "2024-01-01", one, reported.looked_at])
                connection.commit()
                shown[one] = read_report(connection, reported.looked_at).deciles
        finally:
            connection.rollback()
            connection.execute(predict, [None, None, None, reported.looked_at])
            connection.commit()
    assert {one.predicted_average for one in shown[currency]} == {7}
    assert {one.predicted_average for one in shown["JPY"]} == {None}


def test_an_organization_is_found_by_name_or_id(reported: Reported) -> None:
    with connect(reported.deployed.url) as connection:
        by_id = find_organization(connection, reported.looked_at.upper())
        assert find_organization(connection, by_id.name) == by_id
        with pytest.raises(ConfigurationError, match='no organization "Nobody"'):
            find_organization(connection, "Nobody")
        connection.execute("insert into organizations (name) values ('Twin'), ('Twin')")
        with pytest.raises(ConfigurationError, match="2 organizations are called"):
            find_organization(connection, "Twin")
        connection.rollback()


def test_the_last_whole_month_is_the_one_before_yesterdays_or_this(
    reported: Reported, reports: dict[str, Report]
) -> None:
    report = reports[reported.looked_at]
    today = datetime.now(UTC).date()
    assert report.last_complete_month == (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    assert report.month(report.last_complete_month) is not None
