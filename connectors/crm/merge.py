"""Changed records into the CRM's tables, one set-based merge per stream.

Takes what is new or different and nothing else, inside the caller's transaction: whoever calls has
asked the record map first, so an unchanged record costs no write here at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from connectors.crm.clients import merge_people
from connectors.crm.database import Connection
from connectors.crm.edits import Held, held, settle, watch
from connectors.crm.observing import observe_customers, observe_orders
from connectors.crm.ownership import TABLE_OF
from connectors.crm.people import GUESTS, WALK_IN, Person, buyer_of, merged, person_of
from connectors.crm.people_rows import Key
from connectors.crm.rereads import note_buyers, note_orders_of
from connectors.crm.shop_ids import restore
from connectors.crm.staging import (
    ORDER_COLUMNS,
    PRODUCT_COLUMNS,
    copy_rows,
    order_row,
    product_row,
    with_held,
)
from connectors.crm.statements import load
from connectors.crm.target import Change, Target
from connectors.records import Customer, Order, Product, Stream

_NOBODY: Final = (GUESTS, WALK_IN)
# For orders without a buyer, of which the statement keeps the client they have.
_PRESENT_CLIENT: Final = UUID(int=0)


def merge(
    connection: Connection, target: Target, stream: Stream, changes: Sequence[Change]
) -> None:
    """Write the changed records of one stream; all of them or, by raising, none."""
    if not changes:
        return
    if stream is not Stream.PRODUCTS:
        connection.execute(load("clients/shared_lock"), {"organization_id": target.organization_id})
    watched = watch(connection, target, TABLE_OF[stream], changes)
    restore(connection, target, stream, changes, watched)
    stays = held(target, watched)
    if stream is Stream.CUSTOMERS:
        _merge_customers(connection, target, changes)
    elif stream is Stream.PRODUCTS:
        _merge_products(connection, target, changes, stays)
    else:
        _merge_orders(connection, target, changes, stays)
    settle(connection, target, watched, changes)


def _merge_customers(connection: Connection, target: Target, changes: Sequence[Change]) -> None:
    target = observe_customers(
        connection, target, [cast(Customer, change.record) for change in changes]
    )
    people = [
        person_of(
            cast(Customer, change.record),
            country=target.country,
            position=position,
            shared=target.shared,
        )
        for position, change in enumerate(changes)
    ]
    deleted = [change.record.external_id for change in changes if change.record.is_deleted]
    if deleted:
        note_orders_of(connection, target, deleted)
    merge_people(connection, target, {one.key: one for one in people}, records=changes)


def _merge_products(
    connection: Connection, target: Target, changes: Sequence[Change], stays: Held
) -> None:
    copy_rows(
        connection,
        "products",
        "staged_products",
        PRODUCT_COLUMNS,
        (
            with_held(
                PRODUCT_COLUMNS,
                product_row(cast(Product, change.record), change.digest, target.id_prefix),
                stays.get(change.crm_id) if change.crm_id else None,
            )
            for change in changes
        ),
    )
    connection.execute(load("products/merge"), target.scope)


def _merge_orders(
    connection: Connection, target: Target, changes: Sequence[Change], stays: Held
) -> None:
    orders = [cast(Order, change.record) for change in changes]
    target = observe_orders(connection, target, orders)
    buyers = [_buyer(target, change) for change in changes]
    keys = [buyer.key if buyer else _NOBODY for buyer in buyers]
    clients = merge_people(
        connection,
        target,
        merged(filter(None, buyers)),
        orders=_known_orders(changes, keys),
    )
    copy_rows(
        connection,
        "orders",
        "staged_orders",
        ORDER_COLUMNS,
        (
            with_held(
                ORDER_COLUMNS,
                order_row(
                    order,
                    change.digest,
                    client_id=str(clients.get(key, _PRESENT_CLIENT)),
                    person=key,
                    is_anonymous=key == _NOBODY,
                    id_prefix=target.id_prefix,
                    order_number_prefix=target.order_number_prefix,
                ),
                stays.get(change.crm_id) if change.crm_id else None,
            )
            for order, change, key in zip(orders, changes, keys, strict=True)
        ),
    )
    note_buyers(connection, target)
    connection.execute(load("orders/merge"), target.scope)


def _buyer(target: Target, change: Change) -> Person | None:
    """Return who placed an order; None for one that we have and that names nobody any more."""
    order = cast(Order, change.record)
    buyer = buyer_of(order, country=target.country, shared=target.shared)
    # It stays with the client it has: the walk-ins did not place it, and may not even exist.
    is_nameless = order.is_redacted or buyer.key == _NOBODY
    return None if is_nameless and change.crm_id is not None else buyer


def _known_orders(changes: Sequence[Change], keys: Sequence[Key]) -> dict[Key, list[UUID]]:
    found: dict[Key, list[UUID]] = {}
    for change, key in zip(changes, keys, strict=True):
        if change.crm_id is not None:
            found.setdefault(key, []).append(change.crm_id)
    return found
