"""Bulk operations: a query over everything, run aside, its rows left as a file at another host.

Rows are flat: a parent, and what its connections hold as rows of their own that name the parent by
`__parentId`. Without grouping nothing says that they follow each other. The link to the file is
signed and dies; the operation can be asked for another one.
"""

from __future__ import annotations

import hashlib
import itertools
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from graphql import DocumentNode, GraphQLError

from connectors.sandbox.answer import Answer
from connectors.sandbox.shopify.bulk_rules import objection
from connectors.sandbox.spec import BulkFaults

CONCURRENT: Final = 5
# Before 2026-01 there was one at a time.
CONCURRENT_FROM: Final = "2026-01"
STEP: Final = 250
LIFE_SECONDS: Final = 7 * 86_400
Payload = dict[str, Any]
# (document, first row, number of rows) -> rows of the root connection, None past its end.
Part = Callable[[DocumentNode, Any, int, int], list[Payload] | None]
_encode: Final = msgspec.json.Encoder().encode


@dataclass
class Operation:
    """One operation; `looks` is how often somebody asked for it while it could have been done."""

    number: int
    query: str
    created_at: int
    path: Path
    looks: int = 0
    is_done: bool = False
    error_code: str | None = None
    is_cancelled: bool = False
    objects: int = 0
    roots: int = 0
    links: list[str] = field(default_factory=list)


