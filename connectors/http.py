"""The one HTTP client every connector speaks through.

It owns what is the same for all stores: verified TLS, time-outs, retries with jitter inside a time
budget, Retry-After, and messages that name the store and the next step but never a secret. A job
once repeated a 405 more than five thousand times, so only failures that can pass are tried again,
and an answer that was cut short is a failure, not a short answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx
import msgspec
import tenacity

from connectors.base import StoreConfig
from connectors.decoding import TruncatedJsonError, decode, json_part
from connectors.errors import AuthFailed, Permanent, StoreError, Throttled, TimedOut, Transient
from connectors.redaction import Redactor, silence_request_logs
from connectors.retry import http_time, may_pass, retry_after, wait_seconds
from connectors.transport import LARGEST_ANSWER, explain_failure, read_body, tls_context

__all__ = ["HttpClient", "Response", "TruncatedJsonError", "decode", "json_part"]

Parameters = Mapping[str, str | int]
# Passing troubles: the origin's, and the 52x a proxy in front of it answers in its place.
_TRANSIENT: Final = frozenset({408, 425, 500, 502, 503, 504, 508, *range(520, 525)})
# The store, or the proxy before it, gave up waiting: asking for less may help.
_TIMED_OUT: Final = frozenset({408, 504, 524})
_TOO_MANY: Final = 429
_SHOWN_BODY: Final = 300
_CONNECT_SECONDS: Final = 10.0


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """Decode the body; raises ValueError when it is not JSON."""
        return decode(self.body)

    @property
    def server_time(self) -> datetime | None:
        """The store's clock as the Date header states it, None without a readable one."""
        return http_time(self.headers.get("date"))


