"""How marts are kept: what a build writes, what it leaves alone, and who may go on reading."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.tenants import insert
from psycopg import sql
from psycopg.types.json import Jsonb

from connectors.crm.dbt_profile import dbt_environment
from connectors.crm.embedded import EmbeddedServer

# Built once, by one worker.
pytestmark = pytest.mark.xdist_group("mirror")

SELECT = ("--select", "+fct_daily_shop", "+fct_order_items")


@dataclass(frozen=True)
class Kept:
    """A database with two orders and their marts, and dbt on a copy of the project."""

    dbt: Dbt
    connection: psycopg.Connection
    organization: str

    def value(self, statement: str) -> Any:
        row = self.connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]

    def versions(self) -> list[Any]:
        """Which version of each row is where, for every mart, and every comment's own version."""
        return self.connection.execute(
            """
            select 'fct_orders', xmin::text, ctid::text from marts.fct_orders
            union all
            select 'fct_order_items', xmin::text, ctid::text from marts.fct_order_items
            union all
            select 'fct_daily_shop', xmin::text, ctid::text from marts.fct_daily_shop
            union all
            select 'comments', d.xmin::text, d.ctid::text
            from pg_description as d
            inner join pg_class as c on c.oid = d.objoid
            where c.relnamespace = 'marts'::regnamespace and c.relkind = 'r'
            order by 1, 2, 3
            """
        ).fetchall()

    def order(self, number: str, **columns: Any) -> str:
        client = insert(self.connection, "crm_clients", organization_id=self.organization)
        return insert(
            self.connection, "crm_orders", organization_id=self.organization, client_id=client,
            order_number=number, total=100, status="delivered", **columns,
        )  # fmt: skip

    @contextmanager
    def edited(self, name: str, *changes: tuple[str, str]) -> Iterator[None]:
        """The project with texts replaced in a model and its .yml, for as long as this lasts."""
        model = self.dbt.model(name)
        files = {file: file.read_text() for file in (model, model.with_suffix(".yml"))}
        try:
            for old, new in changes:
                assert any(old in file.read_text() for file in files)
                for file in files:
                    file.write_text(file.read_text().replace(old, new))
            yield
        finally:
            for file, text in files.items():
                file.write_text(text)


