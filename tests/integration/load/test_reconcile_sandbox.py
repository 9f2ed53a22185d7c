"""Three hundred changes on both sides that no date and no trigger tells of, over HTTP.

The first night after them finds, names and repairs all of them; the next one finds nothing, writes
nothing, and keeps to its calls.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import Connector, StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_store import Asked, Reconciled, reconcile_store
from connectors.crm.results import StoreResult
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import sync_store
from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox.world import Order
from connectors.shopify.client import ShopifyConnector
from connectors.woocommerce.client import WooCommerceConnector

Database = psycopg.Connection[Any]
PLATFORMS: dict[str, type[Connector]] = {
    "woocommerce": WooCommerceConnector,
    "shopify": ShopifyConnector,
}
ORDERS = 600
# What a night may cost: the days are one reading (six pages of a hundred or ten of sixty), a
# suspicious or sampled order is one of a hundred (WooCommerce) or of ten (Shopify) in a call.
CALLS_OF_A_QUIET_NIGHT = {"woocommerce": 40, "shopify": 45}
# Whole tables, clocks aside.
STATE = """
  select 'orders', to_jsonb(o) - 'updated_at' - 'id' - 'client_id' from crm_orders as o
  union all select 'products', to_jsonb(p) - 'updated_at' - 'id' from crm_products as p
  union all select 'clients', to_jsonb(c) - 'updated_at' - 'id' from crm_clients as c
  order by 1, 2
"""


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=ORDERS, products=40, seed=11)) as running:
        yield running


@pytest.fixture
def config(
    connection: Database, organization: str, tmp_path: Path, sandbox: SandboxServer, platform: str
) -> StoreConfig:
    keys = KeyRing.load(tmp_path, {})
    add_store(
        connection,
        keys,
        organization_id=organization,
        key="demo",
        platform=platform,
        base_url=sandbox.base_url(platform),
        credentials=sandbox.credentials(platform),
        # All of history in one night: what a month does.
        settings={"allow_http": True, "country": "US", "reconcile_period": 1, "delete_guard": 200},
    )
    return load_config(connection, keys, "demo")


class Nights:
    """A store's nights: synced, then compared, under one run."""

    def __init__(self, database: str, config: StoreConfig) -> None:
        self._database = database
        self._config = config

    def one(self, asked: Asked | None = None) -> tuple[StoreResult, Reconciled]:
        run_id = uuid.uuid4().hex
        reader = PLATFORMS[self._config.platform](self._config, sleep=lambda _seconds: None)  # type: ignore[call-arg]
        try:
            synced = sync_store(self._database, self._config, run_id=run_id, connector=reader)
            assert synced.error is None, synced.error
        finally:
            reader.close()
        done = reconcile_store(self._database, self._config, run_id=run_id, asked=asked)
        assert done.error is None, done.error
        return synced, done


@pytest.fixture
def nights(database: str, config: StoreConfig) -> Nights:
    return Nights(database, config)


@pytest.fixture
def state(connection: Database) -> Callable[[], list[Any]]:
    return lambda: connection.execute(STATE).fetchall()


def edits_in_the_crm(connection: Database, lot: random.Random) -> dict[Stream, set[str]]:
    """Change and delete 150 rows past every trigger; return the records by stream."""
    named: dict[Stream, set[str]] = {stream: set() for stream in Stream}

    def change(statement: str, *parameters: Any) -> None:
        with connection.transaction():
            connection.execute("set local session_replication_role = replica")
            assert connection.execute(statement, parameters).rowcount == 1

    def some(stream: Stream, number: int, where: str = "true") -> list[tuple[Any, str]]:
        found = connection.execute(
            "select m.crm_id, m.external_id from sync.record_map as m"
            " left join crm_clients as c on c.id = m.crm_id"
            " where m.entity = %s and m.content_hash is not null and m.deleted_at is null"
            f" and {where}"
            " order by m.external_id",
            [stream.value],
        ).fetchall()
        chosen = lot.sample(found, number)
        named[stream] |= {external_id for _, external_id in chosen}
        return [(crm_id, external_id) for crm_id, external_id in chosen]

    settings = (
        "total = total + 1", "refunded_total = refunded_total + 0.01", "status = 'shipped'",
        "currency = 'CHF'", "order_date = order_date - interval '40 days'", "tax = tax + 1",
        "items = '[]'", "subtotal = subtotal + 1", "order_number = order_number || 'x'",
    )  # fmt: skip
    # Where the store has no lines at all, it has nothing to say about those in the CRM.
    with_lines = (
        "exists (select from crm_orders as o where o.id = m.crm_id and o.items is not null)"
    )
    orders = some(Stream.ORDERS, 110, with_lines)
    for place, (crm_id, _) in enumerate(orders[:100]):
        change(f"update crm_orders set {settings[place % len(settings)]} where id = %s", crm_id)
    for crm_id, _ in orders[100:]:
        change("delete from crm_orders where id = %s", crm_id)
    for crm_id, _ in some(Stream.PRODUCTS, 20):
        change("update crm_products set price = price + 1, name = 'X' where id = %s", crm_id)
    # Those whose client follows them; others only fill gaps.
    for crm_id, _ in some(Stream.CUSTOMERS, 20, "c.ecommerce_customer_id = m.external_id"):
        change("update crm_clients set full_name = 'X' where id = %s", crm_id)
    return named


