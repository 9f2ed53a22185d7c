"""Access tokens: one that never expires, short ones for an app, and those with a refresh token.

As Shopify documents it: a refresh token is replaced by its use, yet goes on working until its
replacement is used, and only the newest access token of that kind opens the store.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Mapping
from typing import Any, Final

from connectors.sandbox.spec import SandboxSpec

OFFLINE_SECONDS: Final = 3_600
_REFRESH_SECONDS: Final = 90 * 86_400
Json = dict[str, Any]


class Tokens:
    """Knows which tokens are good, and until when. `issued`: how many it has given out."""

    def __init__(self, credentials: Mapping[str, str], spec: SandboxSpec) -> None:
        self._credentials = credentials
        self._scope = ",".join(spec.scopes)
        self._lock = threading.Lock()
        self.lifetime_seconds = spec.token_lifetime_seconds
        self._expires_at: dict[str, int] = {}
        # The refresh tokens that work: the newest, and its predecessor until the newest is used.
        self._refresh_tokens = [credentials["refresh_token"]]
        self._offline_token = ""
        self.issued = 0

    def is_good(self, token: str, now: int) -> bool:
        """Whether `token` opens the store at `now`."""
        if hmac.compare_digest(token.encode(), self._credentials["access_token"].encode()):
            return True
        return self._expires_at.get(token, 0) > now

    def answer(self, form: Mapping[str, str], now: int) -> tuple[int, Json]:
        """Return status and body for a request to the token endpoint."""
        if not self._is_our_app(form):
            return _refused("invalid_client", "Client authentication failed")
        with self._lock:
            if form.get("grant_type") == "client_credentials":
                token = self._issue(now, self.lifetime_seconds)
                return 200, {
                    "access_token": token,
                    "scope": self._scope,
                    "expires_in": self.lifetime_seconds,
                }
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form.get("refresh_token", ""), now)
        return _refused("unsupported_grant_type", "The grant type is not supported")

    def revoke(self, *, is_uninstalled: bool = False) -> None:
        """Have every fetched access token refused; refresh tokens too once it `is_uninstalled`."""
        with self._lock:
            self._expires_at.clear()
            if is_uninstalled:
                self._refresh_tokens.clear()

    def _refresh(self, refresh_token: str, now: int) -> tuple[int, Json]:
        if refresh_token not in self._refresh_tokens:
            return _refused("invalid_grant", "The refresh token is invalid or expired")
        lifetime = min(self.lifetime_seconds, OFFLINE_SECONDS)
        self._expires_at.pop(self._offline_token, None)
        self._offline_token = self._issue(now, lifetime)
        fresh = f"shprt_{self._digest('refresh')}"
        self._refresh_tokens = [refresh_token, fresh]
        return 200, {
            "access_token": self._offline_token,
            "scope": self._scope,
            "expires_in": lifetime,
            "refresh_token": fresh,
            "refresh_token_expires_in": _REFRESH_SECONDS,
        }

    def _issue(self, now: int, lifetime_seconds: int) -> str:
        self.issued += 1
        token = f"shpat_{self._digest('access')}"
        self._expires_at[token] = now + lifetime_seconds
        return token

    def _digest(self, what: str) -> str:
        seed = f"{self._credentials['client_secret']}/{what}/{self.issued}"
        return hashlib.sha256(seed.encode()).hexdigest()[:32]

    def _is_our_app(self, form: Mapping[str, str]) -> bool:
        return all(
            hmac.compare_digest(form.get(name, "").encode(), self._credentials[name].encode())
            for name in ("client_id", "client_secret")
        )


def _refused(error: str, description: str) -> tuple[int, Json]:
    return 400, {"error": error, "error_description": description}
