"""A real data set through the whole house: files, sync, metrics, marts, against pandas on the file.

Nothing of dbt or of our SQL is on the other side: the raw lines of the file, added up anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import psycopg
import pytest
from fixtures import cdnow
from fixtures.dbt_runs import Dbt
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.keys import KeyRing
from connectors.crm.lifetime import PredictionResult, compute_ltv_predictions
from connectors.crm.metrics import compute_client_ltv
from connectors.crm.stores import add_store, ensure_organization, load_config
from connectors.crm.sync import sync_store

# Built once, by one worker.
pytestmark = pytest.mark.xdist_group("cdnow")

MAPPING = {
    "currency": "USD",
    "customers": {"files": "purchases.csv", "fields": {"id": "customer"}},
    "orders": {
        "files": "purchases.csv",
        "fields": {
            "id": "line",
            "customer_id": "customer",
            "order_date": {"column": "date", "format": "%Y%m%d"},
            "total": "dollars",
        },
    },
}
# One sync of 6,919 orders and one run of dbt, for all of them.
pytestmark = pytest.mark.slow

MODELS = ("+fct_client_cohorts", "+fct_client_ltv", "+dim_clients", "+analytics_revenue_metrics")


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    """The file: a row a purchase, amounts as exact decimals."""
    frame = cdnow.purchases()
    frame["line"] = [str(number) for number in range(1, len(frame) + 1)]
    frame["amount"] = [Decimal(text) for text in frame["dollars"]]
    frame["day"] = pd.to_datetime(frame["date"], format="%Y%m%d")
    frame["month"] = frame["day"].dt.to_period("M")
    frame["cohort"] = frame.groupby("customer")["month"].transform("min")
    frame["since"] = [
        (month - cohort).n for month, cohort in zip(frame["month"], frame["cohort"], strict=True)
    ]
    return frame


@pytest.fixture(scope="module")
def loaded(
    server: EmbeddedServer,
    template: str,
    lines: pd.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, PredictionResult]]:
    """URL of the database in which it was loaded, measured and modelled, and what was predicted."""
    home = tmp_path_factory.mktemp("cdnow")
    (home / "files").mkdir()
    lines.to_csv(
        home / "files" / "purchases.csv",
        columns=["line", "customer", "date", "dollars"],
        index=False,
    )
    name = f"cdnow_{uuid.uuid4().hex[:12]}"
    url = server.url(name)
    with psycopg.connect(server.url(), autocommit=True) as administration:
        administration.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        with psycopg.connect(url, autocommit=True) as connection:
            keys = KeyRing.load(home, {})
            add_store(
                connection,
                keys,
                organization_id=ensure_organization(connection, "CDNOW"),
                key="cdnow",
                platform="files",
                base_url=(home / "files").as_uri(),
                credentials={},
                settings={"mapping": MAPPING},
            )
            config = load_config(connection, keys, "cdnow")
            synced = sync_store(url, config, run_id="cdnow")
            assert synced.error is None, synced.error
            assert not synced.degraded
            connection.execute("analyze")
            compute_client_ltv(connection, cdnow.AS_OF)
            predicted = compute_ltv_predictions(connection, cdnow.AS_OF)
        Dbt(url, home).run("run", "--select", *MODELS, environment={"PGTZ": "America/New_York"})
        yield url, predicted
        administration.execute(
            sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
        )


@pytest.fixture
def query(loaded: tuple[str, PredictionResult]) -> Iterator[Any]:
    with psycopg.connect(loaded[0], autocommit=True) as connection:
        yield lambda statement: connection.execute(statement).fetchall()


def test_every_purchase_of_the_file_is_an_order(query: Any, lines: pd.DataFrame) -> None:
    assert query("select count(*), sum(total), count(distinct client_id) from crm_orders") == [
        (6919, sum(lines["amount"]), 2357)
    ]


def test_revenue_by_day_is_that_of_the_file(query: Any, lines: pd.DataFrame) -> None:
    days = lines.groupby("day").agg(
        revenue=("amount", "sum"), orders=("amount", "size"), buyers=("customer", "nunique")
    )

    assert query(
        "select period_day at time zone 'UTC', total_revenue, order_count, unique_customers "
        "from analytics_revenue_metrics order by period_day"
    ) == [
        (day.to_pydatetime(), row.revenue, row.orders, row.buyers)
        for day, row in zip(days.index, days.itertuples(), strict=True)
    ]


def test_cohorts_are_those_of_the_file(query: Any, lines: pd.DataFrame) -> None:
    last = lines["month"].max()
    # Each line's place among its customer's: his second makes him one who came back.
    place = lines.sort_values("day", kind="stable").groupby("customer").cumcount()
    wanted = []
    for cohort, of_cohort in lines.groupby("cohort"):
        size = of_cohort["customer"].nunique()
        for since in range((last - cohort).n + 1):
            until = of_cohort[of_cohort["since"] <= since]
            now = of_cohort[of_cohort["since"] == since]
            came_back = until.index[place[until.index] == 1]
            wanted.append(
                (
                    cohort.to_timestamp().date(),
                    since,
                    size,
                    now["customer"].nunique(),
                    len(now),
                    sum(now["amount"], Decimal()),
                    sum(until["amount"], Decimal()),
                    len(came_back),
                    Decimal(len(came_back)) / size,
                )
            )

    found = query(
        "select cohort_month, months_since, cohort_size, active_clients, orders, net_revenue, "
        "cumulative_net_revenue, repeat_clients, repeat_rate from marts.fct_client_cohorts "
        "order by cohort_month, months_since"
    )
    assert [row[:-1] for row in found] == [row[:-1] for row in wanted]
    assert [float(row[-1]) for row in found] == pytest.approx([float(row[-1]) for row in wanted])
    assert len(found) == 18 + 17 + 16


def test_clients_are_worth_what_they_paid(query: Any, lines: pd.DataFrame) -> None:
    paid = lines.groupby("customer")["amount"].sum()

    found = dict(
        query(
            "select c.ecommerce_customer_id, f.ltv from marts.fct_client_ltv f "
            "join crm_clients c on c.organization_id = f.organization_id and c.id = f.client_id"
        )
    )
    assert found == paid.to_dict()


def test_the_models_of_the_synced_orders_are_the_published_ones(
    query: Any, loaded: tuple[str, PredictionResult]
) -> None:
    (fitted,) = loaded[1].fits
    assert loaded[1].failures == ()
    assert (fitted.fit.reason, fitted.written, fitted.unrated_orders) == (None, 2357, 0)

    (kept,) = query(
        "select clients, repeat_clients, round(r::numeric, 3), round(alpha::numeric, 3), "
        "round(a::numeric, 3), round(b::numeric, 3), round(log_likelihood::numeric, 1), "
        "round(p::numeric, 2), round(q::numeric, 2), round(v::numeric, 2), is_converged, as_of, "
        "holdout_days, holdout_clients from sync.ltv_fits_current"
    )
    assert kept[:2] == (2357, 946)
    assert [str(one) for one in kept[2:10]] == [
        *("0.243", "4.414", "0.793", "2.426", "-9582.4"),
        *("6.25", "3.74", "15.44"),
    ]
    assert kept[10:] == (True, cdnow.AS_OF, 90, 2357)


def test_the_marts_show_the_predictions(query: Any) -> None:
    assert query(
        "select count(*), bool_and(d.p_alive is not distinct from p.p_alive), "
        "bool_and(d.predicted_ltv_365d is not distinct from p.predicted_ltv_365d), "
        "bool_and(f.predicted_ltv_365d is not distinct from p.predicted_ltv_365d), "
        "bool_and(f.ltv_method = 'bg_nbd_gamma_gamma') "
        "from marts.dim_clients d "
        "join marts.fct_client_ltv f using (organization_id, client_id) "
        "join sync.client_ltv_predictions p using (organization_id, client_id)"
    ) == [(2357, True, True, True, True)]
