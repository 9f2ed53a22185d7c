"""What moves no date or leaves nothing behind: deletions, merges, redactions, asked for by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fixtures.shopify.sandboxed import (
    Remembered,
    a_moment_ago,
    by_id,
    connector,
    content,
    now,
    records,
)

from connectors.base import Page, Window
from connectors.errors import Permanent
from connectors.records import Customer, Order, Product, Record, Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.sandbox.shopkeeper import Shopkeeper
from connectors.shopify.client import ShopifyConnector

SPEC = SandboxSpec(orders=120, products=25, same_second=40)


class Shop:
    """A sandbox store, its staff, and a connector that has read it once."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.keeper: Shopkeeper = server.store("shopify")
        first = connector(server)
        self.known: dict[Stream, dict[str, Record]] = {
            stream: by_id(records(first, stream)) for stream in Stream
        }
        first.close()
        self.started = a_moment_ago()
        self.reader: ShopifyConnector = connector(server)

    @property
    def memory(self) -> Remembered:
        return Remembered(**{stream.value: found for stream, found in self.known.items()})

    def increment(self) -> dict[Stream, dict[str, Any]]:
        return {stream: by_id(records(self.reader, stream, self.started)) for stream in Stream}

    def hints(self, stream: Stream) -> set[str]:
        window = Window(start=self.started, end=now())
        hinted = set(self.reader.unannounced(stream, self.memory))
        return hinted | set(self.reader.deleted_ids(stream, window))

    def by_name(self, stream: Stream, ids: set[str]) -> tuple[dict[str, Any], set[str]]:
        found = list(self.reader.read_ids(stream, sorted(ids)))
        return by_id(content(found)), {one for page in found for one in page.gone}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with SandboxServer(SPEC) as server:
        opened = Shop(server)
        yield opened
        opened.reader.close()


def test_records_asked_for_by_name_are_those_of_the_lists(shop: Shop) -> None:
    for stream in Stream:
        found, gone = shop.by_name(stream, set(shop.known[stream]))
        assert found == shop.known[stream]
        assert gone == set()


def test_an_order_asked_for_by_name_comes_with_all_its_lines_and_parcels(shop: Shop) -> None:
    reader = connector(shop.server, nested_page_size=1)
    found = by_id(content(reader.read_ids(Stream.ORDERS, list(shop.known[Stream.ORDERS]))))
    assert found == shop.known[Stream.ORDERS]
    reader.close()


def test_test_orders_asked_for_by_name_are_skipped(shop: Shop) -> None:
    tests = [str(one.id) for one in shop.server.world("shopify").orders if one.is_test]
    (page,) = shop.reader.read_ids(Stream.ORDERS, tests)
    assert (page.records, page.skipped, page.gone) == ((), len(tests), ())


def test_deleted_records_are_named_by_one_call_and_gone_when_asked_for(shop: Shop) -> None:
    order_id = next(iter(shop.known[Stream.ORDERS]))
    customer_id = next(iter(shop.known[Stream.CUSTOMERS]))
    product = next(iter(shop.known[Stream.PRODUCTS].values()))
    assert isinstance(product, Product)
    shop.keeper.delete_order(int(order_id))
    shop.keeper.delete_customer(int(customer_id))
    shop.keeper.delete_product(int(product.parent_external_id or 0))
    variants = shop.memory.children(product.parent_external_id or "")
    shop.increment()
    before = shop.reader.api_calls
    hints = {stream: shop.hints(stream) for stream in Stream}
    assert shop.reader.api_calls - before == 1
    assert hints == {
        Stream.CUSTOMERS: {customer_id},
        Stream.PRODUCTS: set(variants),
        Stream.ORDERS: {order_id},
    }
    for stream in Stream:
        assert shop.by_name(stream, hints[stream]) == ({}, hints[stream])


