"""Changed records into the CRM's tables, one set-based merge per stream.

Takes what is new or different and nothing else, inside the caller's transaction: whoever calls has
asked the record map first, so an unchanged record costs no write here at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from connectors.crm.clients import merge_people
from connectors.crm.database import Connection
from connectors.crm.people import GUESTS, WALK_IN, buyer_of, merged, person_of
from connectors.crm.staging import (
    ORDER_COLUMNS,
    PRODUCT_COLUMNS,
    copy_rows,
    order_row,
    product_row,
)
from connectors.crm.statements import load
from connectors.crm.target import Change, Target
from connectors.records import Customer, Order, Product, Stream


def merge(
    connection: Connection, target: Target, stream: Stream, changes: Sequence[Change]
) -> None:
    """Write the changed records of one stream; all of them or, by raising, none."""
    if not changes:
        return
    if stream is Stream.CUSTOMERS:
        _merge_customers(connection, target, changes)
    elif stream is Stream.PRODUCTS:
        _merge_products(connection, target, changes)
    else:
        _merge_orders(connection, target, changes)


def _merge_customers(connection: Connection, target: Target, changes: Sequence[Change]) -> None:
    people = [
        person_of(cast(Customer, change.record), country=target.country, position=position)
        for position, change in enumerate(changes)
    ]
    merge_people(connection, target, {one.key: one for one in people}, records=changes)


def _merge_products(connection: Connection, target: Target, changes: Sequence[Change]) -> None:
    copy_rows(
        connection,
        "products",
        "staged_products",
        PRODUCT_COLUMNS,
        (
            product_row(cast(Product, change.record), change.digest, target.id_prefix)
            for change in changes
        ),
    )
    connection.execute(load("products/merge"), target.scope)


def _merge_orders(connection: Connection, target: Target, changes: Sequence[Change]) -> None:
    orders = [cast(Order, change.record) for change in changes]
    buyers = [buyer_of(order, country=target.country) for order in orders]
    keys = [buyer.key for buyer in buyers]
    clients = merge_people(
        connection,
        target,
        merged(buyers),
        order_ids=[change.crm_id for change in changes if change.crm_id is not None],
    )
    copy_rows(
        connection,
        "orders",
        "staged_orders",
        ORDER_COLUMNS,
        (
            order_row(
                order,
                change.digest,
                client_id=str(clients[key]),
                person=key,
                is_anonymous=key == (GUESTS, WALK_IN),
                id_prefix=target.id_prefix,
                order_number_prefix=target.order_number_prefix,
            )
            for order, change, key in zip(orders, changes, keys, strict=True)
        ),
    )
    connection.execute(load("orders/merge"), target.scope)