class HttpClient:
    """Requests to one store. Thread-safe; connections are kept and reused.

    `base_url`: every path is below it, and no request ever leaves its origin. `secrets`: texts to
    keep out of messages besides the store's credentials. `budget_seconds`: no retry is begun later
    than this after a request's first attempt. `timeout_seconds`: longest silence of the server.
    `largest_answer`: bytes of an answer, unpacked, beyond which it is given up.
    """

    def __init__(
        self,
        config: StoreConfig,
        *,
        base_url: str,
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        max_attempts: int = 6,
        budget_seconds: float = 300.0,
        timeout_seconds: float = 60.0,
        largest_answer: int = LARGEST_ANSWER,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store: Final = config.key
        self.calls = 0
        self._base = base_url.rstrip("/")
        self._redact = Redactor([*config.credentials.values(), *secrets])
        self._max_attempts = max_attempts
        self._budget = budget_seconds
        self._largest = largest_answer
        self._sleep = sleep
        self._lock = threading.Lock()
        # Set by one thread's Retry-After, kept by all: else the others go on provoking the store.
        self._not_before = 0.0
        silence_request_logs()
        self._client = httpx.Client(
            verify=tls_context(config, self._base),
            auth=auth,
            headers={"User-Agent": "storeloom", "Accept": "application/json", **(headers or {})},
            timeout=httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
            # A session cookie would make WordPress and others judge us by it, not by our key.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"HttpClient(store={self.store!r})"

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = True,
        accept: Collection[int] = (),
        check: Callable[[Response], None] | None = None,
        retry_timeouts: bool = True,
    ) -> Response:
        """Send one request and return its complete answer (2xx, or a status in `accept`).

        `json`: sent encoded, Decimals as strings. `check`: looks into a 2xx answer and may raise
        Throttled or Transient to have it asked again; a ValueError of its decoding is treated as
        an unreadable answer. `retry_timeouts` False: a time-out is raised at once, for callers that
        can ask for less. Raises Transient, Throttled, TimedOut, AnswerTooLarge, Permanent or
        AuthFailed.
        """
        url = self._url(path)
        sent_headers = dict(headers or {})
        if json is not None:
            content = msgspec.json.encode(json)
            sent_headers.setdefault("Content-Type", "application/json")

        def attempt() -> Response:
            return self._send(
                self._client.build_request(
                    method, url, params=params, content=content, headers=sent_headers
                ),
                accept,
                check or self._check_json,
            )

        return self._retrying(attempt, retry_timeouts=retry_timeouts) if retry else attempt()

    def _url(self, path: str) -> str:
        url = f"{self._base}/{path.lstrip('/')}" if path else self._base
        if "://" in path:
            raise Permanent("a request must stay below the store's base URL", store=self.store)
        return url

    def _retrying(self, attempt: Callable[[], Response], *, retry_timeouts: bool) -> Response:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: may_pass(error, retry_timeouts=retry_timeouts)
            ),
            wait=wait_seconds,
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(self._max_attempts),
                tenacity.stop_before_delay(self._budget),
            ),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _send(
        self,
        request: httpx.Request,
        accept: Collection[int],
        check: Callable[[Response], None],
    ) -> Response:
        self._keep_distance()
        with self._lock:
            self.calls += 1
        what = f"{request.method} {request.url.path}"
        failure: StoreError | None = None
        response: Response | None = None
        try:
            response = self._exchange(request)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = explain_failure(
                error, store=self.store, host=request.url.host, redact=self._redact
            )
        # Raised out here so that no exception of the library, which may quote a header, hangs on.
        if response is None:
            raise failure or Transient(f"{what}: no answer", store=self.store)
        if response.status in accept:
            return response
        if not 200 <= response.status < 300:  # noqa: PLR2004 - the success class of HTTP
            raise self._refusal(what, response)
        unreadable = _failed_check(check, response)
        if unreadable is not None:
            raise self._unreadable(what, response, unreadable)
        return response

    def _exchange(self, request: httpx.Request) -> Response:
        """Read the whole answer; one that drips in for longer than the budget is given up."""
        deadline = time.monotonic() + self._budget
        answer = self._client.send(request, stream=True)
        try:
            body = read_body(answer, deadline=deadline, largest=self._largest, store=self.store)
        finally:
            answer.close()
        return Response(status=answer.status_code, headers=answer.headers, body=body)

    def _keep_distance(self) -> None:
        delay = self._not_before - time.monotonic()
        if delay > 0:
            self._sleep(delay)

    def _check_json(self, response: Response) -> None:
        """Raise ValueError when an answer that claims to be JSON is not complete JSON."""
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media.endswith("json") or media == "text/html":
            try:
                _SYNTAX.decode(response.body)
            except (ValueError, RecursionError):
                json_part(response.body)

    def _refusal(self, what: str, response: Response) -> StoreError:
        """Turn a status outside 2xx into the error that says what to do."""
        status = response.status
        said = self.quote(response)
        text = f"{what} answered {status}{said}."
        if status == _TOO_MANY or (status in _TRANSIENT and "retry-after" in response.headers):
            asked = retry_after(response.headers.get("retry-after"))
            self._slow_down(asked)
            return Throttled(
                f"{text} Lower `concurrency` in its settings if this persists.",
                store=self.store,
                retry_after_seconds=asked,
            )
        if status in _TRANSIENT:
            kind = TimedOut if status in _TIMED_OUT else Transient
            return kind(f"{text} The next run will try again.", store=self.store)
        if status in {401, 403}:
            return AuthFailed(
                f"{text} Check its credentials and their permissions, then run "
                f"`storeloom store check {self.store}`.",
                store=self.store,
            )
        if status in {301, 302, 303, 307, 308}:
            target = httpx.URL(response.headers.get("location", "")).copy_with(query=None)
            return Permanent(
                f"{what} redirects to {self._redact(str(target))}. Redirects are not followed, "
                "since they would carry the credentials along: set the store's base URL to that "
                "address.",
                store=self.store,
            )
        return Permanent(f"{text} Check the store's base URL and settings.", store=self.store)

    def _unreadable(self, what: str, response: Response, reason: ValueError) -> StoreError:
        media = response.headers.get("content-type", "")
        if isinstance(reason, TruncatedJsonError) or "html" not in media:
            return Transient(f"{what}: {self._redact(str(reason))}.", store=self.store)
        return Permanent(
            f"{what} answered a web page instead of JSON{self.quote(response)}. Check that the "
            "base URL is the shop's address and that no firewall or cache page stands before its "
            "API.",
            store=self.store,
        )

    def _slow_down(self, seconds: float | None) -> None:
        if seconds:
            with self._lock:
                self._not_before = max(self._not_before, time.monotonic() + seconds)

    def quote(self, response: Response) -> str:
        """Return ` (what the body says)`, short and without secrets, "" for an empty body."""
        text = " ".join(response.body[:4096].decode("utf-8", "replace").split())
        text = self._redact(text)
        shown = text if len(text) <= _SHOWN_BODY else text[:_SHOWN_BODY] + "…"
        return f" ({shown})" if shown else ""

    def redact(self, text: str) -> str:
        """Return `text` without the store's secrets."""
        return self._redact(text)

    def hide(self, *secrets: str) -> None:
        """Keep these out of every later message, as the credentials the client began with."""
        self._redact.add(secrets)

    def close(self) -> None:
        """Close every connection. Safe to call twice."""
        self._client.close()


_SYNTAX: Final = msgspec.json.Decoder(msgspec.Raw)


def _failed_check(check: Callable[[Response], None], response: Response) -> ValueError | None:
    try:
        check(response)
    except ValueError as error:
        return error
    return None