def test_a_variant_taken_from_a_product_is_missed_and_gone(shop: Shop) -> None:
    family = next(
        found
        for one in shop.known[Stream.PRODUCTS].values()
        if isinstance(one, Product)
        and len(found := shop.memory.children(one.parent_external_id or "")) > 1
    )
    lost = min(family)
    shop.keeper.delete_variant(int(lost))
    assert set(shop.increment()[Stream.PRODUCTS]) == family - {lost}
    assert shop.hints(Stream.PRODUCTS) == {lost}
    assert shop.by_name(Stream.PRODUCTS, {lost}) == ({}, {lost})


def test_of_merged_customers_one_is_gone_and_the_other_has_the_orders(shop: Shop) -> None:
    buyers = [
        order.customer_external_id
        for order in shop.known[Stream.ORDERS].values()
        if isinstance(order, Order) and order.customer_external_id
    ]
    source, target = sorted(set(buyers))[:2]
    shop.keeper.merge_customers(int(source), int(target))
    changed = shop.increment()
    assert set(changed[Stream.CUSTOMERS]) == {target}
    moved = {order.customer_external_id for order in changed[Stream.ORDERS].values()}
    assert moved == {target}
    assert len(changed[Stream.ORDERS]) == buyers.count(source)
    # No feed names it: the count does, then the ids, and then the store itself.
    assert shop.reader.count(Stream.CUSTOMERS) == len(shop.known[Stream.CUSTOMERS]) - 1
    missing = set(shop.known[Stream.CUSTOMERS]) - set(shop.reader.list_ids(Stream.CUSTOMERS))
    assert shop.by_name(Stream.CUSTOMERS, missing) == ({}, {source})


def test_a_redacted_customer_is_read_without_the_person_and_orders_keep_their_amounts(
    shop: Shop,
) -> None:
    order = next(
        one
        for one in shop.known[Stream.ORDERS].values()
        if isinstance(one, Order) and one.customer_external_id
    )
    shop.keeper.redact_customer(int(order.customer_external_id or 0))
    changed = shop.increment()
    erased = changed[Stream.CUSTOMERS][order.customer_external_id or ""]
    assert isinstance(erased, Customer)
    assert (erased.email, erased.phone, erased.full_name, erased.address) == (None,) * 4
    again = changed[Stream.ORDERS][order.external_id]
    assert (again.email, again.billing_address, again.total) == (None, None, order.total)
    # Still there: erasing a person is no deletion.
    assert shop.hints(Stream.CUSTOMERS) == set()


def test_a_customer_whom_only_an_order_names_is_asked_for(shop: Shop) -> None:
    # The search that filters by time can lag behind; the order tells of its customer all the same.
    new = shop.keeper.add_customer("late@example.com", at=1_700_000_000)
    shop.keeper.add_order(customer_id=new.id)
    assert shop.increment()[Stream.CUSTOMERS] == {}
    assert shop.hints(Stream.CUSTOMERS) == {str(new.id)}
    found, gone = shop.by_name(Stream.CUSTOMERS, {str(new.id)})
    assert (set(found), gone) == ({str(new.id)}, set())


def test_an_order_that_is_only_old_is_never_taken_for_deleted() -> None:
    scopes = ("read_customers", "read_orders", "read_products")
    with SandboxServer(SandboxSpec(orders=60, products=10, scopes=scopes)) as server:
        reader = connector(server)
        visible = by_id(records(reader, Stream.ORDERS))
        orders = server.world("shopify").orders
        old = next(str(one.id) for one in orders if str(one.id) not in visible and not one.is_test)
        assert reader.count(Stream.ORDERS) is None
        with pytest.raises(Permanent, match="read_all_orders"):
            list(reader.read_ids(Stream.ORDERS, [old]))
        # With the feed's word for it there is no doubt.
        started = a_moment_ago()
        recent = next(iter(visible))
        server.store("shopify").delete_order(int(recent))
        named = list(reader.deleted_ids(Stream.ORDERS, Window(start=started, end=now())))
        pages: list[Page] = list(reader.read_ids(Stream.ORDERS, named))
        assert [page.gone for page in pages] == [(recent,)]
        reader.close()


