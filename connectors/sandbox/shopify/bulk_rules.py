"""Which queries a bulk operation takes: those the published limits allow, and no others."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLNonNull,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_list_type,
    parse,
    validate,
    visit,
)

from connectors.sandbox.shopify.published import schema

MOST_CONNECTIONS: Final = 5
DEEPEST: Final = 2


class _Connections(Visitor):
    """Counts connections, how deep they nest, and whether one lies inside a plain list."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self._stack: list[str] = []
        self.count = self.deepest = 0
        self.is_in_list = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Note the field on the way down."""
        kind = self._types.get_type()
        is_list = is_list_type(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)
        if str(get_named_type(kind)).endswith("Connection"):
            self.deepest = max(self.deepest, self._stack.count("connection"))
            self.is_in_list = self.is_in_list or "list" in self._stack
            self.count += 1
            self._stack.append("connection")
        elif node.name.value in ("edges", "nodes") and self._stack[-1:] == ["connection"]:
            self._stack.append("elements")
        else:
            self._stack.append("list" if is_list else "field")

    def leave_field(self, *_: Any) -> None:
        """Forget the field on the way up."""
        self._stack.pop()


@lru_cache(maxsize=64)
def objection(query: str) -> tuple[DocumentNode | None, str]:
    """Return the document of a query that is allowed, or None and what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, f"Invalid bulk query: {error.message}"
    problem = _form(document) or _shape(document)
    return (None, problem) if problem else (document, "")


def _form(document: DocumentNode) -> str:
    errors = validate(schema(), document)
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if errors or len(operations) != 1:
        said = errors[0].message if errors else "there must be one operation"
        return f"Invalid bulk query: {said}"
    if operations[0].variable_definitions:
        return "Bulk queries cannot take variables."
    if len(operations[0].selection_set.selections) != 1:
        return "Bulk queries can only have one top-level field."
    return ""


def _shape(document: DocumentNode) -> str:
    types = TypeInfo(schema())
    found = _Connections(types)
    visit(document, TypeInfoVisitor(types, found))
    faults = (
        (not found.count, "must contain at least one connection"),
        (found.count > MOST_CONNECTIONS, f"take no more than {MOST_CONNECTIONS} connections"),
        (found.deepest > DEEPEST, f"nest connections no deeper than {DEEPEST}"),
        (found.is_in_list, "cannot contain a connection within a list"),
    )
    return next((f"Bulk queries {fault}." for holds, fault in faults if holds), "")
