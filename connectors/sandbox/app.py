"""The sandbox's HTTP face: its stores, their faults, a health check and the truth.

Routes: `/woocommerce/wp-json/…` (also without the folder), `/admin/…` for Shopify,
`/bigcommerce/stores/sandbox/v2/…` and `…/v3/…`, `/medusa/admin/…`, `/healthz`, and
`/_sandbox/truth/<platform>`, which tells what the store really holds to a demo in another process.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from connectors.sandbox.answer import Answer
from connectors.sandbox.faults import Verdict
from connectors.sandbox.spec import FURTHER_PLATFORMS, PLATFORMS
from connectors.sandbox.stores import Stores
from connectors.sandbox.truth import truth
from connectors.sandbox.wire import CutShort, Reset
from connectors.sandbox.woocommerce.auth import Asked

STORAGE = "/storage"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# The store hash is a word of our own.
BIGCOMMERCE = "/bigcommerce/stores/sandbox"
MEDUSA = "/medusa"
NOTICE = b"<br />\n<b>Deprecated</b>:  Optional parameter before required in <b>x.php</b><br />\n"


def build_app(stores: Stores) -> Starlette:
    """Return the ASGI application that serves `stores`."""
    judge = stores.judge
    under_way = 0

    async def serve(request: Request) -> Response:
        folder = "/woocommerce" if request.url.path.startswith("/woocommerce/") else ""
        path = request.url.path.removeprefix(folder)
        body = await request.body()
        if path == "/healthz":
            return Response("ok", media_type="text/plain")
        if path.startswith("/_sandbox/truth/"):
            return _truth(stores, path.rpartition("/")[2])
        verdict = judge.verdict(_identity(request, body))
        nonlocal under_way
        if judge.faults.most_at_once and under_way >= judge.faults.most_at_once:
            verdict = Verdict.UNAVAILABLE
        elif judge.faults.latency_seconds:
            under_way += 1
            try:
                await asyncio.sleep(judge.faults.latency_seconds)
            finally:
                under_way -= 1
        if verdict is Verdict.RESET:
            return Reset()
        if verdict in (Verdict.ERROR, Verdict.UNAVAILABLE) or (
            verdict is Verdict.THROTTLE and not path.startswith("/admin/")
        ):
            return _failure(verdict, judge.faults.retry_after_seconds)
        found = _answer(stores, request, folder, body, is_throttled=verdict is Verdict.THROTTLE)
        if isinstance(found, Path):
            if verdict is None:
                return FileResponse(found, media_type="application/jsonl")
            found = Answer(found.read_bytes())
        date = formatdate(stores.clock.now(), usegmt=True)
        return _sent(found.body, found.status, {**found.headers, "Date": date}, verdict)

    return Starlette(routes=[Route("/{path:path}", serve, methods=METHODS)])


def _answer(
    stores: Stores, request: Request, folder: str, body: bytes, *, is_throttled: bool
) -> Answer | Path:
    """Return what a store answers: text, or a file."""
    path = request.url.path.removeprefix(folder)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if path == "/wp-json" or path.startswith("/wp-json/"):
        return stores.woocommerce.answer(
            _asked(request, hides_authorization=stores.judge.faults.drop_authorization),
            path.removeprefix("/wp-json"),
            f"{request.url.scheme}://{request.url.netloc}{folder}",
        )
    if path.startswith("/admin/"):
        return stores.shopify.answer(
            request.method,
            path,
            headers,
            body,
            is_throttled=is_throttled,
            storage_url=_storage_url(request),
        )
    if path.startswith(STORAGE):
        return stores.shopify.download(path.removeprefix(STORAGE), request.url.query, headers)
    if path.startswith(f"{BIGCOMMERCE}/"):
        return stores.bigcommerce.answer(
            request.method, path.removeprefix(BIGCOMMERCE), request.url.query, headers
        )
    if path.startswith(f"{MEDUSA}/"):
        return stores.medusa.answer(
            request.method, path.removeprefix(MEDUSA), request.url.query, headers, body
        )
    return Answer(b"Not found", 404)


def _storage_url(request: Request) -> str:
    """Return the address of the files: another origin, as Shopify's are on a storage host.

    The loopback's other name will do for one, except where a certificate names the first.
    """
    host = request.url.netloc
    if request.url.scheme == "http":
        host = host.replace("127.0.0.1", "localhost")
    return f"{request.url.scheme}://{host}{STORAGE}"


def _sent(
    body: bytes, status: int, headers: Mapping[str, str], verdict: Verdict | None
) -> Response:
    if verdict is Verdict.CUT_SHORT:
        return CutShort(body, status, headers)
    if verdict is Verdict.HALF_JSON:
        # Half of "[]" is no JSON either, and an empty body would be no half.
        body = body[: max(1, len(body) // 2)]
    if verdict is Verdict.NOTICE:
        body = NOTICE + body
    return Response(body, status, dict(headers), media_type="application/json")


def _failure(verdict: Verdict, retry_after_seconds: int) -> Response:
    if verdict is Verdict.ERROR:
        return Response("<html>Internal Server Error</html>", 500, media_type="text/html")
    status = 429 if verdict is Verdict.THROTTLE else 503
    return Response(
        "<html>Slow down</html>",
        status,
        {"Retry-After": str(retry_after_seconds)},
        media_type="text/html",
    )


def _asked(request: Request, *, hides_authorization: bool) -> Asked:
    return Asked(
        method=request.method,
        scheme=request.url.scheme,
        host=request.url.netloc,
        path=request.url.path,
        query=request.url.query,
        authorization="" if hides_authorization else request.headers.get("authorization", ""),
    )


def _identity(request: Request, body: bytes) -> str:
    """Return the request as text, without what changes from one attempt to the next."""
    query = sorted(
        pair
        for pair in parse_qsl(request.url.query)
        # The end of a window is the present moment.
        if not pair[0].startswith("oauth_") and pair[0] != "updated_at[$lt]"
    )
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return f"{request.method} {request.url.path} {query} {digest}"


def _truth(stores: Stores, platform: str) -> Response:
    if platform not in (*PLATFORMS, *FURTHER_PLATFORMS):
        return Response("Not found", 404, media_type="text/plain")
    told = truth(stores.world(platform))
    return Response(msgspec.json.encode(told), media_type="application/json")