def edits_in_the_store(
    connection: Database,
    sandbox: SandboxServer,
    platform: str,
    lot: random.Random,
    spared: set[str],
) -> set[str]:
    """Change and delete 150 orders so that neither date nor feed tells; return their ids."""
    rows = connection.execute("select external_id from sync.record_map where entity = 'orders'")
    # Test orders are none of the CRM's business.
    known = {external_id for (external_id,) in rows} - spared
    world, store = sandbox.world(platform), sandbox.store(platform)
    candidates = [
        order
        for order in world.orders
        if str(order.id) in known and order.state == "completed" and not order.refunds
    ]
    chosen = lot.sample(candidates, 150)
    for order in chosen[:110]:
        quietly(sandbox, platform, order, total=order.total + 100)
    for order in chosen[110:]:
        store.delete_order(order.id)
    return {str(order.id) for order in chosen}


def quietly(sandbox: SandboxServer, platform: str, order: Order, **changes: Any) -> None:
    """Edit an order as a plugin does that writes to the database: no date moves."""
    before = order.modified_at
    sandbox.store(platform).edit_order(order.id, **changes)
    with sandbox.world(platform).lock:
        order.modified_at = before
        sandbox.world(platform).orders.changed(order, at=before)


def told(synced: StoreResult, done: Reconciled) -> dict[Stream, set[str]]:
    """Every record that the night named: repairs of the sync, of the comparison, and days."""
    named: dict[Stream, set[str]] = {stream: set() for stream in Stream}
    for repair in synced.repairs:
        named[repair.stream].add(repair.external_id)
    for finding in done.findings:
        named[finding.stream].update(finding.record_ids)
    return named


def test_three_hundred_changes_behind_our_back_are_found_named_and_repaired_in_one_night(
    connection: Database,
    sandbox: SandboxServer,
    platform: str,
    nights: Nights,
    state: Callable[[], list[Any]],
) -> None:
    nights.one()
    lot = random.Random(4)
    changed = edits_in_the_crm(connection, lot)
    in_store = edits_in_the_store(connection, sandbox, platform, lot, changed[Stream.ORDERS])
    assert sum(map(len, changed.values())) + len(in_store) == 300

    synced, done = nights.one()
    named = told(synced, done)
    deleted = {str(one) for one in in_store} - {
        str(one.id) for one in sandbox.world(platform).orders
    }
    assert len(deleted) == 40
    # Deletions in the store are the sync's, which compares numbers and asks for each by name.
    assert not ((changed[Stream.ORDERS] | in_store) - deleted - named[Stream.ORDERS])
    assert named[Stream.CUSTOMERS] >= changed[Stream.CUSTOMERS]
    assert named[Stream.PRODUCTS] >= changed[Stream.PRODUCTS]
    assert {one.state for one in done.findings} <= {State.EQUAL, State.REPAIRED}
    marked = connection.execute(
        "select external_id from sync.record_map where entity = 'orders' and deleted_at is not null"
    ).fetchall()
    assert {external_id for (external_id,) in marked} >= deleted

    truth = sandbox.truth(platform)
    live = connection.execute(
        "select o.currency, sum(o.total), sum(o.refunded_total) from crm_orders as o"
        " join sync.record_map as m on m.crm_id = o.id and m.entity = 'orders'"
        " where m.deleted_at is null group by 1"
    ).fetchall()
    if platform == "shopify":
        assert {currency: total for currency, total, _ in live} == truth.order_totals
        assert {currency: given for currency, _, given in live if given} == {
            currency: given for currency, given in truth.refunded.items() if given
        }
    before = state()
    synced, done = nights.one()
    assert Counter(one.state for one in done.findings).keys() == {State.EQUAL}
    assert not synced.repairs
    assert not any(one.inserted or one.updated or one.deleted for one in synced.streams.values())
    assert state() == before
    assert done.api_calls <= CALLS_OF_A_QUIET_NIGHT[platform], done.api_calls
    assert sum((one.store_total or Decimal(0)) for one in done.findings) > 0


def test_lines_of_products_that_a_store_deletes_stay_as_sold_and_accuse_nobody(
    connection: Database, sandbox: SandboxServer, platform: str, nights: Nights
) -> None:
    lines = """
      select o.ecommerce_order_id, l ->> 'external_id', l ->> 'ecommerce_product_id', l ->> 'sku'
      from crm_orders as o, jsonb_array_elements(o.items) as l order by 1, 2
    """
    nights.one()
    before = connection.execute(lines).fetchall()
    store, world = sandbox.store(platform), sandbox.world(platform)
    sold = {line.product_id for order in world.orders for line in order.lines}
    several = [one for one in world.products if len(one.variants) > 1 and one.id in sold]
    single = [one for one in world.products if len(one.variants) < 2 and one.id in sold]
    for variant in several[0].variants[:2]:
        store.delete_variant(variant.id)
    store.delete_product(several[1].id)
    store.delete_product(single[0].id)

    _, done = nights.one(Asked(share=1))
    named = {
        (one.stream, name)
        for one in done.findings
        if one.kind == "rows" and one.state is not State.EQUAL
        for name in one.record_ids
    }
    assert named == set()
    assert connection.execute(lines).fetchall() == before
