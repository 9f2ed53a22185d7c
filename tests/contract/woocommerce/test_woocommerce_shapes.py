"""Shapes that recorded answers of real shops have: mapped, or put aside with a reason to act on."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from fixtures.http.scripted import Told
from fixtures.woocommerce.payloads import config, customer, order, person, product, variation
from fixtures.woocommerce.reading import read, records
from fixtures.woocommerce.shop import Shop, connect

from connectors.base import Page
from connectors.errors import BadRecord
from connectors.records import Customer, Order, Product, Stream
from connectors.woocommerce.mapping import remap


def answered(stream: Stream, body: bytes, rows: int = 1) -> list[Page]:
    """Read a stream whose list is answered with `body`."""
    shop = Shop()
    shop.statuses = ["processing"]
    totals = {"X-WP-Total": str(rows), "X-WP-TotalPages": "1"}
    shop.answers[stream.value] = Told(body, headers=totals)
    with shop.serve() as server:
        return read(connect(server), stream)


def one_order(**changes: Any) -> Order:
    found = records(answered(Stream.ORDERS, json.dumps([order(**changes)]).encode()))
    assert isinstance(found[0], Order)
    return found[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "700", "customer_id": "5"},
        {"refunds": None, "line_items": None},
        {"shipping": [], "meta_data": None},
        {"shipping": False, "billing": person(phone=None, company=False)},
        {"meta_data": {"0": {"key": "a", "value": {"b": []}}}, "coupon_lines": "none"},
        {"date_paid_gmt": "", "date_completed_gmt": "0000-00-00T00:00:00"},
        {"fee_lines": [{"amount": "", "total": "1.00"}], "tax_lines": [None]},
    ],
    ids="+".join,
)
def test_an_order_written_another_way_is_the_same_order(changes: dict[str, Any]) -> None:
    found = one_order(**changes)
    assert (found.external_id, found.total) == ("700", Decimal("40.60"))


@pytest.mark.parametrize(
    ("quantity", "price"), [("2", "3.50"), (2, 3.5), ("2.0", 3.50), (2.0, "3.5")], ids=str
)
def test_quantities_and_prices_come_as_numbers_or_as_text(quantity: Any, price: Any) -> None:
    line = {"id": 1, "name": "Tea", "quantity": quantity, "price": price, "total": "7.00"}
    (found,) = one_order(line_items=[line]).lines
    assert found.quantity == 2
    assert found.unit_price == Decimal("3.5")


def test_a_number_with_more_digits_than_binary_has_arrives_whole() -> None:
    body = json.dumps([order(total="X")]).replace('"X"', "12345678.90").encode()
    exact = json.dumps([order(line_items=[{"name": "Tea", "price": "P"}])])
    body_of_line = exact.replace('"P"', "0.100000000000000005551115123125").encode()
    found = records([*answered(Stream.ORDERS, body), *answered(Stream.ORDERS, body_of_line)])
    assert isinstance(found[0], Order)
    assert str(found[0].total) == "12345678.90"
    assert isinstance(found[1], Order)
    assert found[1].lines[0].unit_price == Decimal("0.100000")


@pytest.mark.parametrize(
    "payload",
    [order(total=40.6), order(line_items=[{"name": "Tea", "quantity": 1.5, "price": "1"}])],
    ids=["total", "quantity"],
)
def test_a_number_that_went_through_binary_is_refused_when_replayed(payload: Any) -> None:
    with pytest.raises(BadRecord):
        remap(Stream.ORDERS, payload, config())


@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": {"colour": "red"}},
        {"attributes": [None, "red", {"name": "Size", "options": None}]},
        {"variations": {"0": 13}, "categories": []},
        {"variations": ["13", {}, None]},
        {"price": "", "regular_price": ""},
        {"price": 10, "stock_quantity": 2.5},
        {"sku": None, "description": None, "images": [{"alt": False}]},
        {"type": "bundle", "status": "publish", "bundled_items": [1]},
    ],
    ids=str,
)
def test_a_product_with_malformed_trimmings_is_a_product(changes: dict[str, Any]) -> None:
    (found,) = records(answered(Stream.PRODUCTS, json.dumps([product(**changes)]).encode()))[-1:]
    assert isinstance(found, Product)
    assert found.external_id == "12"


def test_a_variation_whose_product_is_malformed_goes_by_its_own_name() -> None:
    shop = Shop({"products": [product(categories="none")], "variations": [variation()]})
    with shop.serve() as server:
        pages = read(connect(server), Stream.PRODUCTS)
    (found,) = records(pages)
    assert isinstance(found, Product)
    assert (found.external_id, found.name) == ("13", "Red, L")
    (rejected,) = (one for page in pages for one in page.rejected)
    assert (rejected.external_id, rejected.code) == ("12", "bad_shape")


def test_a_customer_without_anything_but_an_id_is_a_customer() -> None:
    bare = {"id": 5, "email": "", "billing": [], "shipping": [], "date_created_gmt": None}
    (found,) = records(answered(Stream.CUSTOMERS, json.dumps([bare]).encode()))
    assert isinstance(found, Customer)
    assert (found.external_id, found.email, found.full_name) == ("5", None, None)


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        (None, "bad_shape", "object"),
        ("order", "bad_shape", "object"),
        ([], "bad_shape", "object"),
        ({"code": "rest_error", "message": "no"}, "missing_status", "has no status"),
        (order(line_items={"1": {}}), "bad_shape", "line_items"),
        (order(billing=7), "bad_shape", "billing"),
        (order(total={"amount": "1"}), "bad_amount", "total"),
        (order(currency="euro"), "bad_currency", "euro"),
        (order(refunds=[{"id": 1, "total": "-a lot"}]), "bad_amount", "refund"),
        (order(line_items=[{"name": "Tea", "quantity": "NaN"}]), "bad_quantity", "quantity"),
        (order(line_items=[{"name": "Tea", "price": "1e999"}]), "bad_amount", "price"),
        (order(date_created_gmt="yesterday"), "bad_time", "yesterday"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_what_is_no_order_is_put_aside_with_a_reason_and_holds_up_nobody(
    row: Any, code: str, says: str
) -> None:
    found = answered(Stream.ORDERS, json.dumps([order(id=1), row, order(id=3)]).encode(), 3)
    assert {record.external_id for record in records(found)} == {"1", "3"}
    ((rejected_code, reason),) = [(one.code, one.reason) for page in found for one in page.rejected]
    assert rejected_code == code
    assert says in reason


def test_a_draft_without_any_date_is_no_business_of_the_crm() -> None:
    draft = order(status="draft", date_created_gmt=None, date_modified_gmt=None)
    pages = answered(Stream.ORDERS, json.dumps([draft]).encode())
    assert [page.skipped for page in pages] == [1]
    assert remap(Stream.ORDERS, draft, config()) is None


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([order()]).replace("}]}]", "},]},]").encode(),
        b"\xef\xbb\xbf\n" + json.dumps([order()]).encode(),
        json.dumps({"data": [order()]}).encode(),
        json.dumps([order()]).encode() + b"\r\n\r\n",
    ],
    ids=["trailing commas", "byte order mark", "wrapped", "line feed"],
)
def test_an_answer_wrapped_or_written_carelessly_is_read(body: bytes) -> None:
    found = records(answered(Stream.ORDERS, body))
    assert {record.external_id for record in found} == {"700"}


def test_no_shape_at_all_raises_anything_but_a_reason() -> None:
    shapes: list[Any] = [None, True, 7, "x", [], {}, {"id": None}, {"id": {}}, {"id": []}]
    for base in (order(), product(), customer()):
        for name in base:
            shapes += [base | {name: odd} for odd in (None, True, 7, -1, "x", "", [], [None], {})]
    refused = [
        said for stream in Stream for shape in shapes if (said := refusal_of(stream, shape)) != ""
    ]
    assert all(refused)


def refusal_of(stream: Stream, shape: Any) -> str | None:
    """Return why a payload is refused, "" when it is not."""
    try:
        remap(stream, shape, config())
    except BadRecord as error:
        return error.reason or None
    return ""
