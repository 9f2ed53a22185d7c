"""Files at the storage host, where Shopify leaves the results of bulk operations.

Another origin, so another client: one that knows no token. The signature in the link is all the
permission there is, and it dies; a refused link is therefore no reason to doubt the credentials.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from typing import Final

import httpx
import tenacity

from connectors.base import StoreConfig
from connectors.errors import StoreError, Transient
from connectors.redaction import silence_request_logs
from connectors.retry import wait_seconds
from connectors.transport import explain_failure, tls_context

_ATTEMPTS: Final = 5
_CHUNK_BYTES: Final = 1 << 18
_TIMEOUT_SECONDS: Final = 60.0
# The longest row seen is far below a megabyte; without an end, a broken file would fill the memory.
_LONGEST_LINE: Final = 1 << 26
_OK: Final = 200
# How storage hosts say that a signature is wrong or over, or that the file is gone.
_REFUSED: Final = frozenset({400, 401, 403, 404, 410})


class LinkRefused(Transient):
    """The link is not good any more: ask the operation for another."""


class Storage:
    """Downloads for one store; `calls` counts requests, retries included."""

    def __init__(self, config: StoreConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.calls = 0
        self._config = config
        self._sleep = sleep
        self._contexts: dict[str, ssl.SSLContext] = {}
        silence_request_logs()

    def read(self, url: str, take: Callable[[Iterator[bytes]], None]) -> None:
        """Hand the lines of the file at `url` to `take`, once more from the first when it breaks.

        Raises LinkRefused, Transient after retries, Permanent for plain http without `allow_http`.
        Nothing raised here shows the link.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, Transient) and not isinstance(error, LinkRefused)
            ),
            wait=wait_seconds,
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        retrying(lambda: self._attempt(url, take))

    def _attempt(self, url: str, take: Callable[[Iterator[bytes]], None]) -> None:
        self.calls += 1
        failure: StoreError | None = None
        host = "the storage host"
        scheme = url.partition("://")[0].lower()
        if scheme not in self._contexts:
            self._contexts[scheme] = tls_context(self._config, f"{scheme}://")
        try:
            host = httpx.URL(url).host
            with (
                httpx.Client(verify=self._contexts[scheme], timeout=_TIMEOUT_SECONDS) as client,
                client.stream("GET", url, headers={"User-Agent": "storeloom"}) as answer,
            ):
                self._check(answer.status_code, host)
                take(self._lines(answer.iter_bytes(_CHUNK_BYTES)))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # The library's own words may quote the link; the host is all that is to be shown.
            name = type(error).__name__
            failure = explain_failure(
                error, store=self._config.key, host=host, redact=lambda _: name
            )
        if failure is not None:
            raise failure

    def _check(self, status: int, host: str) -> None:
        if status == _OK:
            return
        kind = LinkRefused if status in _REFUSED else Transient
        raise kind(f"{host} answered {status} for a bulk result.", store=self._config.key)

    def _lines(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        rest = b""
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > _LONGEST_LINE:
                raise Transient("a row of a bulk result has no end.", store=self._config.key)
        if rest:
            yield rest