def test_the_oldest_order_is_the_first_that_was_placed(shop: Shop) -> None:
    dates = [
        order.order_date for order in shop.known[Stream.ORDERS].values() if isinstance(order, Order)
    ]
    oldest = shop.reader.oldest_order()
    assert isinstance(oldest, datetime)
    # A test order may be older; it can be reached, if nothing else.
    assert min(dates) - timedelta(days=60) < oldest <= min(dates)


def test_a_store_without_orders_has_no_oldest() -> None:
    with SandboxServer(SandboxSpec(orders=3, products=2)) as server:
        for order in list(server.world("shopify").orders):
            server.store("shopify").delete_order(order.id)
        reader = connector(server)
        assert reader.oldest_order() is None
        reader.close()


def test_one_changed_order_costs_three_calls_a_stream_with_counts_and_deletions(
    shop: Shop,
) -> None:
    shop.reader.probe()
    chosen = next(
        one.external_id
        for one in shop.known[Stream.ORDERS].values()
        if isinstance(one, Order) and len(one.lines) < 10
    )
    shop.keeper.touch(int(chosen))
    spent = dict.fromkeys(Stream, 0)
    for stream in Stream:
        before = shop.reader.api_calls
        changed = set(by_id(records(shop.reader, stream, shop.started)))
        assert changed == ({chosen} if stream is Stream.ORDERS else set())
        spent[stream] += shop.reader.api_calls - before
    for stream in Stream:
        before = shop.reader.api_calls
        assert shop.hints(stream) == set()
        assert shop.reader.count(stream) == len(shop.known[stream])
        spent[stream] += shop.reader.api_calls - before
    assert max(spent.values()) <= 3, spent


def test_an_increment_of_a_busy_day_reads_no_customer_of_the_day_before(shop: Shop) -> None:
    """The filter knows only days: newest first, one page is enough however much the day brought."""
    early = int((now() - timedelta(hours=3)).timestamp())
    for customer_id in shop.known[Stream.CUSTOMERS]:
        shop.keeper.edit_customer(int(customer_id), at=early, last_name="Early")
    last = max(shop.known[Stream.CUSTOMERS])
    shop.keeper.edit_customer(int(last), last_name="Late")
    reader = connector(shop.server, page_size=5)
    before = reader.api_calls
    assert set(by_id(records(reader, Stream.CUSTOMERS, shop.started))) == {last}
    assert reader.api_calls - before == 1
    reader.close()


def test_customers_who_change_while_they_are_paged_are_in_this_window_or_the_next(
    shop: Shop,
) -> None:
    chosen = sorted(shop.known[Stream.CUSTOMERS])[:12]
    start = int(shop.started.timestamp())
    for place, customer_id in enumerate(chosen):
        shop.keeper.edit_customer(int(customer_id), at=start - 60 + place, last_name="Changed")
    end = now() - timedelta(seconds=30)
    reader = connector(shop.server, page_size=4)
    first = Window(start=shop.started - timedelta(seconds=90), end=end)
    seen: set[str] = set()
    for page in reader.read(Stream.CUSTOMERS, first):
        seen |= {record.external_id for record in page.records}
        # The oldest, which would have come last, moves to the front.
        shop.keeper.edit_customer(int(chosen[0]), last_name="Again")
    assert seen >= set(chosen[1:])
    following = Window(start=end, end=now())
    assert chosen[0] in by_id(content(reader.read(Stream.CUSTOMERS, following)))
    reader.close()


@pytest.mark.parametrize("size", [1, 7, 39, 40, 41])
def test_many_orders_of_one_second_never_hold_an_increment_up(size: int) -> None:
    """airbytehq/airbyte PR 84845: streams stuck where many rows shared one cursor value."""
    with SandboxServer(SPEC) as server:
        at = int(a_moment_ago().timestamp())
        chosen = {str(one.id) for one in server.world("shopify").orders if not one.is_test}
        for order_id in chosen:
            server.store("shopify").touch(int(order_id), at=at)
        reader = connector(server, page_size=size)
        started = a_moment_ago() - timedelta(seconds=5)
        assert set(by_id(records(reader, Stream.ORDERS, started))) == chosen
        reader.close()
