"""What a sync may write: its own columns, true money, soft deletes, numbers nobody else has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.stores import ensure_organization
from connectors.crm.sync import StoreResult
from connectors.errors import ConfigurationError
from connectors.records import Address, OrderLine, OrderStatus, Refund, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)


def test_what_people_edit_survives_and_a_null_never_overwrites(
    config: StoreConfig, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(config, customer("1", company_name="Acme", phone="+15125550123"))
    sync(store, product("1", description="Nice"))
    connection.execute(
        "update crm_clients set lead_score = 9, lead_quality = 'hot', tags = '{vip}', "
        "custom_fields = '{\"a\": 1}', lifecycle_stage = 'evangelist', client_type = 'partner', "
        "secondary_phone = '1', source = 'fair'"
    )
    connection.execute("update crm_products set custom_fields = '{\"b\": 2}', cost = 3")

    sync(
        store,
        customer("1", full_name="New", email=None, source_updated_at=LATER),
        product("1", price=Decimal(12), source_updated_at=LATER),
        order("1", customer_external_id="1"),
    )

    assert rows(
        "select full_name, email, company_name, phone, lead_score, lead_quality, tags, "
        "custom_fields, lifecycle_stage, client_type, secondary_phone, source from crm_clients"
    ) == [
        (
            "New", "c1@example.com", "Acme", "+15125550123", 9, "hot", ["vip"], {"a": 1},
            "evangelist", "partner", "1", "fair",
        )
    ]  # fmt: skip
    assert rows("select price, description, cost, custom_fields from crm_products") == [
        (Decimal(12), "Nice", Decimal(3), {"b": 2})
    ]


def test_a_client_becomes_a_customer_with_the_first_order_that_stands(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    query = "select client_type, lifecycle_stage from crm_clients"
    store = MemoryStore(config)
    sync(store, customer("1"), order("1", customer_external_id="1", status=OrderStatus.CANCELLED))
    assert rows(query) == [("lead", "lead")]

    sync(store, order("2", customer_external_id="1"))
    assert rows(query) == [("customer", "customer")]


def test_business_dates_come_from_the_business_not_from_our_clock(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config)
    sync(
        store,
        customer("1", source_created_at=None),
        order("1", customer_external_id="1", order_date=DAY),
        order("2", customer_external_id="1", order_date=DAY + timedelta(days=9)),
        order("3", email="g@example.com", order_date=DAY - timedelta(days=700)),
    )

    assert rows(
        "select first_contact_date, last_contact_date from crm_clients order by last_contact_date"
    ) == [
        (DAY - timedelta(days=700),) * 2,
        (DAY, DAY + timedelta(days=9)),
    ]
    assert rows("select min(created_at) from crm_clients") == [(DAY - timedelta(days=700),)]


def test_an_order_keeps_every_cent_line_and_refund(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    line = OrderLine(
        external_id="9",
        name="Mug \t\\N 'x' ☕",
        quantity=Decimal("1.5"),
        product_external_id="4",
        unit_price=Decimal("3.333333"),
        total=Decimal("5.00"),
    )
    sync(
        MemoryStore(
            config,
            order(
                "1",
                total=Decimal("9999999999.99"),
                refunded_total=Decimal("0.01"),
                lines=(line,),
                refunds=(Refund(external_id="r1", amount=Decimal("0.01")),),
                shipping_address=Address(line1="Back\\slash\nstreet", country_code="US"),
                source_status="on-hold",
            ),
        )
    )

    assert rows(
        "select total, refunded_total, net_revenue, exchange_rate, items, "
        "shipping_address ->> 'line1' from crm_orders"
    ) == [
        (
            Decimal("9999999999.99"),
            Decimal("0.01"),
            Decimal("9999999999.98"),
            Decimal(1),
            [
                {
                    "name": "Mug \t\\N 'x' ☕",
                    "quantity": 1.5,
                    "external_id": "9",
                    "ecommerce_product_id": "4",
                    "unit_price": 3.333333,
                    "total": 5,
                }
            ],
            "Back\\slash\nstreet",
        )
    ]
    assert rows(
        "select source_status, details #>> '{refunds,0,amount}' from sync.record_map_orders"
    ) == [("on-hold", "0.01")]


def test_a_number_that_people_or_another_order_have_gets_the_shops_id_behind_it(
    config: StoreConfig, sync: Sync, rows: Rows, organization: str
) -> None:
    rows(
        "with c as (insert into crm_clients (organization_id) values (%s) returning id) "
        "insert into crm_orders (organization_id, client_id, order_number) "
        "select %s, id, '#1' from c returning id",
        organization,
        organization,
    )
    store = MemoryStore(config)
    same = {"order_number": "#1"}
    sync(store, order("1", **same), order("2", **same), order("3", order_number="#3"))
    numbers = "select order_number from crm_orders order by 1"
    assert rows(numbers) == [("#1",), ("#1-1",), ("#1-2",), ("#3",)]

    rows("delete from crm_orders where order_number = '#1' returning id")
    sync(store, order("1", **same, total=Decimal(1), source_updated_at=LATER))
    assert rows(numbers) == [("#1-1",), ("#1-2",), ("#3",)], "a number given is kept"


def test_deletes_are_soft_and_can_be_undone(config: StoreConfig, sync: Sync, rows: Rows) -> None:
    store = MemoryStore(config)
    sync(store, customer("1"), product("1"), order("1", customer_external_id="1"))
    state = (
        "select c.client_type, p.is_active, o.status, o.total, c.total_revenue, "
        "(select count(*) from sync.record_map where deleted_at is not null) "
        "from crm_clients as c, crm_products as p, crm_orders as o"
    )

    gone = {"is_deleted": True, "source_updated_at": LATER}
    sync(
        store,
        customer("1", **gone),
        product("1", **gone),
        order("1", customer_external_id="1", **gone),
    )
    assert rows(state) == [("inactive", False, "cancelled", Decimal(100), Decimal(0), 3)]

    back = {"source_updated_at": LATER + timedelta(hours=1)}
    sync(
        store,
        customer("1", **back),
        product("1", **back),
        order("1", customer_external_id="1", **back),
    )
    assert rows(state) == [("customer", True, "processing", Decimal(100), Decimal(100), 0)]


def test_a_row_deleted_in_the_crm_comes_back_with_the_next_full_sync(
    config: StoreConfig, sync: Sync, rows: Rows
) -> None:
    store = MemoryStore(config, order("1", email="a@example.com"))
    sync(store)
    rows("delete from crm_clients returning id")
    again = sync(store)

    assert again.streams[Stream.ORDERS].inserted == 1
    assert rows("select total_orders from crm_clients") == [(1,)]


def test_amounts_of_another_currency_wait_for_a_rate_and_are_never_added_raw(
    config: StoreConfig, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    rates = (
        "insert into sync.exchange_rates (base_currency, quote_currency, rate_date, rate) "
        "values (%s, %s, %s, %s)"
    )
    connection.execute(rates, ["EUR", "USD", DAY.date() - timedelta(days=3), Decimal("1.25")])
    connection.execute(rates, ["EUR", "USD", DAY.date() + timedelta(days=1), Decimal(9)])
    store = MemoryStore(
        config,
        order("1", currency="EUR", email="a@example.com"),
        order("2", currency="GBP", email="a@example.com"),
        order("3", currency="USD", email="a@example.com"),
    )
    sync(store)
    revenue = "select exchange_rate, net_revenue from crm_orders order by ecommerce_order_id"
    assert rows(revenue) == [
        (Decimal("1.25"), Decimal(125)),
        (None, None),
        (Decimal(1), Decimal(100)),
    ]
    assert rows("select total_orders, total_revenue from crm_clients") == [(3, Decimal(225))]

    connection.execute(rates, ["EUR", "GBP", DAY.date(), Decimal("0.5")])
    sync(store)
    assert rows(revenue)[1] == (Decimal("2.5"), Decimal(250)), "by way of the euro"
    assert rows("select total_revenue from crm_clients") == [(Decimal(475),)]


def test_the_reporting_currency_does_not_change_under_existing_orders(
    config: StoreConfig, sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    sync(MemoryStore(config, order("1")))
    with pytest.raises(ConfigurationError, match="reports in USD and has orders"):
        ensure_organization(connection, "Acme", "EUR")
