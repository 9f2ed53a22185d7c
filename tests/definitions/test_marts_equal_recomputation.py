"""Every mart against a computation of its own, wherever the session that built it lives."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from fixtures import mart_recomputation_chat as chat
from fixtures import mart_recomputation_clients as clients
from fixtures import mart_recomputation_sales as sales
from fixtures import mart_recomputation_shop as shop
from fixtures.dbt_runs import Dbt
from fixtures.mart_recomputation import Crm, Row, differences, read
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.metrics import compute_client_ltv, compute_win_rates


class Expected(NamedTuple):
    recompute: Callable[[Crm], Sequence[Row]]
    key: tuple[str, ...]
    at_least: int


MARTS = {
    "fct_orders": Expected(shop.orders, ("organization_id", "order_id"), 800),
    "fct_order_items": Expected(
        shop.order_items, ("organization_id", "order_id", "line_number"), 1000
    ),
    "fct_daily_shop": Expected(
        shop.daily_shop, ("organization_id", "store_id", "currency", "period_day"), 2000
    ),
    "fct_products": Expected(clients.products, ("organization_id", "product_id", "currency"), 200),
    "dim_clients": Expected(clients.clients, ("organization_id", "client_id"), 120),
    "fct_client_cohorts": Expected(
        clients.cohorts, ("organization_id", "cohort_month", "months_since"), 30
    ),
    "fct_client_ltv": Expected(clients.lifetime_values, ("organization_id", "client_id"), 120),
    "fct_lifecycle_funnel": Expected(sales.funnel, ("organization_id", "lifecycle_stage"), 28),
    "fct_win_rates": Expected(
        sales.win_rates,
        ("organization_id", "dimension", "close_month", "owner_id", "source", "as_of"),
        60,
    ),
    "fct_deal_stage_transitions": Expected(
        sales.transitions, ("organization_id", "transition_id"), 800
    ),
    "fct_stage_conversion": Expected(
        sales.stage_conversion, ("organization_id", "stage", "entered_month"), 60
    ),
    "fct_sales_velocity": Expected(
        sales.velocity, ("organization_id", "currency", "owner_id", "close_month"), 50
    ),
    "fct_chat_to_order": Expected(chat.conversations, ("organization_id", "conversation_id"), 500),
    "fct_response_times": Expected(chat.response_times, ("organization_id", "turn_id"), 50),
}


def measure(connection: psycopg.Connection) -> None:
    """Write what the nightly metrics write, on two days between which something changed."""
    for today, change in (
        (date(2024, 7, 1), "update crm_deals set stage = 'proposal' where probability < 20"),
        (date(2024, 7, 2), "delete from crm_orders where order_number like '1_5'"),
    ):
        compute_client_ltv(connection, today)
        compute_win_rates(connection, today)
        connection.execute(change.encode())
    connection.execute(
        """
        insert into sync.client_ltv_predictions
        select
            c.organization_id, c.id, date '2024-06-30',
            case when c.total_orders > 3 then 'bg_nbd_gamma_gamma' else 'historic_only' end,
            p.number / 7, p.number, p.number * 4, p.number * 100 / 3, p.number * p.number * 400 / 3,
            o.reporting_currency
        from crm_clients as c
        join organizations as o on o.id = c.organization_id
        cross join lateral (
            select case when c.total_orders > 3 then c.total_orders::numeric / 11 end as number
        ) as p
        where c.total_orders > 1
        """
    )


@pytest.fixture(scope="module")
def measured(server: EmbeddedServer, random_crm: str) -> Iterator[str]:
    """Name of a copy of the random CRM with metrics and without marts."""
    source = str(psycopg.conninfo.conninfo_to_dict(random_crm)["dbname"])
    with copied(server, source) as name:
        with psycopg.connect(server.url(name), autocommit=True) as inside:
            measure(inside)
            # Built in Auckland: what equals them would not be written again.
            inside.execute("drop schema marts cascade")
        yield name


@pytest.fixture(scope="module")
def expected(server: EmbeddedServer, measured: str) -> dict[str, Sequence[Row]]:
    """What the marts should hold: the same in every time zone."""
    with psycopg.connect(server.url(measured)) as connection:
        crm = Crm(connection)
        return {mart: wanted.recompute(crm) for mart, wanted in MARTS.items()}


@pytest.fixture(scope="module", params=["Pacific/Auckland", "America/New_York", "UTC"])
def marts(
    server: EmbeddedServer,
    measured: str,
    # Has closed its connection when the copy is made.
    expected: dict[str, Sequence[Row]],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[psycopg.Connection]:
    """Marts that a session in one of three time zones built."""
    with copied(server, measured) as name:
        Dbt(server.url(name), tmp_path_factory.mktemp("marts")).run(
            "run", "--select", "path:models/marts", environment={"PGTZ": request.param}
        )
        with psycopg.connect(server.url(name), autocommit=True) as inside:
            yield inside


@contextmanager
def copied(server: EmbeddedServer, source: str) -> Iterator[str]:
    """A database of its own, made from `source`."""
    name = f"marts_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
        yield name
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_equals_its_recomputation(
    mart: str, marts: psycopg.Connection, expected: dict[str, Sequence[Row]]
) -> None:
    assert len(expected[mart]) >= MARTS[mart].at_least
    assert differences(read(marts, f"marts.{mart}"), expected[mart], MARTS[mart].key) == []


def test_every_mart_is_recomputed(marts: psycopg.Connection) -> None:
    there = marts.execute("select tablename from pg_tables where schemaname = 'marts'").fetchall()

    assert {name for (name,) in there} == {*MARTS}


def test_an_organizations_rows_are_the_same_without_the_others(
    server: EmbeddedServer, measured: str, expected: dict[str, Sequence[Row]], tmp_path: Path
) -> None:
    organization = expected["fct_orders"][0]["organization_id"]
    with copied(server, measured) as name:
        with psycopg.connect(server.url(name)) as alone:
            alone.execute("delete from organizations where id <> %s", [organization])
        Dbt(server.url(name), tmp_path).run("run", "--select", "path:models/marts")
        with psycopg.connect(server.url(name)) as alone:
            for mart, wanted in MARTS.items():
                own = [r for r in expected[mart] if r["organization_id"] == organization]
                assert len(own) > 5
                assert differences(read(alone, f"marts.{mart}"), own, wanted.key) == []


def test_a_cent_a_missing_row_and_a_doubled_key_are_differences() -> None:
    rows = [{"id": 1, "amount": Decimal("10.00")}, {"id": 2, "amount": None}]

    assert differences(rows, rows, ["id"]) == []
    assert len(differences([{"id": 1, "amount": Decimal("10.01")}, rows[1]], rows, ["id"])) == 1
    assert len(differences(rows[:1], rows, ["id"])) == 1
    assert len(differences([*rows, rows[0]], rows, ["id"])) == 1
    assert len(differences(rows, [rows[0], {"id": 2, "amount": Decimal(0)}], ["id"])) == 1
    thirds = [{"id": 1, "amount": Fraction(10, 3)}]
    assert differences([{"id": 1, "amount": Decimal("3.3333333333333333")}], thirds, ["id"]) == []
    assert len(differences([{"id": 1, "amount": Decimal("3.33")}], thirds, ["id"])) == 1
