"""One shop's REST API: its address, its key, one page of a list, and what its refusals mean.

The same 401 stands for a wrong key, a missing permission, Basic over http and a web server that
drops the Authorization header; each has another remedy, so each is told apart here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from connectors.base import StoreConfig
from connectors.decoding import decode
from connectors.errors import AuthFailed, Permanent, StoreError
from connectors.http import HttpClient, Parameters, Response
from connectors.unreadable import UNREADABLE
from connectors.woocommerce.auth import KeyAuth, Way
from connectors.woocommerce.payloads import ROWS

API: Final = "wc/v3"
_OK: Final = 200
# Its own words for a record that is gone; any other 404 says nothing about the record.
_INVALID_ID: Final = re.compile(r"(woocommerce|wc)_(\w+_)?invalid_(\w+_)?id")
_RECORD: Final = msgspec.json.Decoder(msgspec.Raw)
# Above this a page that takes too long is not asked for again, but a smaller one.
_SMALL_PAGE: Final = 10
_NOT_FOUND: Final = 404
_REFUSED: Final = frozenset({400, 401, 403, 404})
# Long enough for a weak host to print a hundred orders, short enough to try fewer afterwards.
_BUDGET_SECONDS: Final = 150.0


class RawPage(msgspec.Struct, frozen=True):
    """A page of a list: its undecoded rows, and the totals of the whole list."""

    rows: list[msgspec.Raw]
    total: int
    pages: int


class NoListError(ValueError):
    """The answer is JSON but not a list."""


class RouteMissing(Permanent):
    """The shop's WooCommerce is too old to have this route."""


class RecordMissing(Permanent):
    """The record a path names is gone."""


class ParameterRefused(Permanent):
    """The shop does not know a parameter, or a value of it."""


