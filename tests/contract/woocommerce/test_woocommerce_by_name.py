"""Records asked for by id: as they are now, or gone, and gone only when the shop says so."""

from __future__ import annotations

import pytest
from fixtures.http.scripted import Told
from fixtures.woocommerce.payloads import customer, order, product, variation
from fixtures.woocommerce.reading import KnownIds, gone, ids, read, records
from fixtures.woocommerce.shop import END, FIRST, Shop, connect, refusal, told

from connectors.base import Window
from connectors.errors import AuthFailed, Permanent
from connectors.records import Order, Product, Stream


def test_records_come_as_they_are_now_and_missing_ones_are_gone() -> None:
    shop = Shop({"orders": [order(id=number) for number in range(1, 121)]})
    with shop.serve() as server:
        wanted = [str(number) for number in range(1, 125)]
        pages = list(connect(server).read_ids(Stream.ORDERS, wanted))
    assert ids(pages) == list(range(1, 121))
    assert gone(pages) == ["121", "122", "123", "124"]


@pytest.mark.parametrize("statuses", [None, ["processing", "completed"]])
def test_an_order_in_the_trash_comes_back_as_a_tombstone(statuses: list[str] | None) -> None:
    shop = Shop({"orders": [order(id=1), order(id=2, status="trash")]})
    shop.statuses = statuses
    with shop.serve() as server:
        pages = list(connect(server).read_ids(Stream.ORDERS, ["1", "2"]))
    found = {record.external_id: record.is_deleted for record in records(pages)}
    assert found == {"1": False, "2": True}
    assert gone(pages) == []


def test_an_order_in_a_status_that_no_list_shows_is_found_by_itself() -> None:
    shop = Shop({"orders": [order(id=1, status="plugin-gone", date_paid_gmt=None)]})
    shop.statuses = ["processing"]
    with shop.serve() as server:
        (found,) = records(connect(server).read_ids(Stream.ORDERS, ["1"]))
    assert isinstance(found, Order)
    assert found.source_status == "plugin-gone"


def test_a_record_the_key_may_not_see_is_not_taken_for_deleted() -> None:
    shop = Shop({"orders": [order(id=1), order(id=2)]})
    shop.unreadable = {2}
    with shop.serve() as server, pytest.raises(AuthFailed, match="cannot_view"):
        list(connect(server).read_ids(Stream.ORDERS, ["1", "2"]))


@pytest.mark.parametrize(
    "answer",
    [
        Told(b"<h1>Not Found</h1>", 404, media="text/html"),
        told({"code": 404, "message": "no such page"}, status=404),
        refusal(404, "rest_no_route", "No route was found."),
    ],
    ids=["web page", "proxy", "no route"],
)
def test_a_404_in_other_words_than_woocommerce_s_says_nothing_about_the_record(
    answer: Told,
) -> None:
    shop = Shop()
    shop.answers["customers/9"] = answer
    with shop.serve() as server, pytest.raises(Permanent):
        list(connect(server).read_ids(Stream.CUSTOMERS, ["9"]))


def test_a_shop_that_ignores_include_is_asked_one_by_one() -> None:
    shop = Shop({"customers": [customer(id=number) for number in range(1, 300)]})
    shop.ignored = {"include"}
    with shop.serve() as server:
        pages = list(connect(server).read_ids(Stream.CUSTOMERS, ["5", "250", "400"]))
    assert ids(pages) == [5, 250]
    assert gone(pages) == ["400"]


def test_products_in_the_trash_and_variations_are_found_among_products() -> None:
    shop = Shop(
        {
            "products": [product(id=12, type="variable"), product(id=14, status="trash")],
            "variations": [variation(id=13)],
        }
    )
    with shop.serve() as server:
        pages = list(connect(server).read_ids(Stream.PRODUCTS, ["12", "13", "14", "15"]))
    found = {record.external_id: record for record in records(pages)}
    assert {one: record.is_deleted for one, record in found.items()} == {
        "12": False,
        "13": False,
        "14": True,
    }
    assert isinstance(found["13"], Product)
    assert found["13"].name == "Tea - Red, L"
    assert gone(pages) == ["15"]


def test_an_older_shop_finds_a_variation_through_its_product() -> None:
    shop = Shop({"products": [product(id=12, type="variable", variations=[13])]})
    del shop.lists["variations"]
    shop.lists["products/12/variations"] = [variation(id=13)]
    # The route of products shows a variation too, under another name.
    shop.answers["products/13"] = told(variation(id=13, name="Tea - Red / L"))
    with shop.serve() as server:
        pages = list(connect(server).read_ids(Stream.PRODUCTS, ["13", "99"]))
    (found,) = records(pages)
    assert isinstance(found, Product)
    assert (found.name, found.parent_external_id) == ("Tea - Red, L", "12")
    assert gone(pages) == ["99"]


def test_an_order_that_was_made_a_draft_is_no_order_any_more() -> None:
    shop = Shop({"orders": [order(id=1, status="checkout-draft"), order(id=2)]})
    shop.statuses = ["processing", "checkout-draft"]
    with shop.serve() as server:
        opened = connect(server)
        # Read by date it is skipped, but not forgotten.
        read(opened, Stream.ORDERS, Window(start=FIRST, end=END))
        known = KnownIds({Stream.ORDERS: frozenset({"1", "2"})})
        assert list(opened.unannounced(Stream.ORDERS, known)) == ["1"]
        assert gone(opened.read_ids(Stream.ORDERS, ["1"])) == ["1"]
