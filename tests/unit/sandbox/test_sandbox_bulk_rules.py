"""Which queries the sandbox takes for a bulk operation: what Shopify publishes as its limits."""

from __future__ import annotations

import pytest

from connectors.sandbox.shopify.bulk_rules import objection

LINES = "lineItems {edges {node {id}}}"


def nested(levels: int) -> str:
    """Return a query whose connections of variants lie in each other, `levels` in all."""
    inner = "id"
    for _ in range(levels - 1):
        inner = f"id product {{variants {{edges {{node {{{inner}}}}}}}}}"
    return f"{{productVariants {{edges {{node {{{inner}}}}}}}}}"


@pytest.mark.parametrize(
    "query",
    [
        "{orders {edges {node {id}}}}",
        '{orders(query: "test:false") {nodes {id}}}',
        f"query Named {{orders {{edges {{node {{id refunds {{id}} {LINES}}}}}}}}}",
        "{products {edges {node {id variants {edges {node {id product {id}}}}}}}}",
        nested(3),
    ],
)
def test_a_query_within_the_limits_is_taken(query: str) -> None:
    document, problem = objection(query)
    assert (document is not None, problem) == (True, "")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("{orders {", "Invalid bulk query"),
        ("{orders {edges {node {nonsense}}}}", "Invalid bulk query"),
        ("query($q: String) {orders(query: $q) {edges {node {id}}}}", "variables"),
        ("{shop {name}}", "at least one connection"),
        ("{orders {edges {node {id}}} customers {edges {node {id}}}}", "one top-level field"),
        (
            "{orders {edges {node {"
            + " ".join(f"l{n}: lineItems {{edges {{node {{id}}}}}}" for n in range(5))
            + "}}}}",
            "no more than 5 connections",
        ),
        (nested(4), "no deeper than 2"),
    ],
)
def test_a_query_beyond_the_limits_is_refused_with_the_reason(query: str, problem: str) -> None:
    document, said = objection(query)
    assert document is None
    assert problem in said
