"""What the credentials of a Shopify store are, and what the token endpoint makes of them; pure.

Three kinds: a static token of an app made in the shop's admin, the client credentials of an app of
the store's own organization (a token lives 24 hours), and an offline token of 60 minutes with a
refresh token that is replaced each time it is used. Source: shopify.dev, "Offline access tokens",
"Client credentials grant"; both grants are `POST /admin/oauth/access_token`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from connectors.errors import BadRecord
from connectors.values import utc_time

Values = Mapping[str, str]

TOKEN: Final = "access_token"  # noqa: S105 - the name of a credential
EXPIRES_AT: Final = "access_token_expires_at"
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - the name of a credential
_APP: Final = ("client_id", "client_secret")
# Renewed when a tenth of its life is left, at most ten minutes before the end.
_MARGIN_SHARE: Final = 0.1
_MARGIN_SECONDS: Final = 600.0
_CLIENT_LIFE_SECONDS: Final = 86_399.0
_OFFLINE_LIFE_SECONDS: Final = 3_600.0


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the token endpoint; never shown.

    `life_seconds`: from now until its end. `kept`: what of it belongs to the store's credentials.
    `scopes`: None when the answer does not tell.
    """

    token: str
    life_seconds: float
    kept: Values
    scopes: frozenset[str] | None

    def __repr__(self) -> str:
        return "Granted()"

    @property
    def margin_seconds(self) -> float:
        """How long before its end it is renewed."""
        return _margin(self.life_seconds)


def token_of(values: Values) -> str:
    """Return the access token among `values`, "" without one."""
    return values.get(TOKEN, "").strip()


def request_for(values: Values, *, is_refused: bool = False) -> dict[str, str] | None:
    """Return the form that has the token endpoint give a new token, None where it cannot.

    An access token beside client id and secret is one of ours when its end is noted, else one that
    somebody entered: it is not put aside unasked, only once it `is_refused`.
    """
    app = {name: values.get(name, "").strip() for name in _APP}
    if not all(app.values()):
        return None
    refresh_token = values.get(REFRESH_TOKEN, "").strip()
    if refresh_token:
        return {"grant_type": "refresh_token", **app, "refresh_token": refresh_token}
    if token_of(values) and EXPIRES_AT not in values and not is_refused:
        return None
    return {"grant_type": "client_credentials", **app}


def seconds_left(values: Values, now: datetime) -> float:
    """Return how long the noted access token is good, 0 when its end is not noted."""
    noted = values.get(EXPIRES_AT, "").strip()
    try:
        end = (
            datetime.fromtimestamp(int(noted), UTC)
            if noted.isdigit()
            else utc_time(noted, EXPIRES_AT)
        )
    except (BadRecord, ValueError, OverflowError, OSError):
        # Somebody typed it: unreadable is as good as absent, and a renewal sets it right.
        return 0.0
    return (end - now).total_seconds() if end else 0.0


def noted_margin(values: Values) -> float:
    """Return how long before its end a token is renewed whose life is not known any more."""
    return _margin(_usual_life(values))


def read_grant(answer: Any, values: Values, now: datetime) -> Granted | None:
    """Read the token endpoint's answer to `request_for(values)`; None without a token in it.

    An answer once came without `expires_in`; taken for a token without an end, it was never
    renewed again. A refresh token that is not answered stays the one it was.
    """
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.strip() or not token.isascii():
        return None
    life = answer.get("expires_in")
    is_number = isinstance(life, int) and not isinstance(life, bool) and life > 0
    life_seconds = min(float(life), 366 * 86_400.0) if is_number else _usual_life(values)
    end = now + timedelta(seconds=life_seconds)
    kept = {TOKEN: token.strip(), EXPIRES_AT: end.strftime("%Y-%m-%dT%H:%M:%SZ")}
    refresh_token = answer.get("refresh_token")
    if isinstance(refresh_token, str) and refresh_token.strip():
        kept[REFRESH_TOKEN] = refresh_token.strip()
    return Granted(
        token=token.strip(),
        life_seconds=life_seconds,
        kept=kept,
        scopes=_scopes(answer.get("scope")),
    )


def with_implied(handles: frozenset[str]) -> frozenset[str]:
    """Return the scopes and those they contain: `write_…` lets read, and is listed alone."""
    implied = {
        f"read_{handle.removeprefix('write_')}" for handle in handles if handle.startswith("write_")
    }
    return handles | implied


def _scopes(value: Any) -> frozenset[str] | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return with_implied(frozenset(value.replace(",", " ").split()))


def _usual_life(values: Values) -> float:
    return _OFFLINE_LIFE_SECONDS if values.get(REFRESH_TOKEN) else _CLIENT_LIFE_SECONDS


def _margin(life_seconds: float) -> float:
    return min(life_seconds * _MARGIN_SHARE, _MARGIN_SECONDS)
