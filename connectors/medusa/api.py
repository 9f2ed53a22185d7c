"""One call to Medusa's Admin API: the two ways in, and lists that must be what they claim to be.

Medusa ignores query parameters it does not know on some lists and answers the whole list, so every
answer is held to its shape here and to its filter by whoever asked.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from connectors.base import StoreConfig
from connectors.errors import AuthFailed, Permanent, Transient
from connectors.http import HttpClient, Response

Query = Sequence[tuple[str, str | int]]
_LOGIN: Final = "auth/user/emailpass"
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_PUBLISHABLE: Final = "pk_"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a list. `count`: how many there are under the filter, whatever the limit."""

    nodes: list[Any]
    count: int


class AdminApi:
    """Calls to one store's Admin API; logs in when first needed, unless there is a secret key."""

    def __init__(self, config: StoreConfig, http: HttpClient) -> None:
        self._config = config
        self._http = http
        self._bearer: str | None = None

    def listed(self, path: str, key: str, query: Query) -> Listed:
        """Return what GET /admin/<path> lists under `key`.

        Raises Permanent when the answer is no list of Medusa's, else as `HttpClient.request` does.
        """
        told = self._json(self._get(f"admin/{path}?{urlencode(query)}"), path)
        nodes, count = told.get(key), told.get("count")
        if not isinstance(nodes, list) or not isinstance(count, int):
            raise Permanent(
                f"/admin/{path} answered no list of {key}. Medusa 2 is needed; check the base URL.",
                store=self._config.key,
            )
        return Listed(nodes=nodes, count=count)

    def one(self, path: str, key: str, external_id: str, query: Query) -> Any | None:
        """Return one record, None when Medusa says that it has none of that id."""
        place = f"admin/{path}/{quote(external_id, safe='')}"
        response = self._get(f"{place}?{urlencode(query)}", accept=(_NOT_FOUND,))
        told = self._json(response, path)
        if response.status == _NOT_FOUND:
            if told.get("type") == "not_found":
                return None
            # A proxy's 404, or a route this version lacks: no word about the record.
            raise Permanent(
                f"/{place} answered 404 without saying what is missing"
                f"{self._http.quote(response)}. Check the store's base URL.",
                store=self._config.key,
            )
        found = told.get(key)
        if found is None:
            raise Permanent(f"/{place} answered without `{key}`.", store=self._config.key)
        return found

    def store(self) -> tuple[dict[str, Any], Response]:
        """Return the shop's own settings and the answer they came in."""
        query = urlencode([("fields", "id,name,*supported_currencies"), ("limit", 1)])
        response = self._get(f"admin/stores?{query}")
        stores = self._json(response, "stores").get("stores")
        if not isinstance(stores, list) or not stores or not isinstance(stores[0], dict):
            raise Permanent(
                "/admin/stores answered no store. Medusa 2 is needed; check the base URL.",
                store=self._config.key,
            )
        return stores[0], response

    def _get(self, path: str, *, accept: tuple[int, ...] = ()) -> Response:
        is_fresh = self._bearer is None
        answer = self._send(path, (*accept, _UNAUTHORIZED))
        if answer.status == _UNAUTHORIZED and not is_fresh:
            # Tokens last a day, and less where the shop's secret was changed.
            self._bearer = None
            answer = self._send(path, (*accept, _UNAUTHORIZED))
        if answer.status == _UNAUTHORIZED:
            raise AuthFailed(
                f"Medusa refused the credentials{self._http.quote(answer)}. Make a secret key "
                "(sk_…) under Settings, Secret API Keys and set it as `api_key`, or check "
                "`email` and `password`.",
                store=self._config.key,
            )
        return answer

    def _send(self, path: str, accept: tuple[int, ...]) -> Response:
        headers = {"Authorization": self._authorization()}
        return self._http.request("GET", path, headers=headers, accept=accept)

    def _authorization(self) -> str:
        key = self._config.credentials.get("api_key")
        if not key:
            return f"Bearer {self._token()}"
        if key.startswith(_PUBLISHABLE):
            raise AuthFailed(
                "the `api_key` is a publishable one (pk_…), which opens the storefront only. Make "
                "a secret key (sk_…) under Settings, Secret API Keys.",
                store=self._config.key,
            )
        return "Basic " + base64.b64encode(f"{key}:".encode()).decode()

    def _token(self) -> str:
        if self._bearer is None:
            self._bearer = self._log_in()
        return self._bearer

    def _log_in(self) -> str:
        credentials = self._config.credentials
        email, password = credentials.get("email"), credentials.get("password")
        if not email or not password:
            raise AuthFailed(
                "neither `api_key` nor `email` and `password` are set: add one of them to the "
                "store's credentials.",
                store=self._config.key,
            )
        answer = self._http.request(
            "POST", _LOGIN, json={"email": email, "password": password}, accept=(_UNAUTHORIZED,)
        )
        token = self._json(answer, _LOGIN).get("token")
        if answer.status == _UNAUTHORIZED or not isinstance(token, str) or not token:
            raise AuthFailed(
                f"Medusa refused `email` and `password`{self._http.quote(answer)}. Check them; "
                "a user of the admin is needed, no customer.",
                store=self._config.key,
            )
        self._http.hide(token)
        return token

    def _json(self, response: Response, path: str) -> dict[str, Any]:
        try:
            told = response.json()
        except ValueError:
            told = None
        if isinstance(told, dict):
            return told
        if response.status in (_UNAUTHORIZED, _NOT_FOUND):
            return {}
        raise Transient(
            f"/{path} answered no JSON object{self._http.quote(response)}.", store=self._config.key
        )
