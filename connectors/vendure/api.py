"""One call to Vendure's Admin API: the session, and the errors that arrive inside HTTP 200.

A session can end at any moment (its server's restart, a log-out elsewhere) and Vendure says so with
the same FORBIDDEN, status 200, as for a permission the user never had. So the first one is answered
by logging in again, and only the second is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.errors import AuthFailed, Permanent, Transient
from connectors.http import HttpClient, Response
from connectors.vendure.documents import document

TOKEN_HEADER: Final = "vendure-auth-token"  # noqa: S105 - the name of a header, not a secret
API_KEY_HEADER: Final = "vendure-api-key"
CHANNEL_HEADER: Final = "vendure-token"
DEFAULT_PATH: Final = "admin-api"
_BAD_REQUEST: Final = 400
_REFUSED: Final = frozenset({"FORBIDDEN", "UNAUTHORIZED"})
# An error this deep (root, "items", index) belongs to one record.
_RECORD_DEPTH: Final = 3
# What an unexpected failure of the server looks like; database errors come without any code.
_PASSING: Final = frozenset({"", "INTERNAL_SERVER_ERROR"})
# The permission each document needs, any one of them, as the shop's role editor names them.
PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": ("ReadCustomer",),
    "customer_ids": ("ReadCustomer",),
    "variants": ("ReadCatalog", "ReadProduct"),
    "variant_ids": ("ReadCatalog", "ReadProduct"),
    "changes_of_products": ("ReadCatalog", "ReadProduct"),
    "orders": ("ReadOrder",),
    "order_ids": ("ReadOrder",),
}


class RecordFailed(Transient):
    """The server could not answer for one record, and so for none of its page.

    `said`: its words, without secrets.
    """

    def __init__(self, message: str, *, store: str, said: str) -> None:
        super().__init__(message, store=store)
        self.said = said


class PermissionMissing(AuthFailed):
    """The credentials are good but do not open a list. `wanted`: as the role editor names it."""

    def __init__(self, message: str, *, store: str, wanted: str) -> None:
        super().__init__(message, store=store)
        self.wanted = wanted


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one document returned. `server_time`: the shop's clock, None without a Date header."""

    data: Mapping[str, Any]
    server_time: datetime | None


