"""One GraphQL call: token, cost bucket, and the errors that arrive inside HTTP 200.

Shopify reports throttling, missing scopes and its own failures with status 200 and partial data.
Taken for success, a throttled page reads as the end of the list; taken for failure, one order
that Shopify cannot load stops the whole store. So every error is judged by its code and its path.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.errors import AuthFailed, Permanent, StoreError, Throttled, TimedOut, Transient
from connectors.http import HttpClient, Response
from connectors.shopify.documents import document
from connectors.shopify.failures import (
    RECORD_DEPTH,
    CostExceeded,
    FieldError,
    RecordUnanswerable,
    ScopeMissing,
    read_errors,
    read_search_warnings,
)
from connectors.shopify.throttle import PageSize, Reservation, Throttle
from connectors.shopify.tokens import Tokens

_logger: Final = logging.getLogger(__name__)

# Codes of Shopify's own trouble; what else fails will fail again.
_PASSING: Final = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
# How often an answer that lacks single records is asked for again before going on without them.
_PARTIAL_RETRIES: Final = 2
_TOO_SLOW: Final = "TIMEOUT"
_UNAUTHORIZED: Final = 401
# Refusals that concern the whole store, and what they mean; the others are http.py's to explain.
_REFUSALS: Final = {
    402: "Shopify has frozen the store: its owner must settle the bill, then sync again",
    423: "Shopify has locked the store: its owner must ask Shopify's support why",
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A usable answer. `errors`: those that belong to single records or fields of `data`."""

    data: Mapping[str, Any]
    errors: tuple[FieldError, ...]
    points: float | None
    api_version: str | None
    server_time: datetime | None


