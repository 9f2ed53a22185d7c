"""A sync of little: few calls, and what no date tells of is found all the same."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from fixtures.woocommerce.payloads import customer, order, product, variation
from fixtures.woocommerce.reading import KnownIds, ids, numbers, read, records
from fixtures.woocommerce.shop import FIRST, Payload, Shop, at, connect, told

from connectors.base import Window
from connectors.errors import Permanent, Transient
from connectors.records import Stream

# A window that holds changes from second 500 on.
LATER = Window(start=FIRST + timedelta(seconds=500), end=FIRST + timedelta(seconds=900))
STATUSES = ["pending", "processing", "completed", "checkout-draft", "await-ship"]


def shop_of_a_day() -> Shop:
    shop = Shop(
        {
            "orders": [order(id=n, customer_id=n, date_modified_gmt=at(n)) for n in range(1, 300)],
            "customers": [customer(id=n) for n in range(1, 400)],
            "products": [
                product(id=n, date_created_gmt=at(-n * 7 % 97), date_modified_gmt=at(n))
                for n in range(1, 200)
            ],
            "variations": [
                variation(id=n, date_created_gmt=at(-n * 7 % 97), date_modified_gmt=at(n % 300))
                for n in range(1000, 1200)
            ],
        }
    )
    shop.statuses = STATUSES
    shop.answers["data/currencies/current"] = told({"code": "EUR"})
    return shop


def known_of(shop: Shop) -> KnownIds:
    return KnownIds(
        {stream: frozenset(str(row["id"]) for row in shop.lists[stream.value]) for stream in Stream}
    )


def test_one_changed_order_costs_three_calls_a_stream() -> None:
    shop = shop_of_a_day()
    shop.lists["orders"][7]["date_modified_gmt"] = at(600)
    known = known_of(shop)
    calls: Counter[Stream] = Counter()
    with shop.serve() as server:
        opened = connect(server)
        opened.probe()

        def read_changes(stream: Stream) -> None:
            # Customers are scanned on a slower rhythm; their number says whether that is due.
            if stream is not Stream.CUSTOMERS:
                read(opened, stream, LATER)

        def settle(stream: Stream) -> None:
            found = list(opened.unannounced(stream, known))
            if found:
                list(opened.read_ids(stream, found))
            opened.count(stream)

        for work in (read_changes, settle):
            for stream in Stream:
                before = opened.api_calls
                work(stream)
                calls[stream] += opened.api_calls - before
    assert calls == dict.fromkeys(Stream, 3)


def test_orders_of_every_status_and_the_trash_are_one_list() -> None:
    rows = [order(id=number, status=status) for number, status in enumerate(STATUSES, 1)]
    shop = Shop({"orders": [*rows, order(id=9, status="trash")]})
    shop.statuses = STATUSES
    with shop.serve() as server:
        opened = connect(server)
        found = {record.external_id for record in records(read(opened, Stream.ORDERS))}
        assert found == {"1", "2", "3", "5", "9"}
        assert opened.count(Stream.ORDERS) == 4
        assert sorted(opened.list_ids(Stream.ORDERS)) == ["1", "2", "3", "5"]
    asked = {one.query.get("status") for one in server.asked if one.path.endswith("/orders")}
    assert asked - {None} == {
        "await-ship,completed,pending,processing,trash",
        "await-ship,completed,pending,processing",
    }


@pytest.mark.parametrize("statuses", [STATUSES, None], ids=["told", "not told"])
def test_a_hidden_status_is_read_on_request(statuses: list[str] | None) -> None:
    rows = [order(id=1), order(id=2, status="checkout-draft"), order(id=3, status="trash")]
    shop = Shop({"orders": rows})
    shop.statuses = statuses

    def hide(_path: str, query: dict[str, str]) -> None:
        # What `any` leaves out in a real shop.
        shop.hidden = {2} if query.get("status") == "any" else set()

    shop.before = hide
    with shop.serve() as server:
        assert ids(read(connect(server), Stream.ORDERS)) == [1, 3]
        opened = connect(server, extra_statuses=["wc-checkout-draft"])
        assert ids(read(opened, Stream.ORDERS)) == [1, 2, 3]
        assert opened.count(Stream.ORDERS) == 2 + (statuses is None)
        with pytest.raises(Permanent, match="must be a list"):
            connect(server, extra_statuses="checkout-draft")


def test_statuses_are_learned_from_the_report_where_options_are_blocked() -> None:
    shop = Shop({"orders": [order(id=1), order(id=2, status="trash")]})
    shop.answers["reports/orders/totals"] = told([{"slug": "processing", "total": 1}])
    with shop.serve() as server:
        assert ids(read(connect(server), Stream.ORDERS)) == [1, 2]
    asked = [one.query.get("status") for one in server.asked if one.path.endswith("/orders")]
    assert {one for one in asked if one} == {"processing,trash"}


def changed_products(shop: Shop, window: Window = LATER) -> tuple[list[int], int]:
    with shop.serve() as server:
        opened = connect(server)
        found = ids(read(opened, Stream.PRODUCTS, window))
        return found, sum(one.path.endswith("/products") for one in server.asked)


def test_few_changed_products_are_read_from_the_head_of_the_list() -> None:
    shop = shop_of_a_day()
    shop.lists["products"][3]["date_modified_gmt"] = at(600)
    shop.lists["variations"][5] |= {"date_modified_gmt": at(600), "parent_id": 4}
    assert changed_products(shop) == ([4, 1005], 3)


def test_many_changed_products_are_read_in_slices() -> None:
    shop = shop_of_a_day()
    for row in shop.lists["products"][:120]:
        row["date_modified_gmt"] = at(500 + row["id"])
    assert changed_products(shop)[0] == list(range(1, 121))


def test_a_shop_that_ignores_sorting_by_change_hides_no_old_product_behind_new_ones() -> None:
    rows = [product(id=n, date_created_gmt=at(n), date_modified_gmt=at(n)) for n in range(1, 200)]
    rows[0]["date_modified_gmt"] = at(600)
    shop = Shop({"products": rows})
    # Then by creation, and nobody edited the newest: it looks sorted by change.
    shop.ignored = {"orderby"}
    assert changed_products(shop)[0] == [1]


def test_customers_of_changed_orders_are_asked_for_at_once() -> None:
    shop = shop_of_a_day()
    shop.lists["orders"][7]["date_modified_gmt"] = at(600)
    with shop.serve() as server:
        opened = connect(server)
        read(opened, Stream.ORDERS, LATER)
        assert list(opened.unannounced(Stream.CUSTOMERS, known_of(shop))) == ["8"]


def test_after_a_scan_only_customers_it_missed_are_asked_for() -> None:
    shop = shop_of_a_day()
    shop.lists["orders"][7]["date_modified_gmt"] = at(600)
    shop.lists["orders"][8] |= {"date_modified_gmt": at(600), "customer_id": 777}
    known = known_of(shop)
    with shop.serve() as server:
        opened = connect(server)
        read(opened, Stream.CUSTOMERS)
        read(opened, Stream.ORDERS, LATER)
        assert list(opened.unannounced(Stream.CUSTOMERS, known)) == ["777"]


def test_people_who_registered_and_bought_nothing_are_found_between_two_scans() -> None:
    shop = shop_of_a_day()
    known = known_of(shop)
    shop.lists["customers"] += [customer(id=n, date_created_gmt=at(700)) for n in range(1000, 1130)]
    with shop.serve() as server:
        found = list(connect(server).unannounced(Stream.CUSTOMERS, known))
    assert sorted(map(int, found)) == list(range(1000, 1130))


def test_people_who_left_are_found_between_two_scans() -> None:
    shop = shop_of_a_day()
    known = known_of(shop)
    del shop.lists["customers"][40:42]
    shop.lists["customers"].append(customer(id=1000, date_created_gmt=at(700)))
    with shop.serve() as server:
        found = list(connect(server).unannounced(Stream.CUSTOMERS, known))
    assert sorted(map(int, found)) == [41, 42, 1000]


def refund(number: int, parent: int) -> Payload:
    return {"id": number, "parent_id": parent, "amount": "1.00", "date_created_gmt": at(1)}


def unannounced_orders(refunds: list[Payload], known: dict[str, Any]) -> tuple[list[str], int]:
    shop = Shop({"orders": [order(id=1), order(id=2)], "refunds": refunds})
    with shop.serve() as server:
        opened = connect(server)
        found = list(
            opened.unannounced(
                Stream.ORDERS,
                KnownIds(
                    {Stream.ORDERS: frozenset({"1", "2"})},
                    {one: frozenset(map(str, ids)) for one, ids in known.items()},
                ),
            )
        )
        return found, sum(one.path.endswith("/refunds") for one in server.asked)


def test_an_order_whose_refund_was_deleted_is_read_again_though_its_date_stayed() -> None:
    found, _ = unannounced_orders([refund(50, 1)], {"1": [50], "2": [51]})
    assert found == ["2"]


def test_refunds_of_orders_the_crm_never_had_are_nobody_s_business() -> None:
    assert unannounced_orders([refund(50, 1), refund(60, 9)], {"1": [50]})[0] == []


def test_equal_refunds_cost_one_call_once_the_list_is_known() -> None:
    found, calls = unannounced_orders([refund(50, 1), refund(51, 1)], {"1": [50, 51]})
    # One to see whether there is such a list, which the site's index tells in `probe`.
    assert (found, calls) == ([], 2)


def test_the_variations_of_a_changed_product_are_looked_after() -> None:
    shop = shop_of_a_day()
    shop.lists["products"][3] |= {
        "type": "variable",
        "variations": [1001, 1002],
        "date_modified_gmt": at(600),
    }
    shop.lists["variations"][1] |= {"date_modified_gmt": at(600), "parent_id": 4}
    # 1003 was deleted; 1002 keeps its date and the product's new name is part of its own.
    known = KnownIds(variations={"4": frozenset({"1001", "1003"})})
    with shop.serve() as server:
        opened = connect(server)
        read(opened, Stream.PRODUCTS, LATER)
        assert list(opened.unannounced(Stream.PRODUCTS, known)) == ["1002", "1003"]


def test_a_count_asked_for_later_is_not_the_one_of_the_reading() -> None:
    shop = shop_of_a_day()
    with shop.serve() as server:
        opened = connect(server)
        read(opened, Stream.PRODUCTS, LATER)
        shop.lists["products"].pop()
        assert opened.count(Stream.PRODUCTS) == 398
        list(opened.unannounced(Stream.PRODUCTS, KnownIds()))


def test_a_list_of_ids_that_never_holds_still_is_no_list() -> None:
    shop = Shop({"orders": [order(id=number) for number in range(1, 300)]})
    # Sorted any way it likes, and one order comes and goes.
    shop.ignored = {"orderby", "order"}
    restless = order(id=999)

    def come_and_go(path: str, _query: dict[str, str]) -> None:
        rows = shop.lists["orders"]
        if path == "orders":
            rows.remove(restless) if restless in rows else rows.append(restless)

    shop.before = come_and_go
    with shop.serve() as server, pytest.raises(Transient, match="changed each time"):
        list(connect(server, page_size=10).list_ids(Stream.ORDERS))


def test_the_oldest_order_is_told_by_the_shop() -> None:
    rows = [order(id=n, date_created_gmt=at(n)) for n in range(5, 30)]
    with Shop({"orders": rows}).serve() as server:
        assert connect(server).oldest_order() == FIRST + timedelta(seconds=5)
    with Shop().serve() as server:
        assert connect(server).oldest_order() is None


def test_customers_are_the_one_stream_that_is_scanned() -> None:
    with Shop({"customers": [customer(id=1)]}).serve() as server:
        opened = connect(server)
        assert opened.scanned_streams == {Stream.CUSTOMERS}
        assert ids(read(opened, Stream.CUSTOMERS, LATER)) == numbers([customer(id=1)])
