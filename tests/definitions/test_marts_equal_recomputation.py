"""Every mart against a computation of its own, wherever the session that built it lives."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import psycopg
import pytest
from fixtures import mart_recomputation_shop as shop
from fixtures.dbt_runs import Dbt
from fixtures.mart_recomputation import Crm, Row, differences, read
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer


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
        shop.daily_shop, ("organization_id", "store_id", "currency", "day"), 2000
    ),
}


@pytest.fixture(scope="module", params=["Pacific/Auckland", "America/New_York", "UTC"])
def marts(
    server: EmbeddedServer,
    random_crm: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[psycopg.Connection]:
    """The random CRM with marts that a session in one of three time zones built."""
    name = f"marts_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        create = sql.SQL("create database {} template {}")
        source = psycopg.conninfo.conninfo_to_dict(random_crm)["dbname"]
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(str(source))))
        with psycopg.connect(server.url(name), autocommit=True) as inside:
            # random_crm's were built in Auckland: what equals them would not be written again.
            inside.execute("drop schema marts cascade")
            Dbt(server.url(name), tmp_path_factory.mktemp("marts")).run(
                "run", "--select", "path:models/marts", environment={"PGTZ": request.param}
            )
            inside.execute("select set_config('TimeZone', %s, false)", [request.param])
            yield inside
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def crm(marts: psycopg.Connection) -> Crm:
    return Crm(marts)


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_equals_its_recomputation(mart: str, marts: psycopg.Connection, crm: Crm) -> None:
    recompute, key, at_least = MARTS[mart]

    expected = recompute(crm)

    assert len(expected) >= at_least
    assert differences(read(marts, f"marts.{mart}"), expected, key) == []