class ShopifyApi:
    """Calls to one store's Admin API in one version."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        http: HttpClient,
        tokens: Tokens,
        throttle: Throttle,
        api_version: str,
    ) -> None:
        self.store: Final = config.key
        self._http = http
        self._tokens = tokens
        self._throttle = throttle
        self._version = api_version
        self._lock = threading.Lock()
        # By document, for those that come in no pages; the others' PageSize knows.
        self._costs: dict[str, float] = {}
        self._warned: set[tuple[str, ...]] = set()
        # What the preflight found out, so that it need not ask twice; None before.
        self.sees_all_orders: bool | None = None

    @property
    def token_scopes(self) -> frozenset[str] | None:
        """What the token may do as its grant said, None when nobody told us."""
        return self._tokens.scopes

    def run(
        self, name: str, variables: Mapping[str, Any] | None = None, *, size: PageSize | None = None
    ) -> Answer:
        """Execute `queries/<name>.graphql`; `size` tells what it costs and learns from it.

        Raises CostExceeded, AuthFailed (naming the scope), Permanent, or Transient after retries;
        TimedOut at once while there is a smaller page to ask for.
        """
        expected = size.points if size is not None else self._costs.get(name, 0.0)
        reservation = self._throttle.reserve(expected)
        # Filled by the judge, inside the retry loop; the last answer counts.
        accepted: list[Answer] = []
        partial = _Counter(_PARTIAL_RETRIES)

        def judge(response: Response) -> None:
            accepted[:] = [self._judge(response, name, partial, reservation)]

        body = {"query": document(name), "variables": dict(variables or {})}
        self._post(body, judge, can_ask_for_less=size is not None and size.current > 1)
        answer = accepted[0]
        if size is not None:
            size.learn(answer.points)
        elif answer.points is not None:
            with self._lock:
                self._costs[name] = answer.points
        return answer

    def _post(
        self, body: Mapping[str, Any], judge: Callable[[Response], None], *, can_ask_for_less: bool
    ) -> None:
        """Send a query with the store's token, and once more with another where it is refused."""
        token = self._tokens.current()
        response = self._send(body, judge, token, can_ask_for_less=can_ask_for_less)
        if response.status == _UNAUTHORIZED and self._tokens.can_renew:
            token = self._tokens.renew(token)
            response = self._send(body, judge, token, can_ask_for_less=can_ask_for_less)
        if response.status == _UNAUTHORIZED or response.status in _REFUSALS:
            raise self._refusal(response)

    def _send(
        self,
        body: Mapping[str, Any],
        judge: Callable[[Response], None],
        token: str,
        *,
        can_ask_for_less: bool,
    ) -> Response:
        return self._http.request(
            "POST",
            f"/admin/api/{self._version}/graphql.json",
            json=body,
            headers={"X-Shopify-Access-Token": token},
            accept={_UNAUTHORIZED, *_REFUSALS},
            check=judge,
            retry_timeouts=not can_ask_for_less,
        )

    def _refusal(self, response: Response) -> StoreError:
        said = f"({response.status}{self._http.quote(response)})"
        if response.status != _UNAUTHORIZED:
            return Permanent(f"{_REFUSALS[response.status]}. {said}", store=self.store)
        renewed = " even a token it has just given" if self._tokens.can_renew else " the token"
        return AuthFailed(
            f"Shopify refuses{renewed}. It was revoked, or is another store's: install the app "
            f"again, then enter its credentials with `storeloom store add {self.store}`. {said}",
            store=self.store,
        )

    def _judge(
        self, response: Response, name: str, partial: _Counter, reservation: Reservation
    ) -> Answer:
        body = response.json()
        if not isinstance(body, dict):
            raise Transient(f"{name}: the answer is no object.", store=self.store)
        extensions = body.get("extensions")
        cost = extensions.get("cost") if isinstance(extensions, dict) else None
        errors = read_errors(body.get("errors"), self._http.redact)
        is_refused = any(error.code == "THROTTLED" for error in errors)
        points = self._throttle.learn(cost, reservation, is_refused=is_refused)
        if is_refused:
            raise Throttled(
                f"{name}: Shopify's cost bucket is empty.",
                store=self.store,
                retry_after_seconds=self._throttle.refuse(points, reservation),
            )
        data = self._usable(name, body.get("data"), errors, partial)
        self._note_denied(errors)
        self._note_ignored(name, read_search_warnings(extensions))
        errors = tuple(error for error in errors if error.code != "ACCESS_DENIED")
        if any(error.code in _PASSING for error in errors) and partial.take():
            raise Transient(self._explain(name, errors[0]), store=self.store)
        return Answer(
            data=data,
            errors=errors,
            points=points,
            api_version=response.headers.get("x-shopify-api-version"),
            server_time=response.server_time,
        )

    def _usable(
        self,
        name: str,
        data: Any,
        errors: tuple[FieldError, ...],
        partial: _Counter,
    ) -> Mapping[str, Any]:
        """Return `data`; raises for what makes the whole answer unusable."""
        if any(error.code == "MAX_COST_EXCEEDED" for error in errors):
            raise CostExceeded(
                f"{name}: Shopify finds the query too expensive even in the smallest page. Lower "
                "`page_size` and `nested_page_size` in its settings.",
                store=self.store,
            )
        for error in errors:
            if isinstance(data, dict) and len(error.path) >= RECORD_DEPTH:
                continue
            if error.index is not None and error.code != "ACCESS_DENIED" and not partial.take():
                raise RecordUnanswerable(self._explain(name, error), store=self.store, error=error)
            raise self._failure(name, error)
        if not isinstance(data, dict):
            raise Transient(f"{name}: Shopify answered no data.", store=self.store)
        return data

    def _failure(self, name: str, error: FieldError) -> Exception:
        if error.code == "ACCESS_DENIED":
            scope = error.scope or "a scope or approval that it lacks"
            return ScopeMissing(
                f"{name}: the token may not read {error.place or 'this'}; it needs "
                f"{scope}. Grant it to the app and install it anew."
                f"{_said(error)}",
                store=self.store,
            )
        if error.code == _TOO_SLOW:
            return TimedOut(self._explain(name, error), store=self.store)
        if error.code in _PASSING or not error.code or error.index is not None:
            return Transient(self._explain(name, error), store=self.store)
        return Permanent(
            f"{self._explain(name, error)} If the version {self._version} does not know it, set "
            "`api_version` in the store's settings.",
            store=self.store,
        )

    def _explain(self, name: str, error: FieldError) -> str:
        where = f" at {error.place}" if error.path else ""
        return f"{name}: Shopify reports {error.code or 'an error'}{where}.{_said(error)}"

    def _note_denied(self, errors: tuple[FieldError, ...]) -> None:
        """Say once per field that it is hidden from us; its nulls change nothing in the CRM."""
        for error in errors:
            field = tuple(step for step in error.path if isinstance(step, str))
            if error.code == "ACCESS_DENIED" and field not in self._warned:
                self._warned.add(field)
                _logger.warning(
                    'store "%s": %s is hidden from the token (%s)',
                    self.store,
                    ".".join(field),
                    error.message,
                )

    def _note_ignored(self, name: str, warnings: tuple[str, ...]) -> None:
        """Say once what Shopify left out of a filter; each record is checked here anyhow."""
        for warning in warnings:
            if (name, warning) not in self._warned:
                self._warned.add((name, warning))
                _logger.warning(
                    'store "%s": %s: Shopify ignores part of the filter (%s); more comes than was '
                    "asked for",
                    self.store,
                    name,
                    self._http.redact(warning),
                )


def _said(error: FieldError) -> str:
    return f" ({error.message})" if error.message else ""


class _Counter:
    """Allows something a number of times."""

    def __init__(self, times: int) -> None:
        self._left = times

    def take(self) -> bool:
        """Use up one time; False when none is left."""
        self._left -= 1
        return self._left >= 0
