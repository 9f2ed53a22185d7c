"""A CRM that a Vendure shop is synced into, and the ways to look at it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import psycopg
from fixtures.vendure.server import PASSWORD, USERNAME, VendureServer
from fixtures.vendure.truth import Rows, truth

from connectors.crm.keys import KeyRing
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store


class Crm:
    """One organization with one Vendure store."""

    def __init__(
        self, database: str, home: Path, organization: str, shop: VendureServer, **settings: Any
    ) -> None:
        self._database = database
        self._shop = shop
        with psycopg.connect(database, autocommit=True) as connection:
            keys = KeyRing.load(home, {})
            add_store(
                connection,
                keys,
                organization_id=organization,
                key="vendure-shop",
                platform="vendure",
                base_url=shop.url,
                credentials={"username": USERNAME, "password": PASSWORD},
                settings={"allow_http": True, "page_size": 20, **settings},
            )
            self.config = load_config(connection, keys, "vendure-shop")

    def sync(self) -> StoreResult:
        """Sync; a fault of the store or a record in quarantine fails the test."""
        result = sync_store(self._database, self.config, run_id=uuid.uuid4().hex)
        assert result.error is None, result.error
        assert not result.degraded
        return result

    def rows(self, statement: str) -> Rows:
        with psycopg.connect(self._database) as connection:
            return connection.execute(statement.encode()).fetchall()

    def assert_equals_the_shop(self) -> None:
        """Compare record by record, and the sums by status and currency, with the shop's SQL."""
        orders = [
            (row[0], row[1], row[3], row[4], row[5], row[6], row[9])
            for row in truth(self._shop.database_url, "orders")
        ]
        assert _sorted(orders) == _sorted(
            self.rows(
                "select ecommerce_order_id, order_number, currency, total, refunded_total, status, "
                "order_date from crm_orders"
            )
        )
        variants = truth(self._shop.database_url, "variants")
        assert _sorted(variants) == _sorted(
            self.rows(
                "select ecommerce_product_id, parent_ecommerce_product_id, name, sku, price, "
                "is_active from crm_products"
            )
        )
        customers = [
            (row[0], row[1], row[2]) for row in truth(self._shop.database_url, "customers")
        ]
        assert _sorted(customers) == _sorted(
            self.rows(
                "select ecommerce_customer_id, email, full_name from crm_clients "
                "where ecommerce_customer_id is not null"
            )
        )

    def assert_the_buyers_are_right(self) -> None:
        """Compare each order's client with the customer Vendure has on it."""
        with psycopg.connect(self._shop.database_url) as connection:
            expected = connection.execute(
                'select o.id::text, o."customerId"::text from "order" as o '
                'where o."orderPlacedAt" is not null'
            ).fetchall()
        assert _sorted(expected) == _sorted(
            self.rows(
                "select o.ecommerce_order_id, c.ecommerce_customer_id from crm_orders as o "
                "inner join crm_clients as c on o.client_id = c.id"
            )
        )

    def version(self) -> Rows:
        """Return what changes when any row of the CRM is written, even with the same content."""
        tables = ("crm_clients", "crm_products", "crm_orders")
        return [
            row
            for table in tables
            for row in self.rows(
                f"select '{table}', count(*), md5(string_agg(ctid::text || xmin::text, ',' "
                f"order by ctid)) from {table}"
            )
        ]


def _sorted(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: str(row[0]))
