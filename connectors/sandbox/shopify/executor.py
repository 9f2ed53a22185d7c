"""graphql-core's executor with a short cut through constant values.

Nearly all an order consists of is constants: names, times, money, addresses. For each of them the
executor builds an info object, looks for arguments and asks whether the value can be awaited, which
made serving the orders slower than reading them. A value that is already there, in a field without
arguments, is taken as it is; callables, lists, nulls and everything else go the long way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    Undefined,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from graphql.pyutils import Path


@dataclass(frozen=True, slots=True)
class Constant:
    """How to print a field that takes no arguments: as a leaf, or as an object of `kind`."""

    serialize: Callable[[Any], Any]
    kind: GraphQLObjectType | None


class Executor(ExecutionContext):
    """Executes as its base does, faster."""

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: dict[str, list[FieldNode]],
    ) -> Any:
        """Return the selected fields of `source_value`."""
        if type(source_value) is not dict:
            return super().execute_fields(parent_type, source_value, path, fields)
        results: dict[str, Any] = {}
        for response_name, nodes in fields.items():
            name = nodes[0].name.value
            value = source_value.get(name)
            constant = _constant(parent_type, name) if value is not None else None
            here: Path | None = None
            if constant is not None:
                try:
                    if constant.kind is None and not callable(value):
                        results[response_name] = constant.serialize(value)
                        continue
                    if constant.kind is not None and type(value) is dict:
                        here = Path(path, response_name, parent_type.name)
                        selected = self.collect_subfields(constant.kind, nodes)
                        results[response_name] = self.execute_fields(
                            constant.kind, value, here, selected
                        )
                        continue
                except GraphQLError:
                    # The long way fails again, and knows whom to tell and what becomes null.
                    pass
            here = here or Path(path, response_name, parent_type.name)
            found = self.execute_field(parent_type, source_value, nodes, here)
            if found is not Undefined:
                results[response_name] = found
        return results


@cache
def _constant(parent: GraphQLObjectType, name: str) -> Constant | None:
    """Return how to print field `name` of `parent`, None when it needs the long way."""
    field = parent.fields.get(name)
    if field is None or field.args:
        return None
    kind: Any = field.type.of_type if is_non_null_type(field.type) else field.type
    if is_leaf_type(kind):
        return Constant(kind.serialize, None)
    return Constant(_unprinted, kind) if is_object_type(kind) else None


def _unprinted(value: Any) -> Any:
    return value
