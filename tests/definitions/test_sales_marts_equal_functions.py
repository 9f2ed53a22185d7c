"""Where a mart and a function of the database answer the same question, the answer is the same."""

from __future__ import annotations

from typing import Any

import psycopg


def answers(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def test_win_rates_by_month_and_of_all_months_are_those_of_the_function(
    session: psycopg.Connection,
) -> None:
    by_month = answers(
        session,
        """
        select
          round(100.0 * sum(won_deals) / sum(closed_deals), 2),
          calculate_win_rate(
            organization_id,
            close_month,
            (close_month + interval '1 month' - interval '1 day')::date
          )
        from marts.fct_sales_velocity
        group by organization_id, close_month
        """,
    )
    in_all = answers(
        session,
        """
        select round(100.0 * sum(won_deals) / sum(closed_deals), 2),
          calculate_win_rate(organization_id)
        from marts.fct_sales_velocity
        group by organization_id
        """,
    )
    assert len(by_month) > 20
    assert len(in_all) == 3
    assert [row for row in by_month + in_all if row[0] != row[1]] == []


def test_the_funnel_is_that_of_the_function_in_every_organization(
    session: psycopg.Connection,
) -> None:
    by_function = answers(
        session,
        """
        select o.id, f.lifecycle_stage, f.count, f.percentage
        from organizations as o cross join get_conversion_funnel(o.id) as f
        order by o.id, array_position(
          array['lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist', 'churned'],
          f.lifecycle_stage
        )
        """,
    )
    by_mart = answers(
        session,
        """
        select organization_id, lifecycle_stage, clients, percentage
        from marts.fct_lifecycle_funnel
        where lifecycle_stage is not null
        order by organization_id, stage_position
        """,
    )
    assert by_mart == by_function
    # One organization has nobody in it.
    assert (len(by_mart), sum(row[3] is None for row in by_mart)) == (28, 7)


def test_lifetime_values_are_those_of_the_function_for_every_client(
    session: psycopg.Connection,
) -> None:
    compared = answers(
        session,
        """
        select c.id, m.ltv, calculate_client_ltv(c.id)
        from crm_clients as c left join marts.fct_client_ltv as m on m.client_id = c.id
        """,
    )
    assert len(compared) > 100
    assert [row for row in compared if row[1] != row[2]] == []
