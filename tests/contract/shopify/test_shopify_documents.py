"""Our GraphQL documents against every schema that Shopify publishes for the versions we speak."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fixtures.shopify import published, trim_schema
from fixtures.shopify.cost import MOST, requested_points
from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    print_schema,
    validate,
    visit,
)
from graphql.validation import NoDeprecatedCustomRule, specified_rules

from connectors.shopify.documents import QUERIES, bulk_document, document
from connectors.shopify.sources import SAFE_PAGES

SCHEMA = Path(__file__).parents[3] / "connectors/sandbox/shopify/schema.graphql"
NAMES = sorted(path.stem for path in QUERIES.glob("*.graphql"))
# Handed over as text for a bulk operation; the others are asked for directly.
BULK = [name for name in NAMES if name.startswith("bulk_")]
BULK = [name for name in BULK if name not in ("bulk_start", "bulk_status")]
DIRECT = [name for name in NAMES if name not in BULK]
# How many ids are named at most where a document does not say it: one for each running operation.
NAMED = {"bulk_status": {"ids": 5}}
MOST_BULK_CONNECTIONS = 5
DEEPEST_BULK_NESTING = 2


@cache
def trimmed() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text(encoding="utf-8"), assume_valid=True)


def version_carried() -> str:
    """The version that the part we carry was made from, as its first lines say."""
    return SCHEMA.read_text(encoding="utf-8").partition("version ")[2].partition(",")[0]


def texts(name: str) -> list[str]:
    """The document as it is sent, of bulk operations with a filter and without."""
    if name in BULK:
        return [bulk_document(name, None), bulk_document(name, "updated_at:>='2026-01-01'")]
    return [document(name)]


def faults(schema: GraphQLSchema, text: str) -> list[str]:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    return [error.message for error in validate(schema, parse(text), rules)]


def sizes_used(name: str) -> list[dict[str, int]]:
    """The numbers a document is asked with: its own, and those a reading begins with."""
    found = [NAMED.get(name, {})]
    if name in SAFE_PAGES:
        number = SAFE_PAGES[name]
        found = [{"ids": number} if name.endswith("_by_id") else {"first": number}]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_in_the_part_of_the_schema_we_carry(name: str) -> None:
    assert [faults(trimmed(), text) for text in texts(name)] == [[] for _ in texts(name)]


@pytest.mark.parametrize("version", published.VERSIONS)
def test_every_document_is_valid_in_a_published_version_and_names_nothing_deprecated(
    version: str,
) -> None:
    schema = published.schema(version)
    found = {name: [faults(schema, text) for text in texts(name)] for name in NAMES}
    assert {name: lists for name, lists in found.items() if any(lists)} == {}


@pytest.mark.parametrize("version", published.VERSIONS)
def test_every_query_stays_below_the_limit_of_points_at_worst(version: str) -> None:
    schema = published.schema(version)
    costs = {
        (name, *sizes.items()): requested_points(schema, parse(document(name)), sizes)
        for name in DIRECT
        for sizes in sizes_used(name)
    }
    assert {asked: cost for asked, cost in costs.items() if cost >= MOST} == {}


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_operation_keeps_to_the_published_limits(name: str) -> None:
    (operation,) = parse(texts(name)[1]).definitions
    assert isinstance(operation, OperationDefinitionNode)
    # Bulk operations take no variables, and page by themselves.
    assert not operation.variable_definitions
    found = connections(trimmed(), parse(texts(name)[1]))
    assert 1 <= len(found) <= MOST_BULK_CONNECTIONS
    assert max(found) <= DEEPEST_BULK_NESTING


def connections(schema: GraphQLSchema, parsed: DocumentNode) -> list[int]:
    """How deep each connection of a document lies inside others, itself included."""
    types = TypeInfo(schema)
    found: list[int] = []
    inside: list[bool] = []

    class Counting(Visitor):
        def enter_field(self, *_: Any) -> None:
            kind = types.get_type()
            is_one = kind is not None and get_named_type(kind).name.endswith("Connection")
            inside.append(is_one)
            if is_one:
                found.append(sum(inside))

        def leave_field(self, *_: Any) -> None:
            inside.pop()

    visit(parsed, TypeInfoVisitor(types, Counting()))
    return found


def test_the_part_we_carry_is_what_the_published_schema_says() -> None:
    part = trim_schema.trim(trim_schema.load(published.file(version_carried())))
    made = print_schema(trim_schema.build(part))
    assert SCHEMA.read_text(encoding="utf-8").endswith(made + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "{ shop { nmae } }",
        "{ customers(first: 1) { nodes { email } } }",
        "{ orders(first: 1, sortKey: NO_SUCH_KEY) { nodes { id } } }",
    ],
)
@pytest.mark.parametrize("version", published.VERSIONS)
def test_what_does_not_exist_or_is_deprecated_would_be_noticed(version: str, text: str) -> None:
    assert faults(published.schema(version), text) != []