class BulkOperations:
    """All operations of one app on one store. Thread-safe."""

    def __init__(self, faults: BulkFaults, part: Part, now: Callable[[], int]) -> None:
        self._faults = faults
        self._part = part
        self._now = now
        self._lock = threading.RLock()
        self._folder = tempfile.TemporaryDirectory(prefix="storeloom-sandbox-")
        self._numbers = itertools.count(1)
        # What was given out so far, by the query of the link.
        self.links: dict[str, Operation] = {}
        self.operations: dict[int, Operation] = {}
        self.refusals = 0
        self.looks = 0

    def run(self, query: str, version: str) -> Payload:
        """Answer `bulkOperationRunQuery`."""
        document, problem = objection(query)
        if document is None:
            return _refused("INVALID", problem)
        with self._lock:
            under_way = [one for one in self.operations.values() if self._status(one) == "RUNNING"]
            if len(under_way) >= (CONCURRENT if version >= CONCURRENT_FROM else 1):
                self.refusals += 1
                for one in under_way:
                    # Whoever waits for a place looks by trying.
                    one.looks += 1
                return _refused(
                    "OPERATION_IN_PROGRESS", "A bulk query operation is already in progress."
                )
            number = next(self._numbers)
            operation = Operation(
                number, query, self._now(), Path(self._folder.name) / f"{number}.jsonl"
            )
            self.operations[number] = operation
        threading.Thread(
            target=self._execute, args=(operation, document), name="sandbox-bulk", daemon=True
        ).start()
        return {"bulkOperation": self.payload(operation, "CREATED"), "userErrors": []}

    def look(self, number: int) -> Payload | None:
        """Answer a look at one operation, which brings it forward."""
        with self._lock:
            self.looks += 1
            operation = self.operations.get(number)
            if operation is None:
                return None
            status = self._status(operation)
            if operation.is_done:
                operation.looks += 1
            return self.payload(operation, status)

    def forget(self) -> None:
        """Lose all operations, as happens some time after their files expire."""
        with self._lock:
            self.operations.clear()
            self.links.clear()

    def payload(self, operation: Operation, status: str) -> Payload:
        """Return a `BulkOperation`; a link is made when it is asked for."""
        is_over = status in ("COMPLETED", "FAILED")
        is_empty = operation.number <= self._faults.empty_results or not operation.objects
        is_blank = operation.number <= self._faults.blank_results
        is_told_too_many = status == "COMPLETED" and operation.number <= self._faults.miscounts
        return {
            "__typename": "BulkOperation",
            "id": f"gid://shopify/BulkOperation/{operation.number}",
            "status": status,
            "type": "QUERY",
            "query": operation.query,
            "createdAt": _time(operation.created_at),
            "completedAt": _time(self._now()) if status == "COMPLETED" else None,
            "errorCode": operation.error_code if status == "FAILED" else None,
            "objectCount": str(0 if is_blank else operation.objects + is_told_too_many),
            "rootObjectCount": str(0 if is_blank else operation.roots),
            "fileSize": str(operation.path.stat().st_size) if is_over else None,
            "url": lambda info: (
                self._link(operation, info)
                if status == "COMPLETED" and not (is_empty or is_blank)
                else None
            ),
            "partialDataUrl": lambda info: (
                self._link(operation, info) if status == "FAILED" else None
            ),
        }

    def download(self, path: str, query: str, headers: dict[str, str]) -> Path | Answer:
        """Answer a GET at the storage host, which knows no tokens and wants none."""
        if {"x-shopify-access-token", "authorization"} & headers.keys():
            return Answer(b"<Error><Code>InvalidArgument</Code></Error>", 400)
        operation = self.links.get(query)
        if operation is None or f"/{operation.number}.jsonl" != path:
            return Answer(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 403)
        given_out = list(self.links)
        if given_out.index(query) < self._faults.expired_links:
            return Answer(b"<Error><Code>ExpiredToken</Code></Error>", 400)
        return operation.path

    def _link(self, operation: Operation, info: Any) -> str:
        with self._lock:
            operation.links.append("")
            secret = f"{operation.number}/{len(operation.links)}/{operation.created_at}"
            signature = hashlib.sha256(secret.encode()).hexdigest()
            query = f"GoogleAccessId=sandbox&Expires={self._now()}&Signature={signature}"
            self.links[query] = operation
            return f"{info.context.storage_url}/{operation.number}.jsonl?{query}"

    def _status(self, operation: Operation) -> str:
        if operation.is_cancelled:
            return "CANCELED"
        if not operation.is_done or operation.looks < self._faults.polls:
            return "RUNNING"
        if operation.error_code:
            return "FAILED"
        is_old = self._now() - operation.created_at > LIFE_SECONDS
        return "EXPIRED" if is_old else "COMPLETED"

    def _execute(self, operation: Operation, document: DocumentNode) -> None:
        try:
            rows: Iterable[Payload] = self._rows(operation, document)
            if self._faults.children_first:
                rows = _children_first(rows)
            fails = operation.number <= self._faults.failures
            with operation.path.open("wb") as file:
                for row in rows:
                    # Shopify writes its slashes so.
                    file.write(_encode(row).replace(b"/", b"\\/") + b"\n")
            if fails:
                operation.error_code = self._faults.error_code
                whole = operation.path.read_bytes().splitlines(keepends=True)
                operation.path.write_bytes(b"".join(whole[: len(whole) // 2]))
        except GraphQLError as error:
            operation.error_code = str(
                (error.extensions or {}).get("code", "INTERNAL_SERVER_ERROR")
            )
            operation.path.write_bytes(b"")
        operation.is_done = True

    def _rows(self, operation: Operation, document: DocumentNode) -> Iterator[Payload]:
        kept: dict[str, Any] = {}
        for start in itertools.count(0, STEP):
            nodes = self._part(document, kept, start, STEP)
            if nodes is None:
                return
            for node in nodes:
                operation.roots += 1
                for row in _flat(node, None):
                    operation.objects += 1
                    yield row


def _children_first(rows: Iterable[Payload]) -> list[Payload]:
    """Return first children of all parents, then second ones, and so on, and the parents last."""
    ranks: dict[str, int] = {}

    def rank(row: Payload) -> float:
        parent = row.get("__parentId")
        if parent is None:
            return float("inf")
        ranks[parent] = ranks.get(parent, 0) + 1
        return ranks[parent]

    return sorted(rows, key=rank)


def _flat(node: Payload, parent: str | None) -> Iterator[Payload]:
    lists = {
        name: elements(value)
        for name, value in node.items()
        if isinstance(value, dict) and ("edges" in value or "nodes" in value)
    }
    own = {name: value for name, value in node.items() if name not in lists}
    yield own if parent is None else {**own, "__parentId": parent}
    for children in lists.values():
        for child in children:
            yield from _flat(child, node["id"])


def elements(connection: Payload) -> list[Payload]:
    """Return what a connection holds, whichever way it was asked for."""
    if "edges" in connection:
        return [edge["node"] for edge in connection["edges"]]
    return list(connection["nodes"])


def _refused(code: str, message: str) -> Payload:
    return {
        "bulkOperation": None,
        "userErrors": [{"code": code, "field": ["query"], "message": message}],
    }


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
