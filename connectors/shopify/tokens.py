"""Access tokens: the static one of an app made in the shop's admin, or one we fetch for a day.

Apps of the Dev Dashboard get theirs by the client credentials grant; it lives 24 hours, and a
sync may well begin in the 24th. So it is renewed ahead of its end, by one thread for all, and once
more when the store refuses it although its time is not up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from connectors.base import StoreConfig
from connectors.errors import AuthFailed, Permanent, Transient
from connectors.http import HttpClient

_PATH: Final = "/admin/oauth/access_token"
# Renewed when a tenth of its life is left, at most ten minutes before the end.
_MARGIN_SHARE: Final = 0.1
_MARGIN_SECONDS: Final = 600.0
_DEFAULT_LIFE_SECONDS: Final = 86_399


class Tokens:
    """The access token of one store. Thread-safe."""

    def __init__(
        self,
        config: StoreConfig,
        http: HttpClient,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._token = config.credentials.get("access_token", "").strip()
        self._renew_at = float("inf")
        names = ("client_id", "client_secret")
        self.can_renew = not self._token and all(config.credentials.get(name) for name in names)
        if not self._token and not self.can_renew:
            raise AuthFailed(
                "no credentials. Give `access_token` (shpat_…), or `client_id` and "
                "`client_secret` of an app of the Dev Dashboard.",
                store=config.key,
            )

    def __repr__(self) -> str:
        return f"Tokens(store={self._config.key!r})"

    def current(self) -> str:
        """Return a token that is good for a while, fetching one when needed."""
        with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                self._fetch()
            return self._token

    def renew(self, refused: str) -> str:
        """Return another token than `refused`, fetching one unless another thread just did."""
        with self._lock:
            if self._token == refused:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._config.credentials["client_id"],
            "client_secret": self._config.credentials["client_secret"],
        }
        try:
            answer = self._http.request(
                "POST",
                _PATH,
                content=urlencode(form).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ).json()
        except Permanent as error:
            raise AuthFailed(
                "Shopify gives no token for this client_id and client_secret. Check both; the "
                "app must belong to the same organization as the store and be installed on it. "
                f"({str(error).removeprefix(self._prefix)})",
                store=self._config.key,
            ) from None
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise Transient("Shopify's token answer holds no access_token.", store=self._config.key)
        life = _seconds(answer.get("expires_in"))
        margin = min(life * _MARGIN_SHARE, _MARGIN_SECONDS)
        self._token = token
        self._renew_at = self._clock() + life - margin

    @property
    def _prefix(self) -> str:
        return f'store "{self._config.key}": '


def _seconds(value: Any) -> float:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return float(value if is_number else _DEFAULT_LIFE_SECONDS)
