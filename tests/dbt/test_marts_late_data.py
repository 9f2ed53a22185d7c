"""What arrives late, is corrected or goes away ends up in the marts as if it had always been so.

One history, three builds: everything, then only what changed, then everything again in new tables.
The second and the third must agree in every row of every mart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.tenants import insert
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from connectors.crm.embedded import EmbeddedServer

# Built once, by one worker.
pytestmark = pytest.mark.xdist_group("late")

MARTS = {
    "fct_orders": ("order_id",),
    "fct_order_items": ("order_id", "line_number"),
    "fct_daily_shop": ("organization_id", "store_id", "currency", "period_day"),
    "fct_products": ("product_id", "currency"),
    "fct_client_cohorts": ("organization_id", "cohort_month", "months_since"),
    "dim_clients": ("client_id",),
}
Mart = dict[tuple[Any, ...], dict[str, Any]]


@dataclass
class Shop:
    """A small organization whose rows have names."""

    connection: psycopg.Connection
    organization: str
    store: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def client(self, name: str) -> None:
        self.ids[name] = insert(self.connection, "crm_clients", organization_id=self.organization)

    def order(self, name: str, client: str, day: str, **columns: Any) -> None:
        values = {
            "total": 100,
            "status": "delivered",
            "order_date": f"{day} 12:00Z",
            "items": Jsonb([{"name": "Tea", "quantity": "2", "ecommerce_product_id": "tea"}]),
        }
        self.ids[name] = insert(
            self.connection,
            "crm_orders",
            organization_id=self.organization,
            client_id=self.ids[client],
            order_number=name,
            **{**values, **columns},
        )
        if self.store:
            self.connection.execute(
                "insert into sync.record_map (store_id, entity, external_id, organization_id, "
                "crm_id) values (%s, 'orders', %s, %s, %s)",
                [self.store, name, self.organization, self.ids[name]],
            )

    def change(self, name: str, **columns: Any) -> None:
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value))
            for column, value in columns.items()
        )
        self.connection.execute(
            sql.SQL("update crm_orders set {} where organization_id = {} and id = {}").format(
                assignments, self.organization, self.ids[name]
            )
        )

    def delete(self, name: str) -> None:
        self.connection.execute(
            "delete from crm_orders where organization_id = %s and id = %s",
            [self.organization, self.ids[name]],
        )


def read(connection: psycopg.Connection, mart: str) -> Mart:
    with connection.cursor(row_factory=dict_row) as cursor:
        query = sql.SQL("select * from marts.{}").format(sql.Identifier(mart))
        rows = cursor.execute(query).fetchall()
    found = {tuple(row[column] for column in MARTS[mart]): row for row in rows}
    assert len(found) == len(rows)
    return found


@dataclass
class History:
    shop: Shop
    other: str
    before: dict[str, Mart]
    after: dict[str, Mart]
    anew: dict[str, Mart]

    def order(self, name: str) -> dict[str, Any] | None:
        return self.after["fct_orders"].get((uuid.UUID(self.shop.ids[name]),))

    def lines(self, name: str) -> list[dict[str, Any]]:
        wanted = uuid.UUID(self.shop.ids[name])
        return [row for (order, _), row in self.after["fct_order_items"].items() if order == wanted]


@pytest.fixture(scope="module")
def history(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[History]:
    name = f"late_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        dbt = Dbt(server.url(name), tmp_path_factory.mktemp("late"))
        select = ["run", "--select", *(f"+{mart}" for mart in MARTS)]
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            shop, other = _open(connection)
            dbt.run(*select)
            before = {mart: read(connection, mart) for mart in MARTS}
            _live(shop)
            dbt.run(*select)
            after = {mart: read(connection, mart) for mart in MARTS}
            for mart in MARTS:
                connection.execute(sql.SQL("drop table marts.{}").format(sql.Identifier(mart)))
            dbt.run(*select)
            anew = {mart: read(connection, mart) for mart in MARTS}
        yield History(shop, other, before, after, anew)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _open(connection: psycopg.Connection) -> tuple[Shop, str]:
    """Two organizations; the one returned whole has a store, products and orders."""
    quiet, busy = (
        str(row[0])
        for row in connection.execute(
            "insert into organizations (name) values ('Quiet'), ('Busy') returning id"
        )
    )
    bystander = Shop(connection, quiet)
    bystander.client("ann")
    bystander.order("Q1", "ann", "2026-02-01")
    shop = Shop(connection, busy)
    row = connection.execute(
        "insert into sync.stores (organization_id, key, platform, base_url) "
        "values (%s, 'busy', 'woocommerce', 'https://shop.example') returning id::text",
        [busy],
    ).fetchone()
    assert row is not None
    shop.store = str(row[0])
    product = {"organization_id": busy, "name": "Tea", "price": 5, "currency": "USD"}
    shop.ids["tea"] = insert(
        connection, "crm_products", cost=2, ecommerce_product_id="tea", **product
    )
    for client in ("late", "giver", "taker", "mover", "refunded", "deleter", "rated", "lined"):
        shop.client(client)
    shop.order("late-2", "late", "2026-02-10")
    shop.order("given", "giver", "2026-02-01")
    shop.order("giver-2", "giver", "2026-02-05")
    shop.order("taker-2", "taker", "2026-02-07")
    shop.order("move-1", "mover", "2026-02-01")
    shop.order("move-2", "mover", "2026-02-08")
    shop.order("refund", "refunded", "2026-02-01")
    shop.order("cancel", "refunded", "2026-02-03")
    shop.order("delete-1", "deleter", "2026-02-01")
    shop.order("delete-2", "deleter", "2026-03-01")
    shop.order("unrated", "rated", "2026-02-01", currency="EUR")
    shop.order("edited", "lined", "2026-02-01")
    shop.order("emptied", "lined", "2026-02-02")
    cup = {"name": "Cup", "quantity": 1, "ecommerce_product_id": "cup"}
    shop.order("unknown", "lined", "2026-02-03", items=Jsonb([cup]))
    return shop, quiet


def _live(shop: Shop) -> None:
    """Everything that happens between the two builds."""
    shop.order("late-1", "late", "2025-12-31")
    shop.change("given", client_id=shop.ids["taker"])
    shop.change("move-2", order_date="2026-01-08 12:00Z")
    shop.change("refund", refunded_total=40)
    shop.change("cancel", status="cancelled")
    shop.delete("delete-1")
    shop.change("unrated", exchange_rate="1.25")
    shop.change("edited", items=Jsonb([{"name": "Tea"}, "rubbish", {"name": "Cup"}]))
    shop.change("emptied", items=Jsonb("rubbish"))
    shop.ids["cup"] = insert(
        shop.connection, "crm_products", organization_id=shop.organization, name="Cup", price=3,
        ecommerce_product_id="cup",
    )  # fmt: skip
    shop.connection.execute(
        "update crm_products set cost = 3 where organization_id = %s and id = %s",
        [shop.organization, shop.ids["tea"]],
    )
    # The store forgets one order: it is one that people typed, from now on.
    shop.connection.execute(
        "delete from sync.record_map where organization_id = %s and crm_id = %s",
        [shop.organization, shop.ids["giver-2"]],
    )


@pytest.mark.parametrize("mart", MARTS)
def test_what_was_built_piece_by_piece_equals_what_is_built_at_once(
    history: History, mart: str
) -> None:
    assert history.after[mart] == history.anew[mart]
    assert history.after[mart] != history.before[mart]


def test_an_old_order_that_arrives_today_is_its_clients_first(history: History) -> None:
    first, second = history.order("late-1"), history.order("late-2")
    assert first is not None
    assert second is not None
    assert (first["order_rank"], first["is_first_order"]) == (1, True)
    assert (second["order_rank"], second["is_first_order"]) == (2, False)
    days = {key[3]: row for key, row in history.after["fct_daily_shop"].items()
            if row["currency"] == "USD" and row["store_key"] == "busy"}  # fmt: skip
    assert days[first["order_day"]]["new_customers"] == 1
    # The calendar begins earlier now and has no gap.
    assert len(days) == (max(days) - min(days)).days + 1
    assert min(days) == first["order_day"]


def test_an_order_given_to_another_client_moves_the_ranks_of_both(history: History) -> None:
    ranks = {name: (history.order(name) or {})["order_rank"]
             for name in ("given", "taker-2", "giver-2")}  # fmt: skip
    assert ranks == {"given": 1, "taker-2": 2, "giver-2": 1}
    clients = history.after["dim_clients"]
    orders = {name: clients[(uuid.UUID(history.shop.ids[name]),)]["total_orders"]
              for name in ("giver", "taker")}  # fmt: skip
    assert orders == {"giver": 1, "taker": 2}


def test_an_order_dated_back_before_the_first_one_changes_places_with_it(history: History) -> None:
    earlier, later = history.order("move-2"), history.order("move-1")
    assert earlier is not None
    assert later is not None
    assert (earlier["order_rank"], later["order_rank"]) == (1, 2)


def test_a_refund_and_a_cancellation_leave_gross_and_take_net(history: History) -> None:
    refunded, cancelled = history.order("refund"), history.order("cancel")
    assert refunded is not None
    assert cancelled is not None
    assert (refunded["gross_amount"], refunded["net_amount"], refunded["lost_amount"]) == (
        100,
        60,
        0,
    )
    assert (cancelled["gross_amount"], cancelled["net_amount"], cancelled["lost_amount"]) == (
        100,
        0,
        100,
    )
    assert cancelled["order_rank"] is None


def test_a_deleted_first_order_makes_the_next_one_first_and_moves_the_cohort(
    history: History,
) -> None:
    assert history.order("delete-1") is None
    assert history.lines("delete-1") == []
    second = history.order("delete-2")
    assert second is not None
    assert second["is_first_order"]
    sizes = {row["cohort_month"].month: row["cohort_size"]
             for row in history.after["fct_client_cohorts"].values()
             if str(row["organization_id"]) == history.shop.organization}  # fmt: skip
    assert sizes[3] == 1


def test_a_rate_that_comes_late_brings_the_order_into_the_sums(history: History) -> None:
    key = (uuid.UUID(history.shop.ids["unrated"]),)
    assert history.before["fct_orders"][key]["net_reporting"] is None
    assert history.after["fct_orders"][key]["net_reporting"] == 125
    euros = [row for row in history.after["fct_daily_shop"].values() if row["currency"] == "EUR"]
    assert sum(row["net_reporting"] for row in euros) == 125
    assert sum(row["unrated_orders"] for row in euros) == 0


def test_lines_follow_their_order_and_their_product(history: History) -> None:
    assert [line["line_number"] for line in history.lines("edited")] == [1, 3]
    assert history.lines("emptied") == []
    (unknown,) = history.lines("unknown")
    assert str(unknown["product_id"]) == history.shop.ids["cup"]
    (costed,) = history.lines("refund")
    assert (costed["unit_cost_amount"], costed["line_cost_amount"]) == (3, 6)


def test_an_order_whose_store_is_gone_counts_as_typed_by_people(history: History) -> None:
    order = history.order("giver-2")
    assert order is not None
    assert order["store_id"] is None
    assert order["store_key"] is None


def test_another_organization_is_as_before(history: History) -> None:
    other = uuid.UUID(history.other)

    def rows(marts: dict[str, Mart]) -> list[dict[str, Any]]:
        return [row for mart in marts.values() for row in mart.values()
                if row["organization_id"] == other]  # fmt: skip

    assert rows(history.after) == rows(history.before)
    assert len(rows(history.after)) == 5
