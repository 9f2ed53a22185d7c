"""Pages of a connection, until it says there are no more or stops moving.

A page that is too expensive or takes Shopify too long is asked for again at half the size. Some
stores without `read_all_orders` hand out the same cursor for ever: following it never ends.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from connectors.errors import BadRecord, Throttled, TimedOut, Transient
from connectors.shopify.api import Answer, ShopifyApi
from connectors.shopify.failures import RECORD_DEPTH, CostExceeded, FieldError, RecordUnanswerable
from connectors.shopify.throttle import PageSize

_logger: Final = logging.getLogger(__name__)
_HALVINGS_FOR_FAILURES: Final = 2
# Documents whose pages may hold a record Shopify cannot load, and those that get past it.
SKIPPABLE: Final = {
    "customers": "skip_customer",
    "products": "skip_product",
    "changed_variants": "skip_variant",
    "orders": "skip_order",
}


class RawPage(msgspec.Struct, frozen=True, kw_only=True):
    """Elements as answered, each with the errors that concern it; `answer` for what is beside."""

    nodes: tuple[Any, ...]
    errors: Mapping[int, FieldError]
    answer: Answer
    has_more: bool = False
    is_stuck: bool = False


def pages(
    api: ShopifyApi,
    name: str,
    root: str,
    *,
    size: PageSize,
    variables: Mapping[str, Any] | None = None,
) -> Iterator[RawPage]:
    """Yield the pages of the connection `root` of the document `name`.

    `is_stuck` marks the last page of a connection that claims to go on but does not move.
    """
    after: str | None = None
    followed: set[str] = set()
    while True:
        answer = _page_or_less(api, name, {**(variables or {}), "after": after}, size)
        connection = answer.data.get(root)
        if not isinstance(connection, dict) or not _has_elements(connection):
            # Taken for an empty page, it would end the reading as if all had come.
            raise Transient(f"{name}: the answer holds no {root}.", store=api.store)
        goes_on, after = _next(connection)
        is_stuck = goes_on and (after is None or after in followed)
        if is_stuck:
            _logger.warning('store "%s": %s repeats its cursor; reading ends', api.store, name)
        yield RawPage(
            nodes=tuple(raw_elements(connection)),
            errors=_by_record(answer.errors, root),
            answer=answer,
            has_more=goes_on,
            is_stuck=is_stuck,
        )
        if not goes_on or is_stuck:
            return
        followed.add(after or "")


def rest(
    api: ShopifyApi,
    name: str,
    path: tuple[str, str],
    *,
    identifier: str,
    first: Any,
    size: PageSize,
) -> list[Any]:
    """Return all elements of a nested connection, `first` being its first page.

    `path`: root and connection ("order", "lineItems"). Raises BadRecord when they cannot be had
    completely, since a record with half its lines is worse than none.
    """
    root, field = path
    found = raw_elements(first)
    connection = first
    followed: set[str] = set()
    while True:
        goes_on, after = _next(connection)
        if not goes_on:
            return found
        if after is None or after in followed:
            raise BadRecord(f"the pages of its {field} repeat", code="truncated", field=field)
        followed.add(after)
        answer = _page(api, name, {"id": identifier, "after": after}, size)
        connection = whole_part(answer, root, field)
        found += raw_elements(connection)


def whole_part(answer: Answer, root: str, field: str) -> Any:
    """Return `field` of the record `root` of an answer; raises BadRecord when a part is missing."""
    if answer.errors:
        raise BadRecord(answer.errors[0].reason, code="partial_answer", field=field)
    parent = answer.data.get(root)
    if not isinstance(parent, dict):
        raise BadRecord(f"the {root} was deleted while it was read", code="vanished")
    return parent.get(field)


def raw_elements(connection: Any) -> list[Any]:
    """Return the elements of a connection as they are, empty places included."""
    if not isinstance(connection, dict):
        return []
    nodes = connection.get("nodes")
    if isinstance(nodes, list):
        return list(nodes)
    edges = connection.get("edges")
    listed = edges if isinstance(edges, list) else []
    return [edge.get("node") if isinstance(edge, dict) else None for edge in listed]


def _page_or_less(
    api: ShopifyApi, name: str, variables: Mapping[str, Any], size: PageSize
) -> Answer:
    """Return a page; before a record that fails, only the part that comes before it.

    A page that begins with such a record is that record alone, by what `skip_…` can tell of it.
    """
    most: int | None = None
    while most != 0:
        try:
            if most is None:
                return _page(api, name, variables, size)
            return api.run(name, {**variables, "first": most})
        except RecordUnanswerable as failure:
            index = failure.error.index
            if index is None or name not in SKIPPABLE:
                raise
            most = min(index, size.current if most is None else most - 1)
            error = failure.error
    passed = {
        key: variables[key]
        for key in ("after", "query", "reverse")
        if variables.get(key) is not None
    }
    answer = api.run(SKIPPABLE[name], {**passed, "first": 1})
    path = (error.path[0], "nodes", 0, *error.path[RECORD_DEPTH:])
    return msgspec.structs.replace(answer, errors=(msgspec.structs.replace(error, path=path),))


def _page(api: ShopifyApi, name: str, variables: Mapping[str, Any], size: PageSize) -> Answer:
    failures = 0
    while True:
        try:
            return api.run(name, {**variables, "first": size.current}, size=size)
        except CostExceeded:
            if not size.halve():
                raise
        except TimedOut:
            # Raised at once while there is less to ask for, at single elements after retries.
            if not size.halve():
                raise
        except Throttled:
            raise
        except Transient:
            # Time-outs of large pages come back as 5xx and internal errors alike.
            failures += 1
            if failures > _HALVINGS_FOR_FAILURES or not size.halve():
                raise


def _has_elements(connection: Mapping[str, Any]) -> bool:
    return isinstance(connection.get("nodes"), list) or isinstance(connection.get("edges"), list)


def _next(connection: Any) -> tuple[bool, str | None]:
    """Tell whether a connection goes on, and after which cursor."""
    information = connection.get("pageInfo") if isinstance(connection, dict) else None
    if not isinstance(information, dict):
        return False, None
    after = information.get("endCursor")
    is_cursor = isinstance(after, str) and after != ""
    return information.get("hasNextPage") is True, after if is_cursor else None


def _by_record(errors: tuple[FieldError, ...], root: str) -> Mapping[int, FieldError]:
    """Return the first error of each record, by its place on the page."""
    found: dict[int, FieldError] = {}
    for error in errors:
        match error.path:
            case (first, "nodes" | "edges", int(index), *_) if first == root:
                found.setdefault(index, error)
    return found