@pytest.fixture(scope="module")
def kept(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    name = f"kept_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            organization = insert(connection, "organizations", name="Acme")
            found = Kept(
                Dbt(server.url(name), tmp_path_factory.mktemp("kept")), connection, organization
            )
            found.order("1", order_date="2026-02-01 12:00Z")
            found.order("2", order_date="2026-02-03 12:00Z")
            found.dbt.run("run", *SELECT)
            connection.execute(
                """
                do $$ begin create role mart_reader; exception when duplicate_object then null;
                end $$
                """
            )
            connection.execute("grant select on marts.fct_daily_shop to mart_reader")
            yield found
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_a_second_build_and_a_full_refresh_of_the_same_rows_write_nothing(kept: Kept) -> None:
    before = kept.versions()
    table = kept.value("select 'marts.fct_daily_shop'::regclass::oid")
    kept.connection.execute(
        "create view public.days as select period_day, gross_amount from marts.fct_daily_shop"
    )

    kept.dbt.run("run", *SELECT)
    assert kept.versions() == before
    kept.dbt.run("run", "--full-refresh", *SELECT)
    assert kept.versions() == before

    assert kept.value("select 'marts.fct_daily_shop'::regclass::oid") == table
    assert kept.value("select count(*) from public.days") == 3
    assert kept.value("select has_table_privilege('mart_reader', 'marts.fct_daily_shop', 'select')")
    kept.connection.execute("drop view public.days")


def test_only_the_rows_of_what_changed_are_written(kept: Kept) -> None:
    before = set(kept.versions())
    kept.connection.execute(
        "update crm_orders set refunded_total = 10 "
        "where organization_id = %s and order_number = '2'",
        [kept.organization],
    )
    kept.dbt.run("run", *SELECT)
    assert sorted(name for name, *_ in set(kept.versions()) - before) == [
        "fct_daily_shop",
        "fct_orders",
    ]
    assert kept.value("select sum(returns_amount) from marts.fct_daily_shop") == 10


def test_a_build_that_fails_leaves_yesterdays_rows(kept: Kept) -> None:
    before = kept.value("select array_agg(d order by period_day) from marts.fct_daily_shop as d")
    order = kept.order("3", order_date="2026-02-01 13:00Z")
    with kept.edited("fct_daily_shop", ("count(*) as orders,", "count(*) / 0 as orders,")):
        succeeded, results, said = kept.dbt.attempt("run", *SELECT)
    assert not succeeded
    assert "division by zero" in said
    assert results["fct_orders"].status == "success"
    assert before == kept.value(
        "select array_agg(d order by period_day) from marts.fct_daily_shop as d"
    )
    kept.connection.execute("delete from crm_orders where id = %s", [order])


def test_a_changed_contract_makes_a_new_table_that_the_same_people_read(kept: Kept) -> None:
    kept.connection.execute(
        "create view public.days as select period_day, gross_amount from marts.fct_daily_shop"
    )
    before = kept.value("select count(*) from marts.fct_daily_shop")
    ended, failures = threading.Event(), []

    def read() -> None:
        with psycopg.connect(kept.dbt.url, autocommit=True) as reader:
            reader.execute("set role mart_reader; set statement_timeout = '2s'")
            while not ended.is_set():
                try:
                    reader.execute("select count(*) from marts.fct_daily_shop").fetchall()
                except psycopg.Error as error:
                    failures.append(str(error))

    kept.connection.execute("grant usage on schema marts to mart_reader")
    thread = threading.Thread(target=read)
    thread.start()
    try:
        with kept.edited("fct_daily_shop", ("refund_rate", "share_refunded")):
            # Somebody's view stops it, and nothing of his is dropped.
            succeeded, _, said = kept.dbt.attempt("run", "--select", "fct_daily_shop")
            assert not succeeded
            assert "public.days" in said or "other objects depend on it: days" in said
            assert kept.value("select count(refund_rate) from marts.fct_daily_shop") > 0

            kept.connection.execute("drop view public.days")
            kept.dbt.run("run", "--select", "fct_daily_shop")
    finally:
        ended.set()
        thread.join()

    assert failures == []
    assert kept.value("select count(*) from marts.fct_daily_shop") == before
    assert kept.value("select count(share_refunded) from marts.fct_daily_shop") > 0
    names = kept.connection.execute(
        """
        select conname from pg_constraint
        where conrelid = 'marts.fct_daily_shop'::regclass and conname like '%tmp%'
        union all
        select relname from pg_class
        where relnamespace = 'marts'::regnamespace and relname like '%tmp%'
        """
    ).fetchall()
    assert names == []
    assert "One row per organization" in kept.value(
        "select obj_description('marts.fct_daily_shop'::regclass)"
    )
    kept.dbt.run("run", "--select", "fct_daily_shop")


def test_two_builds_at_once_make_every_row_once(kept: Kept, tmp_path: Path) -> None:
    kept.connection.execute("drop table marts.fct_orders")
    for number in range(200):
        kept.order(f"many-{number}", order_date="2026-02-02 12:00Z")
    environment = {**os.environ, **dbt_environment(kept.dbt.url)}
    builds = [
        subprocess.Popen(
            [str(Path(sys.executable).parent / "dbt"), "run", *SELECT, "--quiet",
             "--project-dir", str(kept.dbt.project), "--profiles-dir", str(kept.dbt.project),
             "--target-path", str(tmp_path / f"target{number}"),
             "--log-path", str(tmp_path / f"log{number}")],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for number in range(2)
    ]  # fmt: skip
    said = [build.communicate()[0] for build in builds]
    # The views below are replaced by both, and the second may be told to come again.
    assert 0 in [build.returncode for build in builds], said
    kept.dbt.run("run", *SELECT)

    assert kept.value("select count(*) from marts.fct_orders") == 202
    assert kept.value("select sum(orders) from marts.fct_daily_shop") == 202


def test_a_null_in_the_key_is_a_value_like_any_other(kept: Kept) -> None:
    # These orders have no store. An index for which NULLs differ would take the row twice.
    with pytest.raises(psycopg.errors.UniqueViolation):
        kept.connection.execute(
            "insert into marts.fct_daily_shop select * from marts.fct_daily_shop limit 1"
        )


def test_an_order_that_comes_while_all_lines_are_computed_is_for_the_next_build(
    kept: Kept,
) -> None:
    """After another version of the model, say: the lines' tests stopped what stands on them."""
    kept.connection.execute("drop table marts.fct_order_items")
    # After fct_orders was built, before the lines are.
    kept.order("late", order_date="2026-02-04 12:00Z", items=Jsonb([{"name": "Tea"}]))
    kept.dbt.run("build", "--select", "fct_order_items", "--exclude-resource-type", "unit_test")
    lines = "select count(*) from marts.fct_order_items"
    assert kept.value(lines) == 0

    kept.dbt.run("run", *SELECT)
    assert kept.value(lines) == 1


def test_a_mart_without_a_key_in_its_contract_is_refused(kept: Kept) -> None:
    key = "columns: [organization_id, store_id, currency, period_day]"
    with kept.edited("fct_daily_shop", (key, "columns: [organization_id, currency, period_day]")):
        succeeded, _, said = kept.dbt.attempt("run", "--select", "fct_daily_shop")
    assert not succeeded
    assert "primary_key or unique constraint over exactly these columns" in said
