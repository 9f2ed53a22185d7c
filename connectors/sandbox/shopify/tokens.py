"""Access tokens: one that never expires, and short ones for a client id and secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from connectors.sandbox.spec import SandboxSpec


class Tokens:
    """Knows which tokens are good, and until when."""

    def __init__(self, credentials: Mapping[str, str], spec: SandboxSpec) -> None:
        self._credentials = credentials
        self.lifetime_seconds = spec.token_lifetime_seconds
        self._expires_at: dict[str, int] = {}
        self.issued = 0

    def is_good(self, token: str, now: int) -> bool:
        """Whether `token` opens the store at `now`."""
        if hmac.compare_digest(token.encode(), self._credentials["access_token"].encode()):
            return True
        return self._expires_at.get(token, 0) > now

    def issue(self, client_id: str, client_secret: str, now: int) -> str | None:
        """Return a fresh token for the app's own id and secret, None for others."""
        is_known = hmac.compare_digest(
            client_id.encode(), self._credentials["client_id"].encode()
        ) and hmac.compare_digest(
            client_secret.encode(), self._credentials["client_secret"].encode()
        )
        if not is_known:
            return None
        self.issued += 1
        made = hashlib.sha256(f"{client_secret}/{self.issued}".encode()).hexdigest()
        token = f"shpat_{made[:32]}"
        self._expires_at[token] = now + self.lifetime_seconds
        return token
