"""The short cut through constants answers exactly as graphql-core does."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema, execute_sync, parse

from connectors.sandbox.shopify.executor import Executor

SCHEMA = build_schema(
    """
    enum Colour { RED }
    type Money { amount: String!  currency: Colour  bag: Money }
    type Order { id: ID!  number: Int  price: Money  strict: Money!  lazy: Money  list: [Money!] }
    type Query { order: Order  orders: [Order!]! }
    """
)
MONEY = {"amount": "1.0", "currency": "RED", "bag": {"amount": "2.0", "currency": None}}
GOOD: dict[str, Any] = {
    "id": 7,
    "number": 3,
    "price": MONEY,
    "strict": MONEY,
    "lazy": lambda _info: MONEY,
    "list": [MONEY, MONEY],
}


def both(query: str, order: dict[str, Any], **variables: Any) -> tuple[Any, Any]:
    root = {"order": order, "orders": [order]}
    results = (
        execute_sync(
            SCHEMA,
            parse(query),
            root,
            variable_values=variables,
            execution_context_class=executor,
        )
        for executor in (Executor, None)
    )
    fast, slow = ((result.data, [str(e) for e in result.errors or ()]) for result in results)
    return fast, slow


@pytest.mark.parametrize(
    "order",
    [
        GOOD,
        {**GOOD, "price": None},
        {**GOOD, "price": {"amount": None}},
        {**GOOD, "strict": None},
        {**GOOD, "strict": {"amount": None}},
        {**GOOD, "number": "three"},
        {**GOOD, "price": {"amount": "1", "currency": "BLUE"}},
        {"id": 7},
    ],
)
def test_data_and_errors_are_the_same_whatever_the_value(order: dict[str, Any]) -> None:
    fields = "id number price {amount currency} strict {amount bag {amount currency}}"
    more = "lazy {amount} list {currency} __typename"
    query = f"{{order {{{fields} {more}}} orders {{{fields}}}}}"
    fast, slow = both(query, order)
    assert fast == slow


def test_directives_and_aliases_are_obeyed() -> None:
    query = """query($no: Boolean!) {
      order { a: id  ...F @include(if: $no)  price { x: amount @skip(if: $no)  currency } }
    } fragment F on Order { number }"""
    for no in (True, False):
        fast, slow = both(query, GOOD, no=no)
        assert fast == slow
