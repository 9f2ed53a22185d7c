"""Routes of the Shopify dialect: the token endpoint and the GraphQL endpoint.

Queries run through graphql-core against the published types. Nearly every failure arrives with
HTTP 200 and a code inside, which a client that only looks at the status takes for an empty store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from connectors.sandbox.answer import Answer
from connectors.sandbox.shopify.bulk import BulkOperations, elements
from connectors.sandbox.shopify.cost import MOST, Bucket, Pricer, actual
from connectors.sandbox.shopify.executor import Executor
from connectors.sandbox.shopify.kinds import Selector
from connectors.sandbox.shopify.payloads import Payloads
from connectors.sandbox.shopify.published import schema
from connectors.sandbox.shopify.root import Root, Rows
from connectors.sandbox.shopify.search import InternalError
from connectors.sandbox.shopify.tokens import Tokens
from connectors.sandbox.spec import SandboxSpec
from connectors.sandbox.world import World

VERSIONS: Final = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
_GRAPHQL: Final = re.compile(r"/admin/api/(\d{4}-\d{2}|unstable)/graphql\.json")
_encode: Final = msgspec.json.Encoder().encode
REJECTED_TOKEN: Final = (
    "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 - a message
)
Json = dict[str, Any]


class Asked(msgspec.Struct, frozen=True):
    """The body of a GraphQL request."""

    query: str
    variables: Json | None = None
    operationName: str | None = None  # noqa: N815 - GraphQL over HTTP names it so


_decode: Final = msgspec.json.Decoder(Asked).decode


class Shopify:
    """One Shopify store."""

    def __init__(self, world: World, credentials: Mapping[str, str], spec: SandboxSpec) -> None:
        self._world = world
        self._scopes = spec.scopes
        self._made = Payloads(world)
        self._selector = Selector(world, spec.scopes)
        self.tokens = Tokens(credentials, spec)
        self.bucket = Bucket(spec.bucket_size, spec.restore_per_second)
        self.bulk = BulkOperations(spec.faults.bulk, self._part, world.clock.now)

    def answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        is_throttled: bool = False,
        storage_url: str = "",
    ) -> Answer:
        """Answer a request; `headers` by lower-case name. `is_throttled`: refuse it as too much.

        `storage_url`: where the files of bulk operations are, on another host.
        """
        if path == "/admin/oauth/access_token" and method == "POST":
            return self._issue(headers, body)
        found = _GRAPHQL.fullmatch(path)
        is_to_come = found is not None and VERSIONS[-1] < found[1] < "unstable"
        if found is None or method != "POST" or is_to_come:
            return Answer(_encode({"errors": "Not Found"}), 404)
        # A version that is no longer there falls forward, silently but for this header.
        version = max([known for known in VERSIONS if known <= found[1]], default=VERSIONS[0])
        told = {"X-Shopify-API-Version": "unstable" if found[1] == "unstable" else version}
        if not self.tokens.is_good(
            headers.get("x-shopify-access-token", ""), self._world.clock.now()
        ):
            return Answer(_encode({"errors": REJECTED_TOKEN}), 401, told)
        try:
            asked = _decode(body)
        except msgspec.DecodeError:
            return Answer(_encode({"errors": "Required parameter missing or invalid"}), 400, told)
        with self._world.lock:
            root = Root(self._world, self._made, self._selector, self._scopes, self.bulk)
            root.version, root.storage_url = version, storage_url
            result = self._execute(asked, root, is_throttled=is_throttled)
        return Answer(_encode(result), 200, told)

    def _issue(self, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            if headers.get("content-type", "").startswith("application/json"):
                form = msgspec.json.decode(body, type=dict[str, str])
            else:
                form = dict(parse_qsl(body.decode()))
        except (msgspec.DecodeError, UnicodeDecodeError):
            form = {}
        status, told = self.tokens.answer(form, self._world.clock.now())
        return Answer(_encode(told), status)

    def download(self, path: str, query: str, headers: Mapping[str, str]) -> Path | Answer:
        """Answer a GET of the storage host; `path` below its address."""
        return self.bulk.download(path, query, dict(headers))

    def _part(self, document: DocumentNode, kept: Json, start: int, size: int) -> list[Json] | None:
        """Return some rows of a bulk query's root connection, None past the end.

        `kept` carries the rows from one part to the next: what changes meanwhile must not shift
        them. The store is held for one part at a time, so that it goes on answering.
        """
        with self._world.lock:
            rows: Rows = kept.setdefault("rows", Rows())
            rows.start, rows.size = start, size
            root = Root(self._world, self._made, self._selector, self._scopes, self.bulk, rows)
            result = execute_sync(
                schema(),
                document,
                root_value=root,
                context_value=root,
                execution_context_class=Executor,
            )
        if result.errors:
            raise result.errors[0]
        found = [elements(connection) for connection in (result.data or {}).values()]
        return found[0] if found and found[0] else None

    def _execute(self, asked: Asked, root: Root, *, is_throttled: bool) -> Json:
        variables, name = asked.variables or {}, asked.operationName
        document, errors = _understood(asked.query)
        operation = get_operation_ast(document, name) if document else None
        if document is None or operation is None:
            return {"errors": errors or [{"message": "No operation was found to execute"}]}
        sizes = {
            key: len(value) if isinstance(value, list) else value
            for key, value in variables.items()
            if isinstance(value, int | list)
        }
        requested = _price(asked.query, name, frozenset(sizes.items()))
        if requested > MOST:
            return _too_dear(requested)
        if is_throttled or not self.bucket.take(requested):
            return self._with_cost(
                {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]},
                requested,
                None,
            )
        result = execute_sync(
            schema(),
            document,
            root_value=root,
            context_value=root,
            variable_values=variables,
            operation_name=name,
            execution_context_class=Executor,
        )
        used = min(actual(result.data) - 1, requested) if result.data else 0
        self.bucket.give_back(requested - used)
        answer: Json = {"data": result.data}
        if result.errors:
            answer["errors"] = [_printed(error) for error in result.errors]
        self._with_cost(answer, requested, used)
        if root.search_warnings:
            answer["extensions"]["search"] = root.search_warnings
        return answer

    def _with_cost(self, answer: Json, requested: int, used: int | None) -> Json:
        answer["extensions"] = {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": used,
                "throttleStatus": self.bucket.status(),
            }
        }
        return answer


@lru_cache(maxsize=128)
def _understood(query: str) -> tuple[DocumentNode | None, list[Json]]:
    """Return the parsed and validated document, or what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, [dict(error.formatted)]
    errors = validate(schema(), document)
    return (None if errors else document), [dict(error.formatted) for error in errors]


@lru_cache(maxsize=1024)
def _price(query: str, name: str | None, sizes: frozenset[tuple[str, int]]) -> int:
    """Return what an understood query asks for; only whole numbers among variables matter."""
    document = parse(query)
    operation = get_operation_ast(document, name)
    if operation is None:
        return 0
    return Pricer(schema(), document).requested(operation, dict(sizes))


def _too_dear(requested: int) -> Json:
    return {
        "errors": [
            {
                "message": (
                    f"Query cost is {requested}, which exceeds the single query max cost limit "
                    f"({MOST})."
                ),
                "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MOST},
            }
        ]
    }


def _printed(error: GraphQLError) -> Json:
    if isinstance(error.original_error, InternalError):
        return {
            "message": "Internal error. Looks like something went wrong on our end.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
    return dict(error.formatted)
