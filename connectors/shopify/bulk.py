"""Bulk operations: Shopify runs a query over everything aside and leaves the rows as a file.

How an operation ends decides whether there is anything to take: only a COMPLETED one is whole. One
that FAILED may offer what it had so far, in which an order can lack its lines, so that is never
taken. The link to the file is signed: whoever has it has the customers, so it stays out of sight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from connectors.errors import Permanent, Transient
from connectors.shopify.api import ShopifyApi
from connectors.shopify.failures import ScopeMissing

# What Shopify answers when as many operations run as it allows: five, one before 2026-01.
_NO_ROOM: Final = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
_OVER: Final = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})


class BulkUnusable(Transient):
    """An operation came to nothing, or its file is not what it claims: another one may do."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """How far an operation is. `objects`, `roots`: rows in all, and those without a parent."""

    id: str
    status: str
    error_code: str | None
    objects: int | None
    roots: int | None
    url: str | None

    def __repr__(self) -> str:
        return f"Operation(id={self.id!r}, status={self.status!r})"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will come; a status nobody knows is not the end."""
        return self.status in _OVER


class BulkOperations:
    """Starts operations and looks after them. `hide`: keeps a text out of every later message."""

    def __init__(self, api: ShopifyApi, *, hide: Callable[[str], None]) -> None:
        self._api = api
        self._hide = hide

    def start(self, query: str) -> str | None:
        """Start an operation and return its id, None when there is no room for another now.

        Raises Permanent when Shopify does not take the query.
        """
        told = self._api.run("bulk_start", {"query": query}).data.get("bulkOperationRunQuery")
        answer = told if isinstance(told, Mapping) else {}
        problems = [one for one in answer.get("userErrors") or [] if isinstance(one, Mapping)]
        if any(one.get("code") in _NO_ROOM for one in problems):
            return None
        if problems:
            raise Permanent(
                f"Shopify does not take the bulk query ({str(problems[0].get('message'))[:200]}). "
                'Set `bulk` to "never" in the store\'s settings to read it by pages.',
                store=self._api.store,
            )
        operation = answer.get("bulkOperation")
        identifier = operation.get("id") if isinstance(operation, Mapping) else None
        if not isinstance(identifier, str):
            raise Transient("Shopify names no bulk operation.", store=self._api.store)
        return identifier

    def look(self, identifiers: Sequence[str]) -> Mapping[str, Operation]:
        """Return what is known of these operations now, without those Shopify has forgotten."""
        nodes = self._api.run("bulk_status", {"ids": list(identifiers)}).data.get("nodes")
        found = [_operation(node) for node in nodes or [] if isinstance(node, Mapping)]
        for one in found:
            if one.url:
                self._hide(one.url)
                self._hide(one.url.partition("?")[2])
        return {one.id: one for one in found}

    def finished(self, identifier: str) -> Operation | None:
        """Return an operation that is over and whole, None while it is under way.

        Raises BulkUnusable for any other end, and ScopeMissing where a scope was the reason.
        """
        operation = self.look([identifier]).get(identifier)
        if operation is None:
            raise BulkUnusable("Shopify knows the bulk operation no more.", store=self._api.store)
        if not operation.is_over:
            return None
        if operation.status == "COMPLETED":
            return operation
        if operation.error_code == "ACCESS_DENIED":
            raise ScopeMissing(
                "Shopify broke off a bulk operation because the token lacks a scope. Run "
                f"`storeloom store check {self._api.store}`, which names it.",
                store=self._api.store,
            )
        raise BulkUnusable(
            f"a bulk operation ended: {operation.status} ({operation.error_code or '?'}).",
            store=self._api.store,
        )


def _operation(node: Mapping[str, Any]) -> Operation:
    url = node.get("url")
    code = node.get("errorCode")
    return Operation(
        id=str(node.get("id")),
        status=str(node.get("status")),
        error_code=str(code) if code else None,
        objects=_number(node.get("objectCount")),
        roots=_number(node.get("rootObjectCount")),
        url=url if isinstance(url, str) and url else None,
    )


def _number(value: Any) -> int | None:
    """Read a count, which comes as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
