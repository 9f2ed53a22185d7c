"""The published types, as far as the sandbox speaks them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from graphql import GraphQLSchema, build_schema

SCHEMA: Final = Path(__file__).with_name("schema.graphql")


@cache
def schema() -> GraphQLSchema:
    """Return the published types, as far as the sandbox speaks them."""
    # The published schema deprecates fields of interfaces in a way graphql-core refuses.
    return build_schema(SCHEMA.read_text(encoding="utf-8"), assume_valid=True)