class ShopApi:
    """Requests to one shop. Thread-safe."""

    def __init__(self, config: StoreConfig, **client_options: Any) -> None:
        self._config = config
        key = config.credentials.get("consumer_key", "").strip()
        secret = config.credentials.get("consumer_secret", "").strip()
        if not key or not secret:
            raise AuthFailed(
                "credentials `consumer_key` and `consumer_secret` are both needed; make a read "
                "key under WooCommerce > Settings > Advanced > REST API.",
                store=config.key,
            )
        root = shop_root(config)
        self.is_https = root.startswith("https://")
        self.auth: Final = KeyAuth(key, secret, is_https=self.is_https)
        options = {
            "timeout_seconds": float(config.settings.get("timeout_seconds") or 60.0),
            "budget_seconds": _BUDGET_SECONDS,
            **client_options,
        }
        self.http: Final = HttpClient(
            config,
            base_url=f"{root}/wp-json",
            auth=self.auth,
            secrets=(key, secret),
            **options,
        )

    def get(self, path: str, params: Parameters | None = None) -> Response:
        """GET `path` below wc/v3; raises a StoreError that says what to do."""
        return self._get(path, params, None)

    def options(self, path: str) -> Any:
        """Return how the shop describes `path` itself, None when it or its firewall will not."""
        response = self.http.request(
            "OPTIONS", f"{API}/{path}", accept=range(300, 600), check=lambda _response: None
        )
        try:
            return response.json() if response.status == _OK else None
        except ValueError:
            return None

    def record(self, path: str, params: Parameters) -> msgspec.Raw:
        """GET a single record, undecoded; raises RecordMissing when it is gone."""
        response = self.get(path, params)
        try:
            return _RECORD.decode(response.body)
        except ValueError:
            return msgspec.Raw(json.dumps(decode(response.body), default=str).encode())

    def site(self) -> Response:
        """GET the public index of the site, whatever it answers: some shops hide it."""
        return self.http.request("GET", "/", accept=range(300, 500), check=lambda _response: None)

    def page(self, path: str, params: Parameters) -> RawPage:
        """GET one page of a list, rows not decoded yet.

        Raises Permanent when the totals are missing: without them the end of a list cannot be
        told from rows the key may not see.
        """
        found: list[msgspec.Raw] = []

        def read_rows(response: Response) -> None:
            found[:] = _rows(response.body)

        response = self._get(path, params, read_rows)
        total = response.headers.get("x-wp-total", "")
        pages = response.headers.get("x-wp-totalpages", "")
        if not total.isdigit() or not pages.isdigit():
            raise Permanent(
                f"{path} came without the headers X-WP-Total and X-WP-TotalPages. Allow them in "
                "the proxy, cache or security plugin that removes them.",
                store=self._config.key,
            )
        return RawPage(found, int(total), int(pages))

    def _get(
        self,
        path: str,
        params: Parameters | None,
        check: Callable[[Response], None] | None,
    ) -> Response:
        way = self.auth.way
        response = self._ask(path, params, check)
        if response.status in {401, 403} and self._change_way(response, way):
            response = self._ask(path, params, check)
            if response.status in {401, 403}:
                self.auth.way = way
        if response.status in _REFUSED:
            raise self._refusal(path, response)
        return response

    def _ask(
        self,
        path: str,
        params: Parameters | None,
        check: Callable[[Response], None] | None,
    ) -> Response:
        size = (params or {}).get("per_page", 0)
        return self.http.request(
            "GET",
            f"{API}/{path}",
            params=params,
            accept=_REFUSED,
            check=check,
            retry_timeouts=int(size) <= _SMALL_PAGE,
        )

    def _change_way(self, response: Response, asked: Way) -> bool:
        """Change how the key is shown when the answer gives reason to; True to ask again."""
        code, message = _error(response)
        if asked is Way.SIGNED:
            if "timestamp" in message.lower() and response.server_time is not None:
                self.auth.set_clock(response.server_time)
                return True
            return False
        # A dropped header looks like no key at all: "missing", or simply not allowed to look.
        is_dropped = "missing" in message.lower() or "cannot_view" in code
        if asked is Way.BASIC and is_dropped:
            self.auth.way = Way.QUERY
            return True
        return False

    def _refusal(self, path: str, response: Response) -> StoreError:
        store = self._config.key
        code, message = _error(response)
        said = self.http.redact(f"{response.status} {code}: {message}" if code else "")
        if code == "rest_no_route":
            return RouteMissing(
                f"it has no {path} ({said}). Check that WooCommerce is active and up to date.",
                store=store,
            )
        if response.status == _NOT_FOUND and _INVALID_ID.fullmatch(code):
            return RecordMissing(f"{path} is gone ({said}).", store=store)
        if response.status == _NOT_FOUND and not code:
            return Permanent(
                "no REST API answers there (404 without WordPress's words). Check the base URL, "
                "and choose anything but Plain under Settings > Permalinks.",
                store=store,
            )
        if response.status in {401, 403}:
            return self._auth_failure(path, said, message) if said else self._stopped(response)
        kind = ParameterRefused if code == "rest_invalid_param" else Permanent
        return kind(
            f"it refused {path} ({said or response.status}). Check its settings.", store=store
        )

    def _stopped(self, response: Response) -> AuthFailed:
        """Explain a refusal that WordPress never saw."""
        return AuthFailed(
            f"something before WooCommerce refused the request ({response.status}"
            f"{self.http.quote(response)}). Let this machine pass the firewall, security plugin or "
            "password page that stands before /wp-json.",
            store=self._config.key,
        )

    def _auth_failure(self, path: str, said: str, message: str) -> AuthFailed:
        lowered = message.lower()
        if "timestamp" in lowered:
            advice = "Set the clock of this machine or of the shop."
        elif "signature" in lowered:
            advice = (
                "Check the consumer secret, and that the base URL is exactly the shop's WordPress "
                "address (Settings > General), since it is part of the signature."
            )
        elif "invalid" in lowered or "missing" in lowered:
            advice = "Check consumer key and secret; keys are shown only once, when made."
        elif not self.is_https:
            advice = (
                "Over http the key is checked by OAuth 1.0a, which a proxy in front may break: "
                "use https."
            )
        else:
            advice = (
                f"Give the key's user a role that may read {path.partition('/')[0]} (Shop "
                "manager), and the key the permission Read."
            )
        return AuthFailed(f"WooCommerce refused the key ({said}). {advice}", store=self._config.key)


def shop_root(config: StoreConfig) -> str:
    """Return the shop's address without slash, query and any /wp-json… a person pasted along."""
    url = config.base_url.strip()
    if "://" not in url:
        url = f"https://{url}"
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password:
        raise Permanent(
            "the base URL must look like https://shop.example, without a user name.",
            store=config.key,
        )
    path = parts.path.partition("/wp-json")[0].rstrip("/")
    return f"{parts.scheme.lower()}://{parts.netloc}{path}"


def _rows(body: bytes) -> list[msgspec.Raw]:
    """Split a list into its rows; raises ValueError when it is no list."""
    try:
        return ROWS.decode(body)
    except ValueError:
        rows = decode(body)
    if isinstance(rows, dict) and rows.keys() - {UNREADABLE} == {"data"}:
        # As Jetpack's tunnel wraps what it passes on.
        rows = rows["data"]
    if not isinstance(rows, list):
        raise NoListError("the answer is no list")
    # Printed anew, one by one: what the strict decoder stumbled over stays with its own record.
    return [msgspec.Raw(json.dumps(row, default=str).encode()) for row in rows]


def _error(response: Response) -> tuple[str, str]:
    """Return code and message of WordPress's error body, two empty texts without one."""
    try:
        body = response.json()
    except ValueError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    return str(body.get("code") or ""), str(body.get("message") or "")
