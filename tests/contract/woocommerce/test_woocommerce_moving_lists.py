"""Lists that move, tie and lie: every record of the window arrives, whatever the shop does."""

from __future__ import annotations

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fixtures.woocommerce.payloads import customer, order, product
from fixtures.woocommerce.reading import EVERYTHING, ids, numbers, read, records
from fixtures.woocommerce.shop import END, FIRST, Payload, Shop, at, connect, refusal

from connectors.base import Window
from connectors.records import Stream


def orders(*seconds: int) -> list[Payload]:
    """Orders with these change times, ids in no particular order."""
    shuffled = random.Random(len(seconds)).sample(range(1000, 9000), len(seconds))
    return [
        order(id=identifier, number=str(identifier), date_modified_gmt=at(second))
        for identifier, second in zip(shuffled, seconds, strict=True)
    ]


def test_two_orders_changed_in_the_same_second_across_a_page_edge_both_arrive() -> None:
    rows = orders(*range(9), 9, 9, *range(10, 60))
    with Shop({"orders": rows}).serve() as server:
        found = read(connect(server, page_size=10, concurrency=1), Stream.ORDERS)
    assert ids(found) == numbers(rows)


@pytest.mark.parametrize("ties", [49, 50, 51, 120, 166])
def test_more_orders_in_one_second_than_a_slice_holds_all_arrive(ties: int) -> None:
    rows = orders(0, 1, *[2] * ties, 3, *[4] * ties, 5)
    with Shop({"orders": rows}).serve() as server:
        found = read(connect(server, page_size=10, concurrency=1), Stream.ORDERS)
    assert ids(found) == numbers(rows)


def test_a_shop_whose_orders_all_share_one_second() -> None:
    rows = orders(*[7] * 150)
    with Shop({"orders": rows}).serve() as server:
        found = read(connect(server, page_size=10, concurrency=2), Stream.ORDERS)
    assert ids(found) == numbers(rows)


