"""Ten thousand records over HTTP, one in a hundred of them rubbish.

Every good one is loaded as the store has it, every bad one waits with a reason that a support
person understands, and what is mended arrives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fixtures.http.vandal import Vandal

from connectors.crm.quarantine import (
    Quarantined,
    discard,
    find,
    list_quarantine,
    list_reasons,
)
from connectors.crm.replay import replay
from connectors.crm.results import StoreResult
from connectors.crm.stores import load_config
from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox.world import Order
from tests.integration.quarantine.conftest import Rows, Shop
from tests.integration.quarantine.rubbish import (
    ABOVE,
    SHOPIFY_ORDERS,
    WOO_CUSTOMERS,
    WOO_ORDERS,
    WOO_PRODUCTS,
    Spoilt,
    above,
    spoil_some,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHORT = 400


def test_woocommerce(shop: Callable[..., Shop]) -> None:
    spec = SandboxSpec(orders=7_900, as_of=NOON, same_second=40)
    with SandboxServer(spec) as sandbox:
        world = sandbox.world("woocommerce")
        with_lines = [
            one.id for one in world.orders if one.lines and one.state in ("completed", "processing")
        ]
        people = [one.id for one in world.customers if one.email and not one.is_redacted]
        goods = [one.id for one in world.products if not one.variants]
        spoilt = [
            *spoil_some(Stream.ORDERS, with_lines, WOO_ORDERS, 85),
            *spoil_some(Stream.CUSTOMERS, people, WOO_CUSTOMERS, 12),
            *spoil_some(Stream.PRODUCTS, goods, WOO_PRODUCTS, 3),
        ]
        with Vandal(
            sandbox.url, {f"{one.stream.value}/{one.id}": one.rubbish.spoil for one in spoilt}
        ) as vandal:
            store = shop("woocommerce", sandbox, vandal, country="DE")
            first = store.sync()

            assert sum(sandbox.truth("woocommerce").rows.values()) > 10_000 - 100
            check_waiting(store, spoilt)
            check_good(store, spoilt)
            check_books(store, first)
            check_equal_again(store)
            check_mended(store, vandal, spoilt)


@pytest.mark.parametrize("bulk", ["never", "always"])
def test_shopify(shop: Callable[..., Shop], bulk: str) -> None:
    with SandboxServer(SandboxSpec(orders=400, as_of=NOON, same_second=20)) as sandbox:
        plain = [
            one for one in sandbox.world("shopify").orders if one.customer_id and not one.is_test
        ]
        # Lines of a bulk result name their order: without its id the whole file is not believed.
        kinds = [one for one in SHOPIFY_ORDERS if bulk == "never" or not one.is_of_id]
        spoilt = spoil_some(Stream.ORDERS, [one.id for one in plain], kinds, 36)
        spoils = {f"gid://shopify/Order/{one.id}": one.rubbish.spoil for one in spoilt}
        with Vandal(sandbox.url, spoils) as vandal:
            store = shop("shopify", sandbox, vandal, bulk=bulk)
            first = store.sync()

            check_waiting(store, spoilt)
            check_books(store, first)
            check_orders_of_shopify(store, spoilt)
            check_equal_again(store)


def check_orders_of_shopify(store: Shop, spoilt: Sequence[Spoilt]) -> None:
    bad = {one.id for one in spoilt}
    totals = dict(store.rows("select ecommerce_order_id, total from crm_orders"))
    world = store.sandbox.world("shopify")
    good = [one for one in world.orders if one.id not in bad and not one.is_test]
    assert {str(one.id): totals[str(one.id)] for one in good} == {
        str(one.id): cents(one.total) for one in good
    }
    check_loaded(totals.keys(), spoilt)


def check_loaded(ids: Collection[str], spoilt: Sequence[Spoilt]) -> None:
    """What our rules take as it comes is in the CRM, what they refuse is not."""
    for one in spoilt:
        if one.stream is Stream.ORDERS:
            number = one.id + ABOVE if one.rubbish.spoil is above else one.id
            assert (str(number) in ids) == (one.rubbish.code is None), one.rubbish.what


def check_waiting(store: Shop, spoilt: Sequence[Spoilt]) -> None:
    """Every bad record, and no other, waits with its code and a reason for people."""
    waiting = list_quarantine(store.connection, limit=1_000)
    named = {(one.stream, one.external_id): one for one in waiting if one.external_id}
    nameless = Counter((one.stream, one.code) for one in waiting if not one.external_id)
    expected: Counter[tuple[Stream, str]] = Counter()
    for stream, number, rubbish in spoilt:
        row = named.pop((stream, str(number)), None)
        if rubbish.code is None:
            assert row is None, rubbish.what
        elif row is None:
            expected[stream, rubbish.code] += 1
        else:
            assert row.code == rubbish.code, (rubbish.what, row.reason)
            assert rubbish.says in row.reason, (rubbish.what, row.reason)
            check_readable(row)
    assert not {one: (row.code, row.reason) for one, row in named.items()}
    # The same nothing sent twice is one row: there is nothing to tell them apart by.
    assert nameless.keys() == expected.keys()
    assert nameless[Stream.ORDERS, "missing_id"] == expected[Stream.ORDERS, "missing_id"]


def check_readable(row: Quarantined) -> None:
    """A sentence or two with what to do, short, without the store's bytes and Python's words."""
    assert re.fullmatch(r"\w.*\. [A-Z].*\.", row.reason), row.reason
    assert len(row.reason) < SHORT, row.reason
    assert row.reason.isprintable(), row.reason
    assert not re.search(r"Traceback|Error|psycopg|msgspec|`|xxxx", row.reason), row.reason


def check_good(store: Shop, spoilt: Sequence[Spoilt]) -> None:
    """Whatever was not spoilt is in the CRM as the store has it, field by field."""
    world = store.sandbox.world("woocommerce")
    bad = {(one.stream, one.id) for one in spoilt}
    orders = {
        str(one[0]): one[1:]
        for one in store.rows(
            "select ecommerce_order_id, order_number, currency, total, tax, shipping, discount,"
            " refunded_total, order_date, coalesce(jsonb_array_length(items), 0) from crm_orders"
        )
    }
    wanted = [
        one
        for one in world.orders
        if (Stream.ORDERS, one.id) not in bad and one.state != "checkout-draft"
    ]
    assert {str(one.id): orders[str(one.id)] for one in wanted} == {
        str(one.id): as_order(one) for one in wanted
    }
    check_loaded(orders.keys(), spoilt)
    people = {
        external_id: email or ""
        for external_id, email in store.rows(
            "select m.external_id, c.email from sync.record_map as m"
            " join crm_clients as c on c.id = m.crm_id where m.entity = 'customers'"
            " and m.content_hash is not null"
        )
    }
    for one in world.customers:
        if (Stream.CUSTOMERS, one.id) not in bad and not one.is_redacted:
            assert people[str(one.id)].lower() == one.email.lower(), one.id
    goods = dict(store.rows("select ecommerce_product_id, price from crm_products"))
    for product in world.products:
        if (Stream.PRODUCTS, product.id) not in bad and not product.variants:
            assert goods[str(product.id)] == cents(product.price), product.id


def check_books(store: Shop, result: StoreResult) -> None:
    """Loaded, put aside and skipped are what was fetched, in the result and in sync.loads."""
    for stream, one in result.streams.items():
        told = one.inserted + one.updated + one.unchanged + one.skipped + one.quarantined
        assert one.fetched == told + one.deleted
        assert store.rows(
            "select sum(fetched)::int, sum(inserted)::int, sum(quarantined)::int from sync.loads"
            " where stream = %s",
            stream.value,
        ) == [(one.fetched, one.inserted, one.quarantined)]
        assert store.rows(
            "select count(*)::int from sync.record_map"
            " where entity = %s and content_hash is not null",
            stream.value,
        ) == [(one.inserted,)]


def check_equal_again(store: Shop) -> None:
    """A second reading of everything changes nothing; what was discarded is not counted again."""
    (aside, *_) = (one for one in list_quarantine(store.connection) if one.code == "bad_amount")
    discard(store.connection, [aside.id], by="Ann", reason="a test order of the shop")
    before = state(store)
    waiting = {one.id: one.attempts for one in list_quarantine(store.connection, limit=1_000)}

    again = store.sync(full=True)

    assert [(one.inserted, one.updated) for one in again.streams.values()] == [(0, 0)] * 3
    assert state(store) == before
    after = list_quarantine(store.connection, limit=1_000)
    assert {one.id for one in after} == waiting.keys()
    assert sum(one.attempts for one in after) > sum(waiting.values())
    assert find(store.connection, aside.id).state == "discarded"
    assert again.replayed.attempted == 0


def state(store: Shop) -> Rows:
    return store.rows(
        "select (select md5(string_agg(o::text, '' order by o.id)) from crm_orders as o),"
        " (select md5(string_agg(c::text, '' order by c.id)) from crm_clients as c),"
        " (select md5(string_agg(p::text, '' order by p.id)) from crm_products as p)"
    )


def check_mended(store: Shop, vandal: Vandal, spoilt: Sequence[Spoilt]) -> None:
    """What the store corrects arrives; what a rule here refused is replayed once that is gone."""
    corrected = [one.id for one in spoilt if one.rubbish.what in ("NaN", "negative money")]
    corrected = [one for one in corrected if (f"orders/{one}") in vandal.spoils]
    for number in corrected:
        del vandal.spoils[f"orders/{number}"]
        store.sandbox.store("woocommerce").touch(number)
    refused, *others = (
        one for one in list_quarantine(store.connection) if one.code == "database_54000"
    )
    discard(store.connection, [refused.id], by="Ann", reason="nobody writes to them")
    for (index,) in store.rows(
        "select indexrelid::regclass::text from pg_index"
        " where indrelid = 'crm_clients'::regclass and pg_get_indexdef(indexrelid) like '%%email%%'"
    ):
        store.connection.execute(f"drop index {index}".encode())

    config = load_config(store.connection, store.keys, "shop")
    by_hand = replay(store.database, config, run_id="by hand", numbers=[refused.id])
    assert (by_hand.attempted, by_hand.loaded) == (1, 1)
    store.settings["country"] = "AT"
    result = store.sync()

    assert result.replayed.loaded == len(others)
    assert find(store.connection, others[0].id).resolution == "replayed"
    assert find(store.connection, refused.id).resolution == "replayed"
    arrived = store.rows(
        "select count(*)::int from sync.quarantine"
        " where external_id = any(%s) and resolution = 'arrived'",
        [str(one) for one in corrected],
    )
    assert arrived == [(len(corrected),)]
    assert not {one.code for one in list_reasons(store.connection)} & {"database_54000"}


def as_order(one: Order) -> tuple[Any, ...]:
    return (
        one.number, one.currency, cents(one.total), cents(one.total_tax), cents(one.shipping_total),
        cents(one.discount), cents(one.refunded), datetime.fromtimestamp(one.created_at, UTC),
        len(one.lines),
    )  # fmt: skip


def cents(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)
