"""An organization takes another reporting currency while orders are written: no order keeps a rate
to the old one, or dollars would be read as euros until the next night."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from connectors.rates.ecb import Quote
from connectors.rates.keep import keep
from connectors.rates.orders import fill_orders
from tests.integration.load.memory_store import DAY, MemoryStore, order

Rows = Callable[..., list[tuple[Any, ...]]]
RATES = "select distinct exchange_rate from crm_orders where organization_id = %s"


@pytest.fixture
def moving(
    database: str, connection: psycopg.Connection[Any], organization: str
) -> Callable[[Callable[[], object]], AbstractContextManager[None]]:
    """Run something beside a change of the reporting currency to euros that has not ended yet."""

    @contextmanager
    def beside(work: Callable[[], object]) -> Iterator[None]:
        worker = threading.Thread(target=work)
        with psycopg.connect(database) as person:
            person.execute(
                "update organizations set reporting_currency = 'EUR' where id = %s", [organization]
            )
            worker.start()
            waits = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
            while worker.is_alive() and connection.execute(
                waits, [person.info.backend_pid]
            ).fetchone() == (0,):
                worker.join(0.01)
            person.commit()
        worker.join()
        yield

    return beside


def test_an_order_synced_while_the_reporting_currency_changes_gets_its_rate_to_the_new_one(
    config: StoreConfig,
    organization: str,
    connection: psycopg.Connection[Any],
    moving: Callable[..., AbstractContextManager[None]],
    sync: Callable[..., StoreResult],
    rows: Rows,
) -> None:
    quote(connection, "1.25")
    store = MemoryStore(config, order("1", total=Decimal(10)))
    sync(store, full=False)
    assert rows(RATES, organization) == [(1,)]

    store.now += timedelta(days=1)
    # Of somebody nobody knows yet, so that no client is waited for.
    new = order("2", total=Decimal(30), email="new@example.com",
                source_updated_at=store.now - timedelta(minutes=1))  # fmt: skip
    with moving(lambda: sync(store, new, full=False)):
        assert rows(RATES, organization) == [(Decimal("0.8"),)]
        assert rows("select sum(total_revenue) from crm_clients") == [(Decimal("32.00"),)]


def test_orders_filled_while_the_reporting_currency_changes_get_their_rate_to_the_new_one(
    config: StoreConfig,
    organization: str,
    database: str,
    connection: psycopg.Connection[Any],
    moving: Callable[..., AbstractContextManager[None]],
    sync: Callable[..., StoreResult],
    rows: Rows,
) -> None:
    sync(MemoryStore(config, order("1", currency="GBP"), order("2", currency="GBP")))
    quote(connection, "1.25")

    def fill() -> None:
        with psycopg.connect(database) as own:
            fill_orders(own, run_id="night")

    with moving(fill):
        assert rows(RATES, organization) == [(Decimal("1.25"),)]


def quote(connection: psycopg.Connection[Any], dollars: str) -> None:
    """One euro is worth so many dollars and 0.8 pounds on the orders' day."""
    day: date = DAY.date()
    rates = {"USD": Decimal(dollars), "GBP": Decimal("0.8")}
    quotes = [Quote(day=day, currency=currency, rate=rate) for currency, rate in rates.items()]
    keep(connection, quotes, origin="test")
