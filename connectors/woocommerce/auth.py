"""How WooCommerce wants to be shown a key: three ways, depending on the road.

Over https it takes HTTP Basic, and the query string where the web server drops the Authorization
header. Over plain http it ignores both, answers "cannot view" as if the key lacked a permission,
and wants an OAuth 1.0a signature, whose timestamp may be fifteen minutes off and no more.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Generator
from datetime import UTC, datetime
from enum import Enum
from typing import Any, cast

import httpx
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY, Client


class Way(Enum):
    """Where the key goes."""

    BASIC = "basic"
    QUERY = "query"
    SIGNED = "signed"


class KeyAuth(httpx.Auth):
    """Puts one key pair on every request; shared by all threads of a connector."""

    def __init__(self, key: str, secret: str, *, is_https: bool) -> None:
        self._key = key
        self._secret = secret
        self.way = Way.BASIC if is_https else Way.SIGNED
        self._clock_offset_seconds = 0.0

    def __repr__(self) -> str:
        return f"KeyAuth({self.way.value})"

    def set_clock(self, server_time: datetime) -> None:
        """Sign with the store's clock from now on: ours, or its, is wrong."""
        self._clock_offset_seconds = (server_time - datetime.now(UTC)).total_seconds()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the key to `request`, anew for each attempt: a nonce is taken only once."""
        if self.way is Way.BASIC:
            pair = b64encode(f"{self._key}:{self._secret}".encode()).decode()
            request.headers["Authorization"] = f"Basic {pair}"
        elif self.way is Way.QUERY:
            request.url = request.url.copy_merge_params(
                {"consumer_key": self._key, "consumer_secret": self._secret}
            )
        else:
            request.url = httpx.URL(self._signed(request.method, str(request.url)))
        yield request

    def _signed(self, method: str, url: str) -> str:
        signer = Client(
            self._key,
            client_secret=self._secret,
            signature_method=SIGNATURE_HMAC_SHA256,
            signature_type=SIGNATURE_TYPE_QUERY,
            timestamp=str(int(time.time() + self._clock_offset_seconds)),
        )
        # The stubs list the methods there are; httpx gives any text.
        return str(signer.sign(url, http_method=cast(Any, method))[0])
