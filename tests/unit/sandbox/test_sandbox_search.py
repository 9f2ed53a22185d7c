"""Shopify's search syntax and cost rules, with their traps."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from graphql import parse as parse_document

from connectors.sandbox.shopify.api import schema
from connectors.sandbox.shopify.cost import Bucket, Pricer, actual
from connectors.sandbox.shopify.search import InternalError, matcher, parse

KNOWN = frozenset({"updated_at", "status"})
NOON = 1_767_268_800  # 2026-01-01T12:00:00Z


@dataclass
class Thing:
    at: int
    status: str = "open"


def finds(query: str, thing: Thing, *, by_day: bool = False) -> bool:
    days = frozenset({"updated_at"}) if by_day else frozenset[str]()
    return matcher(
        parse(query, KNOWN),
        {"updated_at": lambda found: found.at},
        {"status": lambda found: {found.status}},
        by_day=days,
    )(thing)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("updated_at:>='2026-01-01T12:00:00Z'", True),
        ("updated_at:>='2026-01-01T12:00:01Z'", False),
        # `>` lets the equal one through.
        ("updated_at:>'2026-01-01T12:00:00Z'", True),
        ("updated_at:<'2026-01-01T12:00:00Z'", False),
        ("updated_at:<='2026-01-01T12:00:00Z'", True),
        # The offset is not looked at: this is six in the morning UTC, and still not found.
        ("updated_at:>='2026-01-01T12:00:01+06:00'", False),
        # Unquoted, the time of day is lost.
        ("updated_at:>=2026-01-01T23:00:00Z", True),
        ("updated_at:2026-01-01", True),
        ("updated_at:2026-01-02", False),
        ("updated_at:>='2026-01-01T00:00:00Z' AND status:open", True),
        ("updated_at:>='2026-01-01T00:00:00Z' status:closed,open", True),
        ("-status:open", False),
        ("", True),
    ],
)
def test_a_filter_reads_as_the_real_one_does(query: str, is_found: bool) -> None:
    assert finds(query, Thing(NOON)) is is_found


def test_a_day_grained_filter_takes_and_leaves_whole_days() -> None:
    assert finds("updated_at:>='2026-01-01T23:59:59Z'", Thing(NOON), by_day=True)
    assert not finds("updated_at:<'2026-01-01T23:59:59Z'", Thing(NOON), by_day=True)


def test_a_filter_without_value_or_without_sense_is_an_internal_error() -> None:
    with pytest.raises(InternalError):
        parse("updated_at:>", KNOWN)
    with pytest.raises(InternalError):
        finds("updated_at:>='yesterday'", Thing(NOON))


def price(text: str, **variables: int) -> int:
    document = parse_document(text)
    operation = document.definitions[0]
    return Pricer(schema(), document).requested(operation, variables)  # type: ignore[arg-type] # the first definition is the operation here


def test_a_connection_costs_its_elements_times_what_is_asked() -> None:
    assert price("{shop {name}}") == 1
    assert price("{orders(first: 10) {nodes {id} pageInfo {endCursor}}}") == 10
    assert price("{orders(first: 10) {edges {node {id}}}}") == 10
    nested = "query($n: Int = 3) {orders(first: 10) {nodes {lineItems(first: $n) {nodes {id}}}}}"
    assert price(nested) == 10 * (1 + 3)
    assert price(nested, n=5) == 10 * (1 + 5)
    assert price("{orders(first: 2) {nodes {refunds(first: 4) {id}}}}") == 2 * (1 + 4)


def test_what_really_came_is_counted_by_object() -> None:
    page = {"nodes": [{"id": 1, "customer": {"id": 2}}, {"id": 3}], "pageInfo": {"a": 1}}
    assert actual({"orders": page}) == 1 + 3


def test_a_bucket_leaks_back_at_its_rate() -> None:
    now = [0.0]
    bucket = Bucket(100, 10, clock=lambda: now[0])
    assert bucket.take(90)
    assert not bucket.take(20)
    now[0] = 1.0
    assert bucket.take(20)
    bucket.give_back(500)
    assert bucket.status() == {
        "maximumAvailable": 100.0,
        "currentlyAvailable": 100,
        "restoreRate": 10.0,
    }
