"""Connections to a store: how far they are trusted, and what their failures mean.

An unknown host or a bad certificate will not get better by trying again and gets a sentence on
what to set; a reset or a time-out may pass. httpx folds all of these into a few classes, so the
cause underneath decides.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx

from connectors.base import StoreConfig
from connectors.errors import AnswerTooLarge, Permanent, StoreError, TimedOut, Transient

# Several pages are held at once, each decoded into some times its size. A hundred honest records
# are a hundredth of this; a page of larger ones is asked for again in smaller pages.
LARGEST_ANSWER: Final = 128 * 1024 * 1024


def tls_context(config: StoreConfig, base_url: str) -> ssl.SSLContext:
    """Return a verifying context for the store, with its private CA where `ca_file` names one.

    Raises Permanent for plain http without `allow_http`, other schemes, and an unreadable CA file.
    """
    scheme = base_url.partition("://")[0].lower()
    if scheme == "http":
        if not config.settings.get("allow_http"):
            raise Permanent(
                "plain http is refused, since anybody on the way could read its customers: use "
                "https, or set `allow_http` to true in the store's settings.",
                store=config.key,
            )
        # Never used: a bare context costs nothing, while reading the CA bundle costs 20 ms.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if scheme != "https":
        raise Permanent(
            f"the base URL must begin with https://, not {scheme[:20]!r}.", store=config.key
        )
    context = httpx.create_ssl_context()
    ca_file = config.settings.get("ca_file")
    if ca_file:
        try:
            context.load_verify_locations(cafile=Path(str(ca_file)).expanduser())
        except (OSError, ssl.SSLError) as error:
            raise Permanent(
                f"`ca_file` {ca_file} cannot be used ({error}): give the path of a PEM file.",
                store=config.key,
            ) from error
    return context


def read_body(answer: httpx.Response, *, deadline: float, largest: int, store: str) -> bytes:
    """Return the whole body of a streamed answer, unpacked.

    Raises AnswerTooLarge beyond `largest` bytes, httpx.ReadTimeout when it drips on beyond
    `deadline` (of the monotonic clock), and what the transport raises.
    """
    chunks: list[bytes] = []
    size = 0
    for chunk in answer.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > largest:
            raise AnswerTooLarge(
                f"{answer.request.method} {answer.request.url.path} answers more than "
                f"{largest // 1024**2:,} MB at once. Lower `page_size` in its settings; if a "
                "single record is that large, correct it in the store.",
                store=store,
            )
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer did not end in time", request=answer.request)
    return b"".join(chunks)


def explain_failure(
    error: Exception, *, store: str, host: str, redact: Callable[[str], str]
) -> StoreError:
    """Turn a failure of the transport into the error that says whether and what to try."""
    for cause in _causes(error):
        refusal = _lasting(cause, host)
        if refusal is not None:
            return Permanent(refusal, store=store)
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        # The library quotes the offending header or URL here, which may be the secret itself.
        return Permanent(
            f"the request to {host} cannot be formed ({type(error).__name__}). Check base URL and "
            "credentials for stray spaces and line breaks.",
            store=store,
        )
    if isinstance(error, httpx.TimeoutException):
        # A connection that is not made in time says nothing about what was asked for.
        slow = Transient if isinstance(error, httpx.ConnectTimeout) else TimedOut
        return slow(f"{host} did not answer in time. The next run will try again.", store=store)
    if isinstance(error, httpx.ConnectError):
        return Transient(
            f"cannot connect to {host} ({redact(str(error))}). Check that the address and port "
            "are right and the store is up.",
            store=store,
        )
    return Transient(
        f"the connection to {host} broke ({redact(str(error))}). The next run will try again.",
        store=store,
    )


def _lasting(cause: BaseException, host: str) -> str | None:
    """Say what to do about a cause that waiting will not cure, None when it may pass."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {host} cannot be trusted ({cause.verify_message}). Correct it, or "
            "name the private CA's PEM file in the setting `ca_file`."
        )
    if isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return None
    if isinstance(cause, ssl.SSLError):
        return (
            f"{host} does not speak proper TLS ({cause.reason or 'handshake failed'}). Check the "
            "base URL's scheme and port."
        )
    if isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN:
        return f"unknown host {host}. Check the spelling of the base URL."
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
