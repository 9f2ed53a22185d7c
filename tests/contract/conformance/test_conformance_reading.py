"""Every record arrives, once, whatever the page size and whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import islice

import pytest
from contract.conformance.adapters import shops, shops_by_stream
from contract.conformance.reading import (
    by_name,
    checked,
    doubles,
    everything,
    hashes,
    living,
    now,
    read,
    records,
    some_of,
)
from contract.conformance.shops import Ability, Shop

from connectors.base import Connector, Window
from connectors.records import Order, Stream

Connect = Callable[..., Connector]


@pytest.mark.parametrize("size", [2, 3, 5])
@shops_by_stream()
def test_a_full_read_in_small_pages_is_complete_and_has_no_doubles(
    shop: Shop, stream: Stream, connect: Connect, size: int
) -> None:
    some_of(shop, stream, 8)
    expected = shop.ids(stream)
    assert len(expected) > 2 * size
    pages = read(connect(page_size=size), stream)
    assert set(living(pages)) == expected
    assert doubles(pages) == []


@shops_by_stream(None, Ability.TIES)
def test_records_of_one_change_time_across_a_page_edge_all_arrive(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    tied = some_of(shop, stream, 8)
    at = shop.tie(stream, tied)
    start = at - timedelta(seconds=1)
    pages = read(connector, stream, Window(start=start, end=everything(connector).end))
    assert set(tied) <= set(living(pages))


@shops_by_stream(None, Ability.TIES)
def test_a_window_that_starts_at_a_shared_change_time_holds_all_who_share_it(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    tied = some_of(shop, stream, 5)
    at = shop.tie(stream, tied)
    pages = read(connector, stream, Window(start=at, end=everything(connector).end))
    assert set(tied) <= set(living(pages))


@shops_by_stream()
def test_the_same_window_read_twice_gives_the_same_records(
    shop: Shop, stream: Stream, connect: Connect
) -> None:
    some_of(shop, stream, 2)
    window = everything(connect())
    assert hashes(read(connect(), stream, window)) == hashes(read(connect(), stream, window))


@shops_by_stream()
def test_what_changed_after_the_watermark_is_in_the_next_window(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    changed, still, *_ = some_of(shop, stream, 3)
    before = hashes(read(connector, stream))
    start = now(connector) - timedelta(seconds=1)
    shop.edit(stream, changed)
    added = some_of(shop, stream, 1)[0]
    after = hashes(read(connector, stream, Window(start=start, end=everything(connector).end)))
    assert after[changed] != before[changed]
    assert added in after
    assert after.get(still, before[still]) == before[still]


@shops_by_stream()
def test_records_that_change_while_the_list_is_paged_are_not_lost_and_lose_nobody(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    fresh = some_of(shop, stream, 4)
    expected = shop.ids(stream)
    reading = checked(connector.read(stream, everything(connector)), stream)
    pages = list(islice(reading, 1))
    early = (living(pages) or fresh)[0]
    shop.edit(stream, early)
    shop.edit(stream, fresh[-1])
    pages += list(reading)
    assert set(living(pages)) >= expected


@shops_by_stream("delete")
def test_a_record_deleted_while_the_list_is_paged_takes_nobody_with_it(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    victims = some_of(shop, stream, 3)
    reading = checked(connector.read(stream, everything(connector)), stream)
    pages = list(islice(reading, 1))
    for victim in victims:
        shop.delete(stream, victim)
    pages += list(reading)
    assert set(living(pages)) >= shop.ids(stream)


@shops_by_stream("resume")
def test_a_reading_that_broke_off_goes_on_where_it_was(
    shop: Shop, stream: Stream, connect: Connect
) -> None:
    some_of(shop, stream, 8)
    window = everything(connect())
    before = []
    rest = None
    for page in connect(page_size=2).read(stream, window):
        before.append(page)
        # What the load path remembers: a mark, or since when it has to be asked again.
        if page.resume is not None:
            rest = Window(start=window.start, end=window.end, resume=page.resume)
        elif page.complete_until is not None:
            rest = Window(start=page.complete_until, end=window.end)
        if rest is not None and len(before) > 2:
            break
    else:
        pytest.fail("there was nothing to go on from before the end: say why in `cannot`")
    after = read(connect(page_size=2), stream, rest)
    assert set(living(before)) | set(living(after)) == shop.ids(stream)
    total = len(records(read(connect(), stream, window)))
    assert len(records(after)) < total, "a mark that leads back to the beginning is none"


@shops_by_stream()
def test_the_count_equals_what_a_full_read_yields(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    some_of(shop, stream, 2)
    counted = connector.count(stream)
    assert counted == len(set(living(read(connector, stream))))


@shops_by_stream()
def test_the_listed_ids_are_those_of_a_full_read(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    listed = list(connector.list_ids(stream))
    assert len(listed) == len(set(listed))
    assert shop.ids(stream) <= set(listed)


@shops_by_stream()
def test_every_id_asked_by_name_is_answered_once_with_the_record_of_the_list(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    listed = hashes(read(connector, stream))
    wanted = sorted(shop.ids(stream))[:7]
    named = hashes(by_name(connector, stream, wanted))
    assert named == {name: listed[name] for name in wanted}


@shops()
def test_the_oldest_order_is_the_oldest_of_a_full_read(shop: Shop, connector: Connector) -> None:
    placed = [
        order.order_date
        for order in records(read(connector, Stream.ORDERS))
        if isinstance(order, Order) and not order.is_deleted
    ]
    oldest = connector.oldest_order()
    assert oldest is not None
    # A draft or test order, which is skipped, may be older.
    assert oldest <= min(placed)
