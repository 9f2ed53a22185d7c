from __future__ import annotations

from pathlib import Path

import pytest
from fixtures.vendure.server import VendureServer
from graphql import GraphQLSchema, build_client_schema, get_introspection_query, parse, validate

from connectors.vendure.api import PERMISSIONS
from connectors.vendure.documents import QUERIES, document


@pytest.fixture(scope="module")
def schema(vendure: VendureServer) -> GraphQLSchema:
    # The Admin API shows its schema to anybody, also without a login.
    answer = vendure.admin().run(get_introspection_query())
    return build_client_schema(answer)  # type: ignore[arg-type]  # a TypedDict of the library's own


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.graphql")), ids=lambda path: path.stem)
def test_every_document_is_valid_on_the_running_server(schema: GraphQLSchema, path: Path) -> None:
    assert validate(schema, parse(document(path.stem))) == []


def test_every_list_document_names_the_permission_it_needs() -> None:
    lists = {path.stem for path in QUERIES.glob("*.graphql")} - {"login", "store"}
    assert lists == set(PERMISSIONS)
