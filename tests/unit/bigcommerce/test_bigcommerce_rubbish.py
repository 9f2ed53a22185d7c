"""Whatever stands in a payload: it is mapped, skipped, or refused with a reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fixtures.bigcommerce.payloads import config, customer, line, order, refund, unit
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.bigcommerce.mapping import remap
from connectors.bigcommerce.orders import lacks_lines
from connectors.bigcommerce.status import is_incomplete
from connectors.errors import BadRecord
from connectors.records import Order, Product, Stream, content_hash

# Python refuses to print it.
ABSURD = 10**4400
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.booleans().map(lambda _: ABSURD)
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["", "0", "0.0000", "-1", "1e400", "NaN", "Thu, 99 Foo 2026", "0000-00-00"])
)
RUBBISH = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
SETTINGS = settings(max_examples=100, deadline=None)


def check(stream: Stream, payload: Any) -> None:
    refusal: BadRecord | None = None
    found = None
    try:
        found = remap(stream, payload, config())
    except BadRecord as error:
        refusal = error
    if refusal is not None:
        assert refusal.reason
        assert refusal.code
        assert len(refusal.reason) < 400
    if found is None:
        return
    content_hash(found)
    if isinstance(found, Order):
        amounts = [found.total, found.subtotal, found.tax, found.shipping, found.refunded_total]
        assert all(isinstance(one, Decimal) for one in amounts)
    if isinstance(found, Product):
        assert isinstance(found.price, Decimal)


def spoilt(payload: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return the payload with some values replaced and some keys missing."""
    return st.dictionaries(st.sampled_from(sorted(payload)), RUBBISH, max_size=4).flatmap(
        lambda changes: st.sets(st.sampled_from(sorted(payload)), max_size=3).map(
            lambda missing: {
                name: value for name, value in (payload | changes).items() if name not in missing
            }
        )
    )


@SETTINGS
@given(spoilt(order(status_id=3, refunds=[refund()], products=[line()])))
def test_a_spoilt_order_never_stops_its_page(payload: dict[str, Any]) -> None:
    check(Stream.ORDERS, payload)
    lacks_lines(payload)
    is_incomplete(payload)


@SETTINGS
@given(spoilt(line()), spoilt(refund()))
def test_a_spoilt_line_or_refund_stays_with_its_order(
    spoilt_line: dict[str, Any], spoilt_refund: dict[str, Any]
) -> None:
    check(Stream.ORDERS, order(products=[spoilt_line], refunds=[spoilt_refund]))


@SETTINGS
@given(spoilt(customer()))
def test_a_spoilt_customer_never_stops_its_page(payload: dict[str, Any]) -> None:
    check(Stream.CUSTOMERS, payload)


@SETTINGS
@given(spoilt(unit()["product"]), spoilt(unit()["variant"]))
def test_a_spoilt_product_never_stops_its_page(
    product: dict[str, Any], variant: dict[str, Any]
) -> None:
    check(Stream.PRODUCTS, {**unit(), "product": product, "variant": variant})


@SETTINGS
@given(st.sampled_from(list(Stream)), RUBBISH)
def test_rubbish_in_place_of_a_record_is_refused(stream: Stream, payload: object) -> None:
    check(stream, payload)
