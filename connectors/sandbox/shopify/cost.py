"""What a query costs, and the bucket it is paid from.

An object costs a point, a scalar nothing, a connection or a plain list as many times its element as
`first` asks for. The requested cost is taken before the query runs and the unused part given back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

MOST: Final = 1_000
MUTATION: Final = 10
# Parts of a connection that are not objects of the store.
_FREE: Final = frozenset({"pageInfo"})


class Bucket:
    """Leaky bucket of query points, one per app and store."""

    def __init__(
        self, size: int, restore_per_second: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.size = size
        self.restore_per_second = restore_per_second
        self._clock = clock
        self._available = float(size)
        self._at = clock()
        self._lock = threading.Lock()

    def take(self, points: int) -> bool:
        """Take `points` out; False, and nothing taken, when there are not enough."""
        with self._lock:
            self._restore()
            if points > self._available:
                return False
            self._available -= points
            return True

    def give_back(self, points: int) -> None:
        """Return points that were asked for and not used."""
        with self._lock:
            self._available = min(float(self.size), self._available + points)

    def empty(self) -> None:
        """Take everything, as other clients of the same app would."""
        with self._lock:
            self._restore()
            self._available = 0.0

    def status(self) -> dict[str, float]:
        """Return `throttleStatus`."""
        with self._lock:
            self._restore()
            return {
                "maximumAvailable": float(self.size),
                "currentlyAvailable": int(self._available),
                "restoreRate": float(self.restore_per_second),
            }

    def _restore(self) -> None:
        now = self._clock()
        earned = (now - self._at) * self.restore_per_second
        self._available = min(float(self.size), self._available + earned)
        self._at = now


class Pricer:
    """Prices the operations of one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def requested(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        """Return the points `operation` may cost at most."""
        if operation.operation is OperationType.MUTATION:
            return MUTATION
        root = self._schema.query_type
        if root is None:
            return 0
        defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in operation.variable_definitions
            if isinstance(definition.default_value, IntValueNode)
        }
        return self._selection(operation.selection_set, root, {**defaults, **variables})

    def _selection(
        self, selection: SelectionSetNode | None, parent: Any, variables: Mapping[str, Any]
    ) -> int:
        total = 0
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                total += self._field(node, parent, variables)
            elif isinstance(node, InlineFragmentNode):
                named = node.type_condition
                kind = self._schema.get_type(named.name.value) if named else parent
                total += self._selection(node.selection_set, kind, variables)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                total += self._selection(fragment.selection_set, parent, variables)
        return total

    def _field(self, node: FieldNode, parent: Any, variables: Mapping[str, Any]) -> int:
        name = node.name.value
        if name in _FREE or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        definition = parent.fields.get(name)
        if definition is None or is_leaf_type(get_named_type(definition.type)):
            return 0
        kind = get_named_type(definition.type)
        inner = self._selection(node.selection_set, kind, variables)
        wanted = _wanted(node, variables)
        if name == "nodes" and parent is self._schema.query_type:
            # Asked for by name: each is an object with all that is wanted of it.
            return len_of_ids(node, variables) * (1 + inner)
        if wanted is None:
            return inner if name == "edges" else 1 + inner
        is_connection = getattr(kind, "name", "").endswith("Connection")
        # `nodes` and `edges.node` carry the element's own point already, inside a connection.
        return wanted * (inner if is_connection else inner + 1)


def actual(result: Any) -> int:
    """Return the points of what really came: an object each, without wrappers and page infos."""
    if isinstance(result, list):
        return sum(actual(item) for item in result)
    if not isinstance(result, dict):
        return 0
    is_wrapper = "nodes" in result or "edges" in result
    return (0 if is_wrapper else 1) + sum(
        actual(value)
        for name, value in result.items()
        if name not in _FREE and isinstance(value, list | dict)
    )


def len_of_ids(node: FieldNode, variables: Mapping[str, Any]) -> int:
    """Return how many ids a field is asked for; a variable's value is their number already."""
    for argument in node.arguments:
        if isinstance(argument.value, ListValueNode):
            return len(argument.value.values)
        if isinstance(argument.value, VariableNode):
            return int(variables.get(argument.value.name.value, 1))
    return 1


def _wanted(node: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for argument in node.arguments:
        if argument.name.value in ("first", "last"):
            value = argument.value
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, VariableNode):
                given = variables.get(value.name.value)
                return max(given, 0) if isinstance(given, int) else None
    return None
