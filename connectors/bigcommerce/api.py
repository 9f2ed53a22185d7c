"""One store's REST APIs, v2 and v3: address, token, refusals, and lists that are whole.

v2 answers 204 without a body where a list is empty, v3 an empty `data`. 403 stands for a scope the
API account lacks, and each resource has its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from connectors.base import StoreConfig
from connectors.bigcommerce.pacing import StoreAuth
from connectors.decoding import decode
from connectors.errors import AuthFailed, Permanent, StoreError, Transient
from connectors.http import HttpClient, Parameters, Response

HOST: Final = "https://api.bigcommerce.com"
_NO_CONTENT: Final = 204
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TOO_LARGE: Final = 413
_REFUSED: Final = frozenset({_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_LARGE})
# What a list gives without being asked for a size, so it cannot be too much.
_SAFE_PAGE: Final = 50
# Long enough for two windows of the rate limit and a slow page, short enough to try fewer rows.
_BUDGET_SECONDS: Final = 150.0
_LEAVE: Final = 5
# Which scope (as the control panel calls it) opens which paths.
_SCOPES: Final = (
    ("v2/store", "Information & Settings"),
    ("v2/time", "Information & Settings"),
    ("v2/orders", "Orders"),
    ("v3/orders", "Orders (or Order Transactions)"),
    ("v3/customers", "Customers"),
    ("v3/catalog", "Products"),
)


class RecordMissing(Permanent):
    """The record a path names is gone."""


class PageTooLarge(Transient):
    """The list gives no pages of that many rows; fewer will do."""


class ScopeMissing(AuthFailed):
    """The API account may not read a resource; `scope` as the control panel calls it."""

    def __init__(self, message: str, *, store: str, scope: str) -> None:
        super().__init__(message, store=store)
        self.scope = scope


class Listed(msgspec.Struct, frozen=True):
    """A page of a v3 list. `total`, `pages`: of the whole list, None where not told.

    `cursor`: where the next page begins, for lists that have cursors. `is_end`: the answer says
    that there is no next page.
    """

    rows: list[Any]
    total: int | None = None
    pages: int | None = None
    cursor: str | None = None
    is_end: bool = True


class StoreApi:
    """Requests to one store. Thread-safe."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        **client_options: Any,
    ) -> None:
        self._store = config.key
        token = config.credentials.get("access_token", "").strip()
        if not token:
            raise AuthFailed(
                "the credential `access_token` is needed; make a store-level API account under "
                "Settings > Store-level API accounts.",
                store=config.key,
            )
        leave = config.settings.get("leave_requests", _LEAVE)
        if isinstance(leave, bool) or not isinstance(leave, int) or leave < 0:
            raise Permanent("`leave_requests` must be a whole number.", store=config.key)
        self.auth: Final = StoreAuth(token, leave=leave, sleep=sleep)
        options = {
            "timeout_seconds": float(config.settings.get("timeout_seconds") or 60.0),
            "budget_seconds": _BUDGET_SECONDS,
            **client_options,
        }
        self.http: Final = HttpClient(
            config,
            base_url=store_root(config),
            auth=self.auth,
            secrets=(token,),
            sleep=sleep,
            **options,
        )

    def object(self, path: str, params: Parameters | None = None) -> Mapping[str, Any]:
        """GET one object, {} for 204. Raises a StoreError that says what to do."""
        found = self._get(path, params, dict)
        return found if isinstance(found, dict) else {}

    def rows(self, path: str, params: Parameters | None = None) -> list[Any]:
        """GET one page of a v2 list, empty for 204."""
        found = self._get(path, params, list)
        return found if isinstance(found, list) else []

    def listed(self, path: str, params: Parameters | None = None) -> Listed:
        """GET one page of a v3 list."""
        answer = self._get(path, params, dict)
        if answer is None:
            return Listed([], total=0)
        rows = answer.get("data")
        if not isinstance(rows, list):
            raise Permanent(f"{path}: the answer holds no list.", store=self._store)
        meta = _object(answer, "meta")
        pagination, cursors = _object(meta, "pagination"), _object(meta, "cursor_pagination")
        cursor = cursors.get("end_cursor")
        return Listed(
            rows,
            total=_whole(pagination.get("total")),
            pages=_whole(pagination.get("total_pages")),
            cursor=cursor if isinstance(cursor, str) and cursor else None,
            is_end=not _object(cursors or pagination, "links").get("next"),
        )

    def all_rows(self, path: str, params: Parameters, *, size: int) -> list[Any]:
        """GET every page of a small list, v2 or v3, of `size` rows or as many as it gives."""
        try:
            return self._all_rows(path, params, size)
        except PageTooLarge:
            return self._all_rows(path, params, _SAFE_PAGE)

    def _all_rows(self, path: str, params: Parameters, size: int) -> list[Any]:
        found: list[Any] = []
        number = 1
        while True:
            query = {**params, "limit": size, "page": number}
            if path.startswith("v2/"):
                rows, pages = self.rows(path, query), None
            else:
                page = self.listed(path, query)
                rows, pages = page.rows, page.pages
            found += rows
            if not rows or (number >= pages if pages is not None else is_short(len(rows), size)):
                return found
            number += 1

    def date(self) -> Response:
        """GET the store's clock: seconds since 1970 as `time`, and the Date header."""
        return self._ask("v2/time", None, None)

    def _get(self, path: str, params: Parameters | None, shape: type[Any]) -> Any:
        found: list[Any] = []

        def check(response: Response) -> None:
            if response.status == _NO_CONTENT:
                return
            answer = decode(response.body)
            if not isinstance(answer, shape):
                raise ValueError(f"the answer is no {'list' if shape is list else 'object'}")  # noqa: TRY004 - what the client takes for unreadable
            found[:] = [answer]

        self._ask(path, params, check)
        return found[0] if found else None

    def _ask(
        self, path: str, params: Parameters | None, check: Callable[[Response], None] | None
    ) -> Response:
        response = self.http.request("GET", path, params=params, accept=_REFUSED, check=check)
        if response.status in _REFUSED:
            raise self._refusal(path, response)
        return response

    def _refusal(self, path: str, response: Response) -> StoreError:
        said = self.http.quote(response)
        if response.status == _UNAUTHORIZED:
            return AuthFailed(
                f"BigCommerce refused the token (401{said}). Check that it belongs to this store "
                "hash, and that its API account was not deleted.",
                store=self._store,
            )
        if response.status == _FORBIDDEN:
            scope = scope_of(path)
            return ScopeMissing(
                f"{path} is forbidden (403{said}). Give the API account the scope {scope}: "
                "read-only; scopes are fixed when an account is made, so make a new one.",
                store=self._store,
                scope=scope,
            )
        if response.status == _TOO_LARGE:
            return PageTooLarge(f"{path} gives no pages that large (413{said}).", store=self._store)
        return RecordMissing(f"{path} is not there (404{said}).", store=self._store)


