"""Two lists of orders by day, status and currency: what is equal, repaired, different, unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from connectors.crm.reconcile_buckets import (
    Bucket,
    Key,
    Known,
    Orders,
    State,
    Sums,
    compared,
    differing,
    untold,
)
from connectors.glances import OrderGlance

DAY = date(2026, 3, 1)
NEXT = date(2026, 3, 2)


def order(external_id: str, **fields: Any) -> OrderGlance:
    return OrderGlance(
        **{
            "external_id": external_id,
            "order_date": datetime(2026, 3, 1, 12, tzinfo=UTC),
            "status": "processing",
            "currency": "EUR",
            "total": Decimal("10.00"),
            "refunded_total": Decimal("0.00"),
            **fields,
        }
    )


def side(*orders: OrderGlance) -> Orders:
    return {one.external_id: one for one in orders}


def run(
    theirs: Orders, found: Orders, ours: Orders | None = None, **known: frozenset[str]
) -> dict[Key, Bucket]:
    buckets = compared(
        theirs, found, found if ours is None else ours, known=Known(**known), days=[DAY, NEXT]
    )
    return {bucket.key: bucket for bucket in buckets}


def test_equal_orders_are_summed_by_day_status_and_currency() -> None:
    orders = side(
        order("1"),
        order("2", total=Decimal("5.50"), refunded_total=Decimal("1.25")),
        order("3", status="cancelled"),
        order("4", currency="USD"),
        order("5", order_date=datetime(2026, 3, 2, tzinfo=UTC)),
    )
    found = run(orders, orders)
    assert {key: bucket.crm for key, bucket in found.items()} == {
        Key(DAY, "processing", "EUR"): Sums(2, Decimal("15.50"), Decimal("1.25")),
        Key(DAY, "cancelled", "EUR"): Sums(1, Decimal("10.00")),
        Key(DAY, "processing", "USD"): Sums(1, Decimal("10.00")),
        Key(NEXT, "processing", "EUR"): Sums(1, Decimal("10.00")),
    }
    assert all(bucket.store == bucket.crm for bucket in found.values())
    assert {bucket.state for bucket in found.values()} == {State.EQUAL}


def test_a_day_without_orders_is_a_bucket_of_its_own() -> None:
    found = run({}, {})
    assert [bucket.key for bucket in found.values()] == [Key(DAY), Key(NEXT)]
    assert {bucket.state for bucket in found.values()} == {State.EQUAL}


def test_equal_sums_of_different_orders_are_no_equality() -> None:
    theirs = side(order("1", total=Decimal(3)), order("2", total=Decimal(7)))
    ours = side(order("1", total=Decimal(7)), order("2", total=Decimal(3)))
    assert differing(theirs, ours) == {"1", "2"}
    bucket = run(theirs, ours)[Key(DAY, "processing", "EUR")]
    assert bucket.store == bucket.crm
    assert bucket.state is State.DIFFERS
    assert bucket.record_ids == ("1", "2")


def test_what_is_equal_after_the_repair_is_repaired_and_tells_how_it_was_found() -> None:
    theirs = side(order("1"), order("2"))
    found = side(order("1", total=Decimal("99.00")))
    bucket = run(theirs, found, theirs)[Key(DAY, "processing", "EUR")]
    assert bucket.state is State.REPAIRED
    assert bucket.found == Sums(1, Decimal("99.00"))
    assert bucket.crm == Sums(2, Decimal("20.00"))
    assert bucket.record_ids == ("1", "2")


def test_an_order_that_moved_between_buckets_is_named_in_both() -> None:
    theirs = side(order("1", status="refunded"))
    found = side(order("1"))
    buckets = run(theirs, found)
    assert {key.status: bucket.record_ids for key, bucket in buckets.items() if key.status} == {
        "refunded": ("1",),
        "processing": ("1",),
    }
    assert buckets[Key(DAY, "processing", "EUR")].store == Sums()


def test_an_order_only_here_differs_as_one_only_there_does() -> None:
    assert run(side(order("1")), {})[Key(DAY, "processing", "EUR")].state is State.DIFFERS
    assert run({}, side(order("1")))[Key(DAY, "processing", "EUR")].state is State.DIFFERS


def test_what_waits_in_quarantine_is_unknown_and_named() -> None:
    bucket = run(side(order("1")), {}, waiting=frozenset({"1"}))[Key(DAY, "processing", "EUR")]
    assert (bucket.state, bucket.record_ids) == (State.UNKNOWN, ("1",))


def test_one_order_in_quarantine_hides_no_other_difference() -> None:
    theirs = side(order("1"), order("2"))
    bucket = run(theirs, {}, waiting=frozenset({"1"}))[Key(DAY, "processing", "EUR")]
    assert bucket.state is State.DIFFERS


def test_what_people_keep_is_kept() -> None:
    found = side(order("1", status="shipped"))
    buckets = run(side(order("1")), found, held=frozenset({"1"}))
    assert {bucket.state for key, bucket in buckets.items() if key.status} == {State.KEPT}


def test_an_order_that_changed_after_the_sync_is_news_and_no_difference() -> None:
    theirs = side(order("1"))
    now = side(order("1", status="shipped"))
    buckets = run(theirs, {}, now, news=frozenset({"1"}))
    bucket = buckets[Key(DAY, "shipped", "EUR")]
    assert (bucket.state, bucket.store, bucket.crm) == (
        State.EQUAL,
        Sums(1, Decimal("10.00")),
        Sums(1, Decimal("10.00")),
    )


def test_an_order_that_nobody_can_map_is_told_under_the_first_day() -> None:
    theirs = side(OrderGlance(external_id="9"), order("1"))
    buckets = run(theirs, side(order("1")), waiting=frozenset({"9"}))
    assert buckets[Key(DAY)].state is State.UNKNOWN
    assert buckets[Key(DAY)].record_ids == ("9",)
    assert buckets[Key(DAY, "processing", "EUR")].state is State.EQUAL


def test_seconds_that_one_side_cuts_are_no_difference() -> None:
    one = order("1", order_date=datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC))
    cut = msgspec.structs.replace(one, order_date=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    assert not differing(side(one), side(cut))


def test_a_store_that_cannot_tell_leaves_its_side_open() -> None:
    (bucket,) = untold(side(order("1")), [DAY])
    assert (bucket.store, bucket.crm, bucket.state) == (
        None,
        Sums(1, Decimal("10.00")),
        State.UNKNOWN,
    )
