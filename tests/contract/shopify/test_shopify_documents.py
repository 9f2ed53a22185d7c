"""Our GraphQL documents against the published schema."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from fixtures.shopify import trim_schema
from fixtures.shopify.cost import MOST, requested_points
from graphql import DocumentNode, GraphQLSchema, build_schema, parse, print_schema, validate
from graphql.validation import NoDeprecatedCustomRule, specified_rules

from connectors.shopify.client import SAFE_PAGES
from connectors.shopify.documents import QUERIES, document

SCHEMA = Path(__file__).parents[3] / "connectors/sandbox/shopify/schema.graphql"
NAMES = sorted(path.stem for path in QUERIES.glob("*.graphql"))
# Further published versions to try: introspection answers, separated as in PATH.
PUBLISHED = [
    path for path in os.environ.get("STORELOOM_TEST_SHOPIFY_SCHEMA", "").split(os.pathsep) if path
]


@cache
def trimmed() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text(encoding="utf-8"))


def version() -> str:
    """The version that the part we carry was made from, as its first lines say."""
    return SCHEMA.read_text(encoding="utf-8").partition("version ")[2].partition(",")[0]


@cache
def published(path: str) -> GraphQLSchema:
    return trim_schema.build(trim_schema.load(Path(path)))


def faults(schema: GraphQLSchema, parsed: DocumentNode) -> list[str]:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    return [error.message for error in validate(schema, parsed, rules)]


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_and_names_nothing_deprecated(name: str) -> None:
    assert faults(trimmed(), parse(document(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_document_stays_below_the_limit_of_points_as_it_stands(name: str) -> None:
    assert requested_points(trimmed(), parse(document(name))) < MOST


@pytest.mark.parametrize(("name", "first"), sorted(SAFE_PAGES.items()))
def test_the_first_page_a_connector_asks_for_stays_below_the_limit(name: str, first: int) -> None:
    assert requested_points(trimmed(), parse(document(name)), {"first": first}) < MOST


def test_a_field_that_does_not_exist_would_be_noticed() -> None:
    assert faults(trimmed(), parse("{ shop { nmae } }")) != []
    assert faults(trimmed(), parse("{ customers(first: 1) { nodes { email } } }")) != []


if PUBLISHED:

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("path", PUBLISHED)
    def test_a_document_is_valid_in_a_whole_published_schema(path: str, name: str) -> None:
        assert faults(published(path), parse(document(name))) == []

    @pytest.mark.parametrize("path", [path for path in PUBLISHED if version() in path])
    def test_the_part_we_carry_is_what_the_published_schema_says(path: str) -> None:
        part = trim_schema.trim(trim_schema.load(Path(path)))
        made = print_schema(trim_schema.build(part))
        assert SCHEMA.read_text(encoding="utf-8").endswith(made + "\n")
