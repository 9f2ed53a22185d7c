"""The access token of one store: renewed ahead of its end, by one process for all.

A refresh token is replaced by its first use, so two processes that both spend it may leave the
store with a token nobody kept: shops had to be connected by hand again. Hence a renewal holds the
store's credentials, looks whether another process was quicker, and keeps what it got before
anybody sends it. Shopify takes the old refresh token until the new one is used, which covers a
process that dies in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from connectors.base import StoreConfig
from connectors.errors import AuthFailed, Transient
from connectors.http import HttpClient, Response
from connectors.services import CredentialVault
from connectors.shopify.grants import (
    EXPIRES_AT,
    Granted,
    noted_margin,
    read_grant,
    request_for,
    seconds_left,
    token_of,
)

_PATH: Final = "/admin/oauth/access_token"
_REFUSALS: Final = frozenset({400, 401, 403})
# A token that another process fetched is taken when it is good for this long at least.
_LEAST_SECONDS: Final = 30.0
# What is no secret among credentials, and must not be blanked out of sentences.
_OPEN: Final = frozenset({EXPIRES_AT})


def _now() -> datetime:
    return datetime.now(UTC)


class Tokens:
    """The access token of one store. Thread-safe.

    `vault`: where the store's credentials are kept; without one, what was renewed is kept in
    `credentials` alone. `clock`: seconds that never jump, for waiting; `now`: the time of day.
    """

    def __init__(
        self,
        config: StoreConfig,
        http: HttpClient,
        *,
        vault: CredentialVault | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._store = config.key
        self._http = http
        self._vault = vault
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._values: Mapping[str, str] = {}
        self._token = ""
        self._renew_at = float("inf")
        self._scopes: frozenset[str] | None = None
        self._take_noted(config.credentials)
        if not self._token and not self.can_renew:
            raise AuthFailed(
                "no credentials. Give `access_token` (shpat_…); or `client_id` and "
                "`client_secret` of an app of the Dev Dashboard, and its `refresh_token` where "
                "the app was installed through OAuth.",
                store=config.key,
            )

    def __repr__(self) -> str:
        return f"Tokens(store={self._store!r})"

    @property
    def can_renew(self) -> bool:
        """Whether another token can be had without a person; not with a static one alone."""
        return request_for(self._values, is_refused=True) is not None

    @property
    def credentials(self) -> Mapping[str, str]:
        """The store's credentials as they are now, renewals included."""
        with self._lock:
            return dict(self._values)

    @property
    def scopes(self) -> frozenset[str] | None:
        """What the token may do as its grant said, None when we did not fetch it ourselves."""
        return self._scopes

    def current(self) -> str:
        """Return a token that is good for a while, fetching one when needed.

        Raises AuthFailed saying what to do when Shopify gives none, Transient when it cannot.
        """
        with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                self._renew()
            return self._token

    def renew(self, refused: str) -> str:
        """Return another token than `refused`, fetching one unless somebody else just did."""
        with self._lock:
            if self._token == refused:
                self._renew()
            return self._token

    def _renew(self) -> None:
        if self._vault is None:
            granted = self._ask(self._values)
            self._take({**self._values, **granted.kept}, granted)
            return
        with self._vault.exclusive() as held:
            self._hide(held.values)
            if self._is_renewed(held.values):
                self._take_noted(held.values)
                return
            granted = self._ask(held.values)
            kept = {**held.values, **granted.kept}
            held.replace(kept)
            self._take(kept, granted)

    def _is_renewed(self, values: Mapping[str, str]) -> bool:
        """Tell whether another process, or a person, put a usable token there meanwhile."""
        token = token_of(values)
        if not token or token == self._token:
            return False
        return request_for(values) is None or seconds_left(values, self._now()) > _LEAST_SECONDS

    def _ask(self, values: Mapping[str, str]) -> Granted:
        form = request_for(values, is_refused=True)
        if form is None:
            raise AuthFailed(
                "Shopify refuses its access token, and there is none to take its place. Enter the "
                f"credentials again with `storeloom store add {self._store}`.",
                store=self._store,
            )
        answer = self._http.request(
            "POST",
            _PATH,
            content=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            accept=_REFUSALS,
            check=_require_json,
        )
        if answer.status in _REFUSALS:
            raise self._refusal(form["grant_type"], answer)
        granted = read_grant(answer.json(), values, self._now())
        if granted is None:
            raise Transient("Shopify's token answer holds no access_token.", store=self._store)
        self._hide(granted.kept)
        return granted

    def _refusal(self, grant_type: str, answer: Response) -> AuthFailed:
        said = f"{answer.status}{self._http.quote(answer)}"
        if grant_type == "client_credentials":
            text = (
                "Shopify gives no token for this client_id and client_secret. Check both; the app "
                "must belong to the same organization as the store and be installed on it. "
                f"({said})"
            )
        elif b"invalid_client" in answer.body or b"application_cannot_be_found" in answer.body:
            text = (
                "Shopify does not know this client_id and client_secret. Check both: the secret "
                f"may have been rotated. ({said})"
            )
        else:
            text = (
                "Shopify refuses the refresh token: it was not used for 90 days, was revoked, or "
                "the app was uninstalled. Install the app on the store again (authorize it anew) "
                f"and enter the new tokens with `storeloom store add {self._store}`. ({said})"
            )
        return AuthFailed(text, store=self._store)

    def _take_noted(self, values: Mapping[str, str]) -> None:
        """Use the token that is noted among credentials, until shortly before its noted end."""
        token = token_of(values)
        if not (token.isascii() and token.isprintable()):
            raise AuthFailed(
                "its access token holds characters that no token has. Copy it anew and run "
                f"`storeloom store add {self._store}`.",
                store=self._store,
            )
        self._values = dict(values)
        self._token = token
        self._renew_at = float("inf")
        if request_for(values) is not None:
            left = seconds_left(values, self._now()) - noted_margin(values)
            self._renew_at = self._clock() + left

    def _take(self, values: Mapping[str, str], granted: Granted) -> None:
        self._values = dict(values)
        self._token = granted.token
        self._scopes = granted.scopes
        self._renew_at = self._clock() + granted.life_seconds - granted.margin_seconds

    def _hide(self, values: Mapping[str, str]) -> None:
        self._http.hide(*(value for name, value in values.items() if name not in _OPEN))


def _require_json(response: Response) -> None:
    """Raise ValueError for an answer that is no JSON, which has it asked again."""
    response.json()