def test_orders_of_one_second_without_a_fixed_order_all_arrive() -> None:
    rows = orders(*[second // 25 for second in range(200)])
    shop = Shop({"orders": rows})
    shop.settles_ties = False
    with shop.serve() as server:
        found = read(connect(server, page_size=10, concurrency=2), Stream.ORDERS)
    assert set(ids(found)) == set(numbers(rows))


def test_a_window_takes_its_first_and_its_last_second_whole() -> None:
    rows = orders(9, 10, 11, 20, 20, 21)
    window = Window(
        start=FIRST + timedelta(seconds=10, milliseconds=700), end=FIRST + timedelta(seconds=20)
    )
    with Shop({"orders": rows}).serve() as server:
        found = read(connect(server), Stream.ORDERS, window)
    assert ids(found) == numbers(rows[1:5])


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("every", [1, 2, 5])
def test_orders_changed_while_the_list_is_read_shift_nobody_out(
    every: int, concurrency: int
) -> None:
    rows = orders(*[second // 3 for second in range(300)])
    shop = Shop({"orders": rows})
    touched: set[int] = set()
    asked = 0

    def touch(path: str, query: dict[str, str]) -> None:
        nonlocal asked
        asked += path == "orders" and query["status"] == "any"
        if asked and asked % every == 0 and len(touched) < 60:
            # Early in the list: all later rows move up by one.
            still = min(
                (row for row in rows if row["id"] not in touched),
                key=lambda row: (row["date_modified_gmt"], row["id"]),
            )
            still["date_modified_gmt"] = (END + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
            touched.add(still["id"])

    shop.before = touch
    with shop.serve() as server:
        found = read(connect(server, page_size=10, concurrency=concurrency), Stream.ORDERS)
    assert touched
    assert set(numbers(rows)) - touched <= set(ids(found))


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("every", [1, 3])
def test_customers_deleted_and_added_while_they_are_read_shift_nobody_out(
    every: int, concurrency: int
) -> None:
    rows = [customer(id=number) for number in range(1, 301)]
    shop = Shop({"customers": list(rows)})
    gone: set[int] = set()
    asked = 0

    def change(path: str, query: dict[str, str]) -> None:
        nonlocal asked
        asked += path == "customers"
        if asked and asked % every == 0 and len(gone) < 40:
            gone.add(shop.lists["customers"].pop(0)["id"])
            shop.lists["customers"].append(customer(id=1000 + asked))

    shop.before = change
    with shop.serve() as server:
        found = read(connect(server, page_size=10, concurrency=concurrency), Stream.CUSTOMERS)
    assert gone
    assert set(numbers(rows)) - gone <= set(ids(found))
    assert all(page.complete_until is None for page in found)


def test_products_sorted_by_the_wall_clock_survive_the_night_it_turns_back() -> None:
    # Berlin, 2026-10-25: 02:59:59 summer time is followed by 02:00:00 winter time.
    night = int((END.replace(month=10, day=25, hour=0, minute=30) - FIRST).total_seconds())
    rows = [
        product(id=number, date_modified_gmt=at(night + number * 40)) for number in range(1, 201)
    ]
    shop = Shop({"products": rows})
    shop.sort_zone = ZoneInfo("Europe/Berlin")
    with shop.serve() as server:
        found = read(connect(server, page_size=10, concurrency=1), Stream.PRODUCTS)
    assert ids(found) == numbers(rows)


IGNORABLE = ["orderby", "order", "modified_after", "modified_before", "per_page", "_fields"]


@pytest.mark.parametrize(
    "ignored",
    [*([name] for name in IGNORABLE), IGNORABLE, ["modified_after", "modified_before"]],
    ids=lambda names: "+".join(names) if len(names) < 3 else "all",
)
def test_parameters_a_shop_ignores_cost_time_and_no_record(ignored: list[str]) -> None:
    rows = orders(*range(150))
    shop = Shop({"orders": rows})
    shop.ignored = set(ignored)
    window = Window(start=FIRST + timedelta(seconds=40), end=FIRST + timedelta(seconds=120))
    with shop.serve() as server:
        opened = connect(server, page_size=10, concurrency=2)
        assert ids(read(opened, Stream.ORDERS)) == numbers(rows)
        assert ids(read(opened, Stream.ORDERS, window)) == numbers(rows[40:121])


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", "America/New_York"])
def test_a_shop_that_reads_bounds_in_its_own_zone_loses_nothing(zone: str) -> None:
    rows = orders(*range(0, 180_000, 1800))
    shop = Shop({"orders": rows})
    shop.ignored, shop.zone = {"dates_are_gmt"}, ZoneInfo(zone)
    window = Window(start=FIRST + timedelta(hours=20), end=FIRST + timedelta(hours=30))
    with shop.serve() as server:
        found = read(connect(server, page_size=10), Stream.ORDERS, window)
    assert ids(found) == numbers(rows[40:61])


def test_pages_shorter_than_asked_for_are_not_the_end() -> None:
    rows = orders(*range(150))
    shop = Shop({"orders": rows})
    shop.hidden = {row["id"] for row in rows[::7]}
    with shop.serve() as server:
        found = read(connect(server, page_size=10, concurrency=2), Stream.ORDERS)
    assert ids(found) == numbers(row for row in rows if row["id"] not in shop.hidden)


def test_a_shop_without_sorting_by_change_is_read_by_id() -> None:
    rows = orders(*range(60))
    shop = Shop({"orders": rows})
    server = shop.serve()

    def refuse(path: str, query: dict[str, str]) -> None:
        shop.answers = (
            {path: refusal(400, "rest_invalid_param", "Invalid parameter(s): orderby")}
            if query.get("orderby") == "modified"
            else {}
        )

    shop.before = refuse
    with server:
        found = read(connect(server, page_size=10), Stream.ORDERS)
    assert ids(found) == numbers(rows)


def test_a_shop_that_chokes_on_large_pages_is_asked_for_smaller_ones() -> None:
    rows, people = orders(*range(230)), [customer(id=number) for number in range(1, 131)]
    shop = Shop({"orders": rows, "customers": people})
    shop.largest_page = 10
    with shop.serve() as server:
        opened = connect(server)
        assert ids(read(opened, Stream.ORDERS)) == numbers(rows)
        assert ids(read(opened, Stream.CUSTOMERS)) == numbers(people)


def test_reading_goes_on_where_it_was_left() -> None:
    rows = orders(*range(100))
    with Shop({"orders": rows}).serve() as server:
        opened = connect(server, page_size=10, concurrency=1)
        pages = read(opened, Stream.ORDERS)
        half = pages[: len(pages) // 2]
        mark = half[-1].resume
        assert mark is not None
        rest = read(opened, Stream.ORDERS, Window(end=END, resume=mark))
    assert set(ids(half)) | set(ids(rest)) == set(numbers(rows))
    # Only the last second read so far comes twice.
    assert len(ids(half)) + len(ids(rest)) == len(rows) + 1


def test_nothing_is_read_twice_while_nothing_moves() -> None:
    rows = orders(*[second // 2 for second in range(500)])
    with Shop({"orders": rows}).serve() as server:
        found = records(read(connect(server, page_size=10), Stream.ORDERS, EVERYTHING))
    assert len(found) == len(rows)