def scope_of(path: str) -> str:
    """Return the scope that opens a path, as the control panel calls it."""
    return next((scope for prefix, scope in _SCOPES if path.startswith(prefix)), "of that resource")


def is_short(rows: int, size: int) -> bool:
    """Say whether a page is the last one by its length.

    A page of exactly one of these lengths may have been cut by a limit lower than the one asked.
    """
    return rows < size and rows not in (50, 100, 200)


def store_root(config: StoreConfig) -> str:
    """Return the address all paths are below, `https://api.bigcommerce.com/stores/{hash}`.

    Takes that with or without `/v2` or `/v3`, or a bare store hash. Raises Permanent.
    """
    url = config.base_url.strip().rstrip("/")
    if url.isalnum():
        return f"{HOST}/stores/{url}"
    if "://" not in url:
        url = f"https://{url}"
    parts = urlsplit(url)
    before, _, after = parts.path.partition("/stores/")
    store_hash = after.partition("/")[0]
    if not parts.hostname or parts.username or parts.password or not store_hash:
        raise Permanent(
            f"the base URL must be the API path {HOST}/stores/<store hash>, as it stands beside "
            "the API account; the shop's own address is not it.",
            store=config.key,
        )
    return f"{parts.scheme.lower()}://{parts.netloc}{before}/stores/{store_hash}"


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None
