"""MetricFlow's answers against the marts, grouped by what each may be grouped by."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from fixtures.dbt_runs import Dbt
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

from connectors.crm.dbt_profile import dbt_environment

# One worker builds the marts for all tests of them.
pytestmark = pytest.mark.xdist_group("marts")

Answer = set[frozenset[tuple[str, str]]]
Ask = Callable[[list[str], list[str]], Answer]

# Metrics, what they are grouped by, and the same from the marts.
QUESTIONS = {
    "money of orders by month": (
        ["revenue", "net_revenue", "lost_revenue", "average_order_value", "unrated_orders"],
        ["organization", "order__reporting_currency", "metric_time__month"],
        """
        select
            organization_id as organization,
            reporting_currency as order__reporting_currency,
            date_trunc('month', order_day::timestamp)::date as metric_time__month,
            sum(gross_reporting) filter (where not is_lost) as revenue,
            sum(net_reporting) as net_revenue,
            sum(lost_reporting) as lost_revenue,
            sum(net_reporting) / nullif(count(*) filter (where not is_lost), 0)
                as average_order_value,
            count(*) filter (where net_reporting is null) as unrated_orders
        from marts.fct_orders group by 1, 2, 3
        """,
    ),
    "net revenue by day and store, against the daily mart": (
        ["net_revenue", "orders", "revenue_orders"],
        ["organization", "order__store_key", "order__currency", "metric_time__day"],
        """
        select
            organization_id as organization, store_key as order__store_key,
            currency as order__currency, period_day as metric_time__day,
            -- A day on which nothing but an unknown rate was sold has no sum.
            case when orders > unrated_orders then net_reporting end as net_revenue,
            orders, revenue_orders
        from marts.fct_daily_shop where orders > 0
        """,
    ),
    "refund rate by store": (
        ["refund_rate"],
        ["organization", "order__store_key"],
        """
        select organization_id as organization, store_key as order__store_key,
            sum(refunded_orders) / sum(orders) as refund_rate
        from marts.fct_daily_shop group by 1, 2
        """,
    ),
    "repeat rate and value of cohorts": (
        ["buyers", "repeat_rate", "lifetime_value", "average_lifetime_value"],
        ["organization", "client__first_order_day__month"],
        """
        select organization_id as organization, cohort_month as client__first_order_day__month,
            cohort_size as buyers, repeat_rate,
            cumulative_net_revenue as lifetime_value,
            cumulative_net_revenue_per_client as average_lifetime_value
        from marts.fct_client_cohorts as c
        where months_since = (
            select max(months_since) from marts.fct_client_cohorts as o
            where (o.organization_id, o.cohort_month) = (c.organization_id, c.cohort_month)
        )
        union all
        select organization_id, null, 0, null, 0, null
        from marts.dim_clients where total_orders = 0 group by 1
        """,
    ),
    "net revenue by the source of the client": (
        ["net_revenue"],
        ["organization", "client__source"],
        """
        select o.organization_id as organization, c.source as client__source,
            sum(o.net_reporting) as net_revenue
        from marts.fct_orders as o
        join marts.dim_clients as c using (organization_id, client_id)
        group by 1, 2
        """,
    ),
    "predictions by segment": (
        ["predicted_lifetime_value", "repeat_buyers"],
        ["organization", "client__rfm_segment"],
        """
        select organization_id as organization, rfm_segment as client__rfm_segment,
            sum(predicted_ltv_365d) as predicted_lifetime_value,
            count(*) filter (where total_orders > 1) as repeat_buyers
        from marts.dim_clients group by 1, 2
        """,
    ),
    "win rate by owner": (
        ["deals_won", "deals_closed", "win_rate"],
        ["organization", "deal_group__owner_id"],
        """
        select organization_id as organization, owner_id as deal_group__owner_id,
            count(*) filter (where stage = 'closed_won') as deals_won, count(*) as deals_closed,
            100.0 * count(*) filter (where stage = 'closed_won') / count(*) as win_rate
        from crm_deals where closed_on is not null group by 1, 2
        """,
    ),
    "how long people wait for a reply": (
        ["turns", "answer_rate", "response_time", "median_response_time", "response_time_p90"],
        ["organization", "turn__channel_id"],
        """
        select organization_id as organization, channel_id as turn__channel_id,
            count(*) as turns, avg(is_answered::int) as answer_rate,
            avg(response_seconds) as response_time,
            percentile_cont(0.5) within group (order by response_seconds) as median_response_time,
            percentile_cont(0.9) within group (order by response_seconds) as response_time_p90
        from marts.fct_response_times group by 1, 2
        """,
    ),
}


@pytest.fixture(scope="module")
def project(built_marts: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project, parsed, which validates what the semantic layer is made of."""
    dbt = Dbt(built_marts, tmp_path_factory.mktemp("semantic"))
    dbt.run("parse")
    return dbt.project


@pytest.fixture(scope="module")
def manifest(project: Path) -> Any:
    return json.loads((project / "target" / "manifest.json").read_text())


@pytest.fixture(scope="module")
def ask(built_marts: str, project: Path) -> Iterator[Ask]:
    """Query metrics by groups, as `mf query --metrics ... --group-by ...` does."""
    before = dict(os.environ)
    os.environ.update(dbt_environment(built_marts))
    configuration = CLIConfiguration()
    configuration.setup(
        dbt_profiles_path=project, dbt_project_path=project, configure_file_logging=False
    )
    engine = configuration.mf

    def query(metrics: list[str], groups: list[str]) -> Answer:
        request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=groups)
        frame = engine.query(request).result_df
        assert frame is not None
        return answer(frame.column_names, frame.rows)

    yield query
    os.environ.clear()
    os.environ.update(before)


def answer(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Answer:
    """Rows without order; numbers to nine digits, as MetricFlow hands them over as floats."""
    return {
        frozenset((name, comparable(value)) for name, value in zip(names, row, strict=True))
        for row in rows
    }


def comparable(value: Any) -> str:
    if isinstance(value, (int, float, Decimal)):
        return f"{float(value):.9g}"
    return str(value)[:10] if isinstance(value, date) else str(value)


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_of_the_semantic_layer_is_the_marts(
    question: str, ask: Ask, built_marts: str
) -> None:
    metrics, groups, query = QUESTIONS[question]
    with psycopg.connect(built_marts) as connection:
        cursor = connection.execute(query.encode())
        expected = answer([column.name for column in cursor.description or []], cursor)

    assert len(expected) > 2
    assert ask(metrics, groups) == expected


def test_every_metric_is_asked_for(manifest: dict[str, Any]) -> None:
    asked = {metric for metrics, _, _ in QUESTIONS.values() for metric in metrics}

    assert {metric["name"] for metric in manifest["metrics"].values()} - asked == {
        # Parts of the answer rate and the refund rate, which are asked for.
        "answered_turns",
        "refunded_orders",
    }


def test_no_metric_adds_money_of_several_currencies(manifest: dict[str, Any]) -> None:
    measures = [
        measure for model in manifest["semantic_models"].values() for measure in model["measures"]
    ]

    # Amounts in the currency of an order or deal are sums only within it.
    assert [
        measure["name"]
        for measure in measures
        if "_amount" in str(measure["expr"]).replace("refunded_amount > 0", "")
    ] == []
    for model in manifest["semantic_models"].values():
        money = [m for m in model["measures"] if "reporting currency" in m["description"]]
        assert not money or "reporting_currency" in {d["name"] for d in model["dimensions"]}
