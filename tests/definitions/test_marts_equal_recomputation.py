"""Every mart against a computation of its own, wherever the session that built it lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import psycopg
import pytest
from fixtures.mart_databases import build_marts, copied
from fixtures.mart_recomputation import Crm, Row, differences, read
from fixtures.mart_recomputation_marts import MARTS

from connectors.crm.embedded import EmbeddedServer

# One worker builds the marts for all tests of them.
pytestmark = pytest.mark.xdist_group("marts")


@pytest.fixture(scope="module")
def expected(server: EmbeddedServer, measured: str) -> dict[str, Sequence[Row]]:
    """What the marts should hold: the same in every time zone."""
    with psycopg.connect(server.url(measured)) as connection:
        crm = Crm(connection)
        return {mart: wanted.recompute(crm) for mart, wanted in MARTS.items()}


@pytest.fixture(scope="module", params=["UTC", "Pacific/Auckland", "America/New_York"])
def marts(
    server: EmbeddedServer,
    measured: str,
    built_marts: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[psycopg.Connection]:
    """Marts that a session in one of three time zones built."""
    with ExitStack() as stack:
        if request.param == "UTC":
            url = built_marts
        else:
            url = server.url(stack.enter_context(copied(server, measured)))
            build_marts(url, tmp_path_factory.mktemp("marts"), time_zone=request.param)
        yield stack.enter_context(psycopg.connect(url, autocommit=True))


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
        build_marts(server.url(name), tmp_path, time_zone="UTC")
        with psycopg.connect(server.url(name)) as alone:
            for mart, wanted in MARTS.items():
                own = [r for r in expected[mart] if r["organization_id"] == organization]
                assert len(own) > (5 if wanted.at_least > 5 else 0)
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