class AdminApi:
    """Calls to one store's Admin API; logs in when first needed."""

    def __init__(self, config: StoreConfig, http: HttpClient) -> None:
        self._config = config
        self._http = http
        self._path = str(config.settings.get("admin_api_path") or DEFAULT_PATH)
        self._bearer: str | None = None

    def run(self, name: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """Execute `queries/<name>.graphql`.

        Raises AuthFailed for a refused login or a missing permission, Permanent for what the shop
        does not know, Transient for its passing troubles.
        """
        return self._run(name, document(name), variables or {})

    def run_text(self, text: str, variables: Mapping[str, Any], *, name: str) -> Mapping[str, Any]:
        """Execute a document made by the caller, as `run`; return its data.

        `name`: the document of `queries/` whose permission it needs.
        """
        return self._run(name, text, variables).data

    def _run(self, name: str, text: str, variables: Mapping[str, Any]) -> Answer:
        may_log_in = not self._config.credentials.get("api_token")
        has_fresh_session = may_log_in and self._bearer is None
        if has_fresh_session:
            self._log_in()
        answer, code, said = self._call(name, text, variables)
        if code in _REFUSED and may_log_in and not has_fresh_session:
            self._log_in()
            answer, code, said = self._call(name, text, variables)
        if code in _REFUSED:
            raise self._refused(name)
        if code is not None or answer is None:
            raise self._permanent(name, code, said)
        return answer

    def _log_in(self) -> None:
        self._bearer = None
        credentials = self._config.credentials
        username, password = credentials.get("username"), credentials.get("password")
        if not username or not password:
            raise AuthFailed(
                "no credentials: give `username` and `password` of an administrator of the shop, "
                "or `api_token`.",
                store=self._config.key,
            )
        response, answer, code, said = self._post(
            "login", document("login"), {"username": username, "password": password}
        )
        if answer is None:
            raise self._permanent("login", code, said)
        outcome = answer.data.get("login") or {}
        if outcome.get("__typename") != "CurrentUser":
            told = self._http.redact(str(outcome.get("message") or "no reason given"))
            raise AuthFailed(
                f"Vendure refused the login ({told}). Check `username` and `password`: they belong "
                "to an administrator of the shop, not to a customer. Then run "
                f"`storeloom store check {self._config.key}`.",
                store=self._config.key,
            )
        self._bearer = response.headers.get(TOKEN_HEADER) or None
        if self._bearer is None:
            raise AuthFailed(
                "the login succeeded but brought no token: the shop only knows cookies. Add "
                '"bearer" to `authOptions.tokenMethod` in its configuration, or give an '
                "`api_token`.",
                store=self._config.key,
            )

    def _call(
        self, name: str, text: str, variables: Mapping[str, Any]
    ) -> tuple[Answer | None, str | None, str]:
        _, answer, code, said = self._post(name, text, variables)
        return answer, code, said

    def _post(
        self, name: str, text: str, variables: Mapping[str, Any]
    ) -> tuple[Response, Answer | None, str | None, str]:
        """Send one document; return its data, else None with the first error's code and text."""
        told: list[Any] = []
        failed: list[str] = []

        def check(response: Response) -> None:
            told[:] = [response.json()]
            code, message = _first_error(told[0])
            failed.clear()
            if code in _PASSING and _is_about_a_record(told[0]):
                # Not asked again here: the same page would fail the same way.
                failed.append(self._http.redact(message)[:300])
            elif code in _PASSING:
                raise Transient(
                    f"{name}: Vendure failed ({self._http.redact(message)}). The next run will try "
                    "again; the shop's log says more.",
                    store=self._config.key,
                )

        response = self._http.request(
            "POST",
            self._path,
            json={"query": text, "variables": variables},
            headers=self._headers(),
            accept={_BAD_REQUEST},
            check=check,
        )
        if failed:
            raise RecordFailed(
                f"{name}: Vendure cannot answer for one record ({failed[0]}). Its log says more.",
                store=self._config.key,
                said=failed[0],
            )
        body = response.json() if response.status == _BAD_REQUEST else told[0]
        code, message = _first_error(body)
        if code is not None or not isinstance(body, dict) or not isinstance(body.get("data"), dict):
            return response, None, code or "NO_DATA", message
        return response, Answer(data=body["data"], server_time=response.server_time), None, ""

    def _headers(self) -> dict[str, str]:
        headers = {}
        api_token = self._config.credentials.get("api_token")
        if api_token:
            headers[API_KEY_HEADER] = api_token
        elif self._bearer:
            headers["Authorization"] = f"Bearer {self._bearer}"
        channel = self._config.settings.get("channel_token")
        if channel:
            headers[CHANNEL_HEADER] = str(channel)
        return headers

    def _refused(self, name: str) -> AuthFailed:
        check = f"then run `storeloom store check {self._config.key}`"
        wanted = " or ".join(PERMISSIONS.get(name, ()))
        if not wanted:
            return AuthFailed(
                f"Vendure refused the credentials. Check the `api_token`, {check}.",
                store=self._config.key,
            )
        return PermissionMissing(
            f"Vendure refused to list {name.removesuffix('_ids')}. Add the permission {wanted} to "
            f"a role of that user or API key, in the store's channel, {check}.",
            store=self._config.key,
            wanted=wanted,
        )

    def _permanent(self, name: str, code: str | None, said: str) -> Permanent:
        said = self._http.redact(said)[:300]
        remedies = {
            "CHANNEL_NOT_FOUND": "Check `channel_token` in the store's settings.",
            "GRAPHQL_VALIDATION_FAILED": "Vendure 3.0 or newer is needed.",
            "NO_DATA": "Check that the base URL is the shop's address and `admin_api_path` its "
            "Admin API.",
        }
        remedy = remedies.get(code or "", "Check the store's settings.")
        return Permanent(f"{name}: {code} ({said}). {remedy}", store=self._config.key)


def _first_error(body: Any) -> tuple[str | None, str]:
    """Return code ("" when it has none) and message of the first GraphQL error, None without."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors:
        return None, ""
    first = errors[0] if isinstance(errors[0], dict) else {}
    extensions = first.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return str(code or ""), str(first.get("message") or "")


def _is_about_a_record(body: Any) -> bool:
    path = body["errors"][0].get("path") if isinstance(body["errors"][0], dict) else None
    return isinstance(path, list) and len(path) >= _RECORD_DEPTH and path[1] == "items"
