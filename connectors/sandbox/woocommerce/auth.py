"""Who may read: Basic over https, OAuth 1.0a over plain http, as WooCommerce has it.

Over http a Basic header is not even looked at, so the answer is "cannot view" and not "wrong key":
people took that 401 for a permission problem for years.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

from oauthlib.oauth1.rfc5849 import signature

WINDOW_SECONDS = 15 * 60
_REQUIRED = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)


class Refused(Exception):
    """The request is answered with `status` and WordPress's error body."""

    def __init__(self, status: int, code: str, message: str, **data: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


@dataclass(frozen=True)
class Asked:
    """What of a request decides about access."""

    method: str
    scheme: str
    host: str
    path: str
    query: str
    authorization: str


class Gate:
    """Checks the one key pair of a store; remembers the nonces it has seen."""

    def __init__(self, consumer_key: str, consumer_secret: str) -> None:
        self._key = consumer_key
        self._secret = consumer_secret
        self._nonces: dict[str, int] = {}

    def check(self, asked: Asked, now: int) -> None:
        """Raise Refused unless the request carries good credentials for its scheme."""
        if asked.method == "OPTIONS":
            # How a route describes itself is public.
            return
        parameters = parse_qsl(asked.query, keep_blank_values=True)
        if asked.scheme == "https":
            self._check_basic(asked.authorization, dict(parameters))
        else:
            self._check_oauth(asked, parameters, now)
        if asked.method not in ("GET", "HEAD"):
            raise Refused(
                401,
                "woocommerce_rest_authentication_error",
                "The API key provided does not have write permissions.",
            )

    def _check_basic(self, authorization: str, query: Mapping[str, str]) -> None:
        key, secret = _basic(authorization)
        if not key:
            key = query.get("consumer_key", "")
            secret = query.get("consumer_secret", "")
        if not key:
            raise Refused(401, "woocommerce_rest_authentication_error", "Consumer key is missing.")
        self._check_key(key)
        if not hmac.compare_digest(secret.encode(), self._secret.encode()):
            raise Refused(
                401, "woocommerce_rest_authentication_error", "Consumer secret is invalid."
            )

    def _check_oauth(self, asked: Asked, query: list[tuple[str, str]], now: int) -> None:
        signed = query + [pair for pair in _oauth_header(asked.authorization) if pair[0] != "realm"]
        oauth = {name: value for name, value in signed if name.startswith("oauth_")}
        if not oauth:
            raise Refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        missing = [name for name in _REQUIRED if not oauth.get(name)]
        if missing:
            raise Refused(
                401,
                "woocommerce_rest_authentication_missing_parameter",
                f"Missing OAuth parameter {', '.join(missing)}",
            )
        self._check_key(oauth["oauth_consumer_key"])
        self._check_signature(asked, signed, oauth)
        self._check_freshness(oauth, now)

    def _check_key(self, key: str) -> None:
        if not hmac.compare_digest(key.encode(), self._key.encode()):
            raise Refused(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")

    def _check_signature(
        self, asked: Asked, signed: list[tuple[str, str]], oauth: Mapping[str, str]
    ) -> None:
        base = signature.signature_base_string(
            cast(Any, asked.method),  # the stubs know nine words, a server hears any
            signature.base_string_uri(f"{asked.scheme}://{asked.host}{asked.path}"),
            # The stubs say dict; pairs are what oauthlib itself passes, as names may repeat.
            signature.normalize_parameters(
                cast(Any, [pair for pair in signed if pair[0] != "oauth_signature"])
            ),
        )
        signers = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
        method = oauth["oauth_signature_method"].upper()
        if method not in signers:
            raise Refused(
                401,
                "woocommerce_rest_authentication_error",
                "Invalid signature - signature method is invalid.",
            )
        # RFC 5849: both secrets joined by "&"; a one-legged client has no token secret.
        key = f"{self._secret}&".encode()
        expected = base64.b64encode(hmac.digest(key, base.encode(), signers[method])).decode()
        if not hmac.compare_digest(expected.encode(), oauth["oauth_signature"].encode()):
            raise Refused(
                401,
                "woocommerce_rest_authentication_error",
                "Invalid signature - provided signature does not match.",
            )

    def _check_freshness(self, oauth: Mapping[str, str], now: int) -> None:
        stamp = oauth["oauth_timestamp"]
        if not stamp.isdigit() or abs(int(stamp) - now) > WINDOW_SECONDS:
            raise Refused(401, "woocommerce_rest_authentication_error", "Invalid timestamp.")
        nonce = oauth["oauth_nonce"]
        if nonce in self._nonces:
            raise Refused(
                401,
                "woocommerce_rest_authentication_error",
                "Invalid nonce - nonce has already been used.",
            )
        self._nonces[nonce] = now
        # Oldest first, as dicts keep their order; a nonce outside the window cannot come again.
        while (oldest := next(iter(self._nonces))) and (
            self._nonces[oldest] < now - 2 * WINDOW_SECONDS
        ):
            del self._nonces[oldest]


def _basic(authorization: str) -> tuple[str, str]:
    """Return user and password of a Basic header, two empty strings for anything else."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _oauth_header(authorization: str) -> list[tuple[str, str]]:
    """Return the parameters of an `Authorization: OAuth …` header, [] for anything else."""
    kind, _, rest = authorization.partition(" ")
    if kind.lower() != "oauth":
        return []
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return [(unquote(name), unquote(value.strip('"'))) for name, _, value in pairs if name]
