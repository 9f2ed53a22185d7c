"""What each stream holds: trash, drafts, variations, and records that cannot be mapped."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fixtures.http.scripted import Told
from fixtures.woocommerce.payloads import config, customer, order, product, variation
from fixtures.woocommerce.reading import ids, read, records
from fixtures.woocommerce.shop import END, FIRST, Shop, at, connect, refusal, told

from connectors.base import Window
from connectors.crm.refusals import payload_text
from connectors.records import Order, OrderStatus, Product, Stream
from connectors.woocommerce.mapping import remap


def test_trash_comes_as_tombstones_and_drafts_are_counted_as_skipped() -> None:
    rows = [
        order(id=1),
        order(id=2, status="trash"),
        order(id=3, status="checkout-draft"),
        order(id=4, status="auto-draft", date_modified_gmt=at(5)),
    ]
    with Shop({"orders": rows}).serve() as server:
        opened = connect(server)
        pages = read(opened, Stream.ORDERS)
        # What is in the trash is no longer among the orders the shop has.
        assert list(opened.list_ids(Stream.ORDERS)) == ["1"]
    found = {record.external_id: record for record in records(pages)}
    assert set(found) == {"1", "2"}
    assert isinstance(found["2"], Order)
    assert (found["2"].is_deleted, found["2"].status) == (True, OrderStatus.CANCELLED)
    assert sum(page.skipped for page in pages) == 2


def test_the_trash_is_read_first_so_that_only_the_end_of_the_stream_is_complete() -> None:
    rows = [order(id=1, status="trash", date_modified_gmt=at(50)), order(id=2)]
    with Shop({"orders": rows}).serve() as server:
        pages = read(connect(server), Stream.ORDERS)
    assert [page.complete_until is None for page in pages] == [True, False]
    assert pages[0].resume is None


def test_a_shop_that_ignores_status_shows_no_order_twice() -> None:
    shop = Shop({"orders": [order(id=1), order(id=2)]})
    shop.ignored = {"status"}
    with shop.serve() as server:
        assert ids(read(connect(server), Stream.ORDERS)) == [1, 2]


def test_counts_and_ids_are_those_of_a_full_read_without_the_trash() -> None:
    shop = Shop(
        {
            "orders": [order(id=1), order(id=2, status="trash")],
            "customers": [customer(id=number) for number in range(1, 8)],
            "products": [product(id=12), product(id=14, status="trash")],
            "variations": [variation(id=number) for number in (20, 21, 22)],
        }
    )
    with shop.serve() as server:
        opened = connect(server)
        for stream in Stream:
            live = sorted(
                int(record.external_id)
                for record in records(read(opened, stream))
                if not record.is_deleted
            )
            assert opened.count(stream) == len(live)
            assert sorted(map(int, opened.list_ids(stream))) == live


def test_variations_carry_their_parent_s_name_asked_for_once() -> None:
    parents = [product(id=number, name=f"Tea {number}", type="variable") for number in (12, 15)]
    rows = [variation(id=100 + number, parent_id=12 + 3 * (number % 2)) for number in range(40)]
    with Shop({"products": parents, "variations": rows}).serve() as server:
        found = records(read(connect(server, page_size=10), Stream.PRODUCTS))
    names = {record.external_id: record.name for record in found if isinstance(record, Product)}
    assert names["100"] == "Tea 12 - Red, L"
    assert names["101"] == "Tea 15 - Red, L"
    assert len(names) == 42
    assert sum("include" in asked.query for asked in server.asked) == 1


def without_variations_list(*, per_parent: dict[str, list[dict[str, Any]]]) -> Shop:
    parents = [
        product(
            id=int(number),
            type="variable",
            date_modified_gmt=at(int(number)),
            variations=[row["id"] for row in rows],
        )
        for number, rows in per_parent.items()
    ]
    shop = Shop({"products": [product(id=50), *parents]})
    del shop.lists["variations"]
    for number, rows in per_parent.items():
        shop.lists[f"products/{number}/variations"] = rows
    return shop


def test_an_older_shop_is_asked_for_variations_product_by_product() -> None:
    shop = without_variations_list(
        per_parent={
            "12": [variation(id=number, parent_id=None) for number in range(100, 130)],
            "15": [variation(id=200)],
        }
    )
    with shop.serve() as server:
        opened = connect(server, page_size=10)
        found = ids(read(opened, Stream.PRODUCTS))
        assert found == [12, 15, 50, *range(100, 130), 200]
        assert opened.count(Stream.PRODUCTS) == len(found)
        assert sorted(map(int, opened.list_ids(Stream.PRODUCTS))) == found
        window = Window(start=FIRST + timedelta(seconds=14), end=FIRST + timedelta(seconds=40))
        assert ids(read(opened, Stream.PRODUCTS, window)) == [15, 200]


def test_a_product_deleted_between_its_page_and_its_variations_is_no_failure() -> None:
    shop = without_variations_list(per_parent={"12": [], "15": [variation(id=200)]})
    shop.answers["products/12/variations"] = refusal(
        404, "woocommerce_rest_product_invalid_id", "Invalid ID."
    )
    with shop.serve() as server:
        assert ids(read(connect(server), Stream.PRODUCTS)) == [12, 15, 50, 200]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"total": "a lot"}, "bad_amount"),
        ({"line_items": "none"}, "bad_shape"),
        ({"date_created_gmt": None}, "missing_time"),
        ({"date_modified_gmt": "0-0-0"}, "bad_time"),
        ({"billing": {"first_name": "\ud800", "email": "a\x00"}}, "bad_text"),
    ],
)
def test_one_broken_order_is_rejected_and_the_others_arrive(
    broken: dict[str, Any], code: str
) -> None:
    rows = [order(id=1), order(id=2) | broken, order(id=3)]
    shop = Shop({"orders": [order(id=1)]})
    # As bytes: a broken change time would not get through the shop's own filter.
    body = json.dumps(rows).encode()
    shop.answers["orders"] = Told(body, headers={"X-WP-Total": "3", "X-WP-TotalPages": "1"})
    with shop.serve() as server:
        pages = [
            page for page in connect(server).read(Stream.ORDERS, Window(end=END)) if page.records
        ]
    assert ids(pages) == [1, 3]
    (rejected,) = pages[-1].rejected
    assert (rejected.external_id, rejected.code, rejected.stream) == ("2", code, Stream.ORDERS)
    assert rejected.payload["id"] == 2
    # Kept as it came, half characters and all, in text that PostgreSQL's json takes.
    assert json.loads(payload_text(rejected.payload).encode()) == rejected.payload


def test_a_rejected_variation_keeps_what_a_replay_needs() -> None:
    shop = Shop(
        {
            "products": [product(id=12, type="variable")],
            "variations": [variation(price="a lot", regular_price="")],
        }
    )
    with shop.serve() as server:
        (rejected,) = (
            entry for page in read(connect(server), Stream.PRODUCTS) for entry in page.rejected
        )
    found = remap(Stream.PRODUCTS, rejected.payload | {"price": "9.00"}, config())
    assert isinstance(found, Product)
    assert (found.name, found.category, found.price) == ("Tea - Red, L", "Drinks", Decimal("9.00"))


def test_notices_of_a_shop_in_debug_mode_do_no_harm() -> None:
    shop = Shop()
    body = b"<br />\n<b>Notice</b>: [x] in a.php<br />\n" + json.dumps([order()]).encode()
    shop.answers["orders"] = Told(
        body, headers={"X-WP-Total": "1", "X-WP-TotalPages": "1"}, media="text/html"
    )
    with shop.serve() as server:
        found = records(read(connect(server), Stream.ORDERS))
    assert {record.external_id for record in found} == {"700"}


def test_amounts_printed_as_numbers_stay_exact() -> None:
    shop = Shop()
    body = json.dumps([order()]).encode().replace(b'"40.60"', b"1234567.10")
    shop.answers["orders"] = Told(body, headers={"X-WP-Total": "1", "X-WP-TotalPages": "1"})
    with shop.serve() as server:
        found = records(read(connect(server), Stream.ORDERS))
    assert isinstance(found[-1], Order)
    assert str(found[-1].total) == "1234567.10"


def test_an_object_where_a_list_belongs_is_asked_for_again_and_then_reported() -> None:
    shop = Shop()
    bad = told({"orders": []}, {"X-WP-Total": "1", "X-WP-TotalPages": "1"})
    shop.answers["orders"] = bad
    with shop.serve() as server, pytest.raises(Exception, match="the answer is no list"):
        read(connect(server), Stream.ORDERS)


def test_closing_twice_is_fine_and_calls_were_counted() -> None:
    with Shop({"orders": [order()]}).serve() as server:
        opened = connect(server)
        read(opened, Stream.ORDERS)
        opened.close()
        opened.close()
        assert opened.api_calls == len(server.asked)
    assert "cs_" not in repr(opened)
