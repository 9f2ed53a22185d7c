from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from fixtures.recomputation import CLOSED, closed_on, kept, revenue, win_rate

from connectors.crm.metrics import compute_client_ltv, compute_win_rates, kpis, refresh_analytics
from connectors.errors import ConfigurationError, DatabaseError

Rows = Callable[[str], list[dict[str, Any]]]
TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)


@pytest.fixture
def changing(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The session, in a transaction that is undone after the test."""
    with session.transaction(force_rollback=True):
        yield session


def all_of(connection: psycopg.Connection, query: str, *parameters: Any) -> list[Any]:
    return connection.execute(query.encode(), parameters).fetchall()


def value(connection: psycopg.Connection, query: str, *parameters: Any) -> Any:
    return all_of(connection, query, *parameters)[0][0]


def test_client_totals_equal_their_orders(rows: Rows) -> None:
    orders = rows("crm_orders")
    for client in rows("crm_clients"):
        bought = kept(order for order in orders if order["client_id"] == client["id"])
        total = revenue(bought)
        assert (client["total_orders"], client["total_revenue"]) == (len(bought), total)
        average = Fraction(total) / max(len(bought), 1)
        assert abs(Fraction(client["average_order_value"]) - average) <= Fraction(1, 200)


def test_stored_ltv_equals_the_function_and_the_orders_for_every_client(
    changing: psycopg.Connection, rows: Rows
) -> None:
    result = compute_client_ltv(changing, TODAY)

    orders = rows("crm_orders")
    expected = {
        client["id"]: revenue(o for o in orders if o["client_id"] == client["id"])
        for client in rows("crm_clients")
    }
    stored = {row["client_id"]: row["ltv"] for row in rows("sync.client_ltv_current")}
    by_function = dict(all_of(changing, "select id, calculate_client_ltv(id) from crm_clients"))
    assert stored == by_function == expected
    assert (result.measured, result.written) == (len(expected), len(expected))
    assert (result.organizations, Decimal(0) in stored.values()) == (3, True)


def test_stored_win_rates_equal_the_function_and_the_deals(
    changing: psycopg.Connection, rows: Rows
) -> None:
    result = compute_win_rates(changing, TODAY)

    deals = rows("crm_deals")
    sources = {client["id"]: client["source"] for client in rows("crm_clients")}
    group_of: dict[str, Callable[[dict[str, Any]], Any]] = {
        "overall": lambda _: None,
        "close_month": lambda deal: (closed_on(deal) or TODAY).replace(day=1),
        "owner": lambda deal: deal["owner_id"],
        "source": lambda deal: sources[deal["client_id"]],
    }
    stored = rows("sync.win_rates_current")
    for row in stored:
        group = row["close_month"] or row["owner_id"] or row["source"]
        members = [
            deal
            for deal in deals
            if deal["organization_id"] == row["organization_id"]
            and deal["stage"] in CLOSED
            and group_of[row["dimension"]](deal) == (row["source"] if group == "" else group)
        ]
        assert row["win_rate"] == win_rate(members)
        won = sum(d["deal_value"] for d in members if d["stage"] == "closed_won")
        assert (row["won_value"], row["won_value"] + row["lost_value"]) == (
            won,
            sum(d["deal_value"] for d in members),
        )
    assert len(stored) == result.measured == result.written > 30

    overall = {
        row["organization_id"]: row["win_rate"] for row in stored if row["dimension"] == "overall"
    }
    by_function = dict(all_of(changing, "select id, calculate_win_rate(id) from organizations"))
    assert overall == by_function
    # The organization without deals.
    assert None in overall.values()
    assert len(overall) == 4

    # By month, through the function's bounds, which are inclusive.
    differing = all_of(
        changing,
        """
        select * from sync.win_rates_current as w
        where w.dimension = 'close_month' and w.win_rate is distinct from calculate_win_rate(
            w.organization_id, w.close_month,
            (w.close_month + interval '1 month' - interval '1 day')::date
        )
        """,
    )
    assert differing == []


@pytest.mark.parametrize("compute", [compute_client_ltv, compute_win_rates])
def test_a_second_measurement_writes_nothing_and_history_keeps_only_changes(
    compute: Callable[..., Any], changing: psycopg.Connection
) -> None:
    compute(changing, TODAY)
    assert compute(changing, TODAY).written == 0
    assert compute(changing, TOMORROW).written == 0

    # One client's orders, and one owner's deals, that exist no more.
    (client, organization), *_ = all_of(
        changing,
        "select client_id, organization_id from sync.client_ltv_current where ltv > 0"
        if compute is compute_client_ltv
        else "select client_id, organization_id from crm_deals where closed_on is not null",
    )
    changing.execute("delete from crm_orders where client_id = %s", [client])
    changing.execute(
        "update crm_deals set stage = 'proposal' where organization_id = %s", [organization]
    )
    assert compute(changing, TOMORROW).written > 0
    assert compute(changing, TOMORROW).written == 0

    if compute is compute_client_ltv:
        history = all_of(
            changing,
            "select as_of, ltv > 0, order_count > 0 from sync.client_ltv where client_id = %s "
            "order by as_of",
            client,
        )
        assert history == [(TODAY, True, True), (TOMORROW, False, False)]
    else:
        # Reopened deals leave no group behind that still boasts of them.
        stale = all_of(
            changing,
            "select * from sync.win_rates_current where organization_id = %s "
            "and (win_rate is not null or won_count + lost_count > 0)",
            organization,
        )
        assert stale == []


def test_kpis_of_an_organization_equal_its_rows(session: psycopg.Connection, rows: Rows) -> None:
    orders, deals, clients = (rows(t) for t in ("crm_orders", "crm_deals", "crm_clients"))
    for organization in rows("organizations"):
        mine = [o for o in orders if o["organization_id"] == organization["id"]]
        found = kpis(session, str(organization["id"]))

        assert found["total_revenue"] == revenue(mine)
        assert found["order_count"] == len(kept(mine))
        assert found["lost_order_count"] == len(mine) - len(kept(mine))
        people = sum(client["organization_id"] == organization["id"] for client in clients)
        assert found["client_count"] == people
        assert found["win_rate"] == win_rate(
            deal for deal in deals if deal["organization_id"] == organization["id"]
        )
        assert (found["avg_order_value"] is None) == (found["order_count"] == 0)
        assert (found["avg_client_ltv"] is None) == (people == 0)


def test_kpis_of_an_unknown_organization_are_refused(session: psycopg.Connection) -> None:
    with pytest.raises(ConfigurationError, match="there is no organization"):
        kpis(session, "00000000-0000-0000-0000-000000000000")


def test_the_dashboard_and_the_funnel_equal_the_rows(
    changing: psycopg.Connection, rows: Rows
) -> None:
    orders, deals, clients = (rows(t) for t in ("crm_orders", "crm_deals", "crm_clients"))
    activities = rows("crm_activities")
    for profile in rows("profiles"):
        organization = profile["organization_id"]

        def of(
            table: list[dict[str, Any]], organization: Any = organization, **wanted: Any
        ) -> list[dict[str, Any]]:
            wanted["organization_id"] = organization
            return [r for r in table if all(r[name] == wanted[name] for name in wanted)]

        changing.execute(
            "select set_config('request.jwt.claims', %s, true)",
            [json.dumps({"sub": str(profile["id"])})],
        )
        (summary,) = all_of(changing, "select * from get_crm_dashboard_summary(%s)", organization)
        sold = kept(of(orders))
        opened = [deal for deal in of(deals) if deal["stage"] not in CLOSED]
        assert summary[:7] == (
            len(of(clients)),
            len(of(clients, client_type="customer")),
            len(of(clients, client_type="lead")),
            len(of(deals)),
            sum(deal["deal_value"] for deal in opened),
            len(of(deals, stage="closed_won")),
            revenue(sold),
        )
        assert summary[8] == len(of(activities, status="pending"))
        if sold:
            assert abs(Fraction(summary[7]) - Fraction(revenue(sold)) / len(sold)) < Fraction(
                1, 10**9
            )
        else:
            assert summary[7] is None

        funnel = all_of(changing, "select * from get_conversion_funnel(%s)", organization)
        stages = ["lead", "mql", "sql", "opportunity", "customer", "evangelist", "churned"]
        assert [row[0] for row in funnel] == stages
        assert [row[1] for row in funnel] == [
            len(of(clients, lifecycle_stage=stage)) for stage in stages
        ]


def test_refreshing_without_the_views_says_what_to_run(connection: psycopg.Connection) -> None:
    with pytest.raises(DatabaseError, match="storeloom analytics build"):
        refresh_analytics(connection)


def test_refreshing_brings_the_views_up_to_date(changing: psycopg.Connection) -> None:
    changing.execute("delete from crm_orders")
    assert refresh_analytics(changing) > 0
    assert value(changing, "select count(*) from analytics_revenue_metrics") == 0
