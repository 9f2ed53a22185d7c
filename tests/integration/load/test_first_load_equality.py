"""A store that was followed for a while, and the same store loaded for the first time: equal rows.

Whatever an order or a product went through, the CRM holds what the store says today. The exceptions
are a list of their own.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.ownership import SYNCED, TABLE_OF
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import sync_store
from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox import world as states
from connectors.sandbox.shopkeeper import Shopkeeper
from connectors.sandbox.world import World

Rows = dict[str, dict[str, Any]]
ROUNDS, EDITS = 3, 60
# Of another client's id in another organization, of when the row was made, of dates and stages that
# only move one way, and of gaps in a client that the first order filled.
APART = {
    "client_id", "created_at", "first_contact_date", "last_contact_date", "client_type",
    "lifecycle_stage", "total_orders", "total_revenue", "average_order_value", "phone", "address",
    "company_name",
}  # fmt: skip


@pytest.fixture(params=["woocommerce", "shopify", "bigcommerce", "medusa"])
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=120, products=20, seed=5)) as running:
        yield running


@pytest.fixture
def connect(
    connection: psycopg.Connection[Any],
    make_organization: Callable[[str], str],
    tmp_path: Path,
    sandbox: SandboxServer,
    platform: str,
) -> Callable[[str], StoreConfig]:
    """Connect the sandbox's store to a new organization."""
    keys = KeyRing.load(tmp_path, {})

    def new(key: str) -> StoreConfig:
        add_store(
            connection,
            keys,
            organization_id=make_organization(key),
            key=key,
            platform=platform,
            base_url=sandbox.base_url(platform),
            credentials=sandbox.credentials(platform),
            settings={"allow_http": True, "country": "DE"},
        )
        return load_config(connection, keys, key)

    return new


@pytest.fixture
def sync(database: str) -> Callable[[StoreConfig], None]:
    def run(config: StoreConfig) -> None:
        result = sync_store(database, config, run_id=uuid.uuid4().hex, accept_deletes=True)
        assert result.error is None, result.error

    return run


def held(connection: psycopg.Connection[Any], config: StoreConfig, stream: Stream) -> Rows:
    """What the CRM holds of the store's live records."""
    table = TABLE_OF[stream]
    found = connection.execute(
        f"select m.external_id, to_jsonb(t) from sync.record_map as m join {table} as t "
        "on t.organization_id = m.organization_id and t.id = m.crm_id "
        "where m.organization_id = %s and m.entity = %s and m.deleted_at is null",
        [config.organization_id, stream.value],
    )
    names = {one.name for one in SYNCED[table]} - APART
    return {external_id: {name: image[name] for name in names} for external_id, image in found}


def without_products(rows: Rows) -> Rows:
    """Forget what lines were sold of, which a first load cannot know of deleted products."""
    gone = ("sku", "ecommerce_product_id")
    return {
        name: row
        | {
            "items": [
                {key: value for key, value in line.items() if key not in gone}
                for line in row["items"] or []
            ]
        }
        for name, row in rows.items()
    }


def edit(store: Shopkeeper, world: World, lot: random.Random) -> None:  # noqa: PLR0912 - a list
    """Do one thing that shops do, at random."""
    orders = [one for one in world.orders if one.state not in (states.TRASH, states.AUTO_DRAFT)]
    order, product = lot.choice(orders), lot.choice(list(world.products))
    customer = lot.choice(list(world.customers))
    several = [one for one in world.products if len(one.variants) > 2]
    rest = order.total - order.refunded
    match lot.randrange(13):
        case 0 | 1 | 2:
            state = lot.choice([states.PENDING, states.PROCESSING, states.COMPLETED])
            store.edit_order(order.id, state=state)
        case 3:
            store.cancel_order(order.id)
        case 4 if rest > 1:
            store.refund_order(order.id, Decimal(rest // 2) / 100)
        case 5 if rest > 0:
            store.refund_order(order.id)
        case 6 if order.refunds:
            store.delete_refund(order.refunds[0].id)
        case 7:
            store.delete_order(order.id)
        case 8:
            store.edit_order(order.id, total=order.total + 100)
        case 9:
            store.edit_customer(customer.id, last_name=f"Renamed {lot.randrange(99)}")
        case 10:
            store.edit_product(product.id, name=f"Thing {lot.randrange(99)}")
        case 11 if several:
            store.delete_variant(lot.choice(several).variants[0].id)
        case _:
            store.add_order(customer_id=lot.choice([0, customer.id]), email="new@example.com")
    if lot.random() < 0.05:
        store.delete_product(lot.choice(list(world.products)).id)
    if lot.random() < 0.05:
        store.delete_customer(lot.choice(list(world.customers)).id)


def test_following_a_store_and_loading_it_for_the_first_time_come_to_the_same(
    connection: psycopg.Connection[Any],
    sandbox: SandboxServer,
    platform: str,
    connect: Callable[[str], StoreConfig],
    sync: Callable[[StoreConfig], None],
) -> None:
    lot = random.Random(3)
    followed = connect("followed")
    sync(followed)
    for _ in range(ROUNDS):
        for _ in range(EDITS):
            edit(sandbox.store(platform), sandbox.world(platform), lot)
        # What is changed in the second that a sync begins in is the next one's.
        sandbox.world(platform).clock.offset_seconds += 5
        sync(followed)
    first = connect("first")
    sync(first)

    for stream in Stream:
        ours, theirs = held(connection, followed, stream), held(connection, first, stream)
        if stream is Stream.ORDERS:
            ours, theirs = without_products(ours), without_products(theirs)
        assert ours.keys() == theirs.keys(), stream
        differing = [
            (external_id, name, row[name], theirs[external_id][name])
            for external_id, row in ours.items()
            for name in row
            if row[name] != theirs[external_id][name]
        ]
        assert differing == [], stream
