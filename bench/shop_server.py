"""The store of the benchmark: rendered rows behind the smallest HTTP server that answers truly.

It honours what a loader may rely on (modified_after/before, page, per_page, order, totals in the
headers) and nothing else, so that the clock shows the loaders and not the store. Run as a process
of its own: `python -m bench.shop_server --orders 100000` prints its address.
"""

from __future__ import annotations

import argparse
import asyncio
from bisect import bisect_left, bisect_right
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

from bench.goods import Shop, render

_SETTINGS = b'{"code":"USD","value":"USD"}'
_SITE = b'{"name":"Bench","timezone_string":"UTC","gmt_offset":0}'
_STATUS = b'{"environment":{"version":"9.9.5"},"settings":{"currency":"USD"}}'


class ShopProtocol(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; a request is its first line."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            self._transport.write(self._answer(target))

    def _answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        name = parts.path.removeprefix("/wp-json").removeprefix("/wc/v3").strip("/")
        if name == "":
            return _http(_SITE)
        if name == "system_status":
            return _http(_STATUS)
        if name.startswith(("settings", "data")):
            return _http(_SETTINGS)
        rows = self._rows(name, query)
        if rows is None:
            return _http(b'{"code":"rest_no_route","message":"No route"}', status="404 Not Found")
        size = int(query.get("per_page", "10"))
        start = (int(query.get("page", "1")) - 1) * size
        pages = -(-len(rows) // size)
        totals = f"X-WP-Total: {len(rows)}\r\nX-WP-TotalPages: {pages}\r\n"
        return _http(b"[" + b",".join(rows[start : start + size]) + b"]", totals)

    def _rows(self, name: str, query: dict[str, str]) -> list[bytes] | None:
        if query.get("status") == "trash":
            return []
        if name == "customers":
            return self._shop.customers
        if name not in {"orders", "products"}:
            return None
        rows, times = (
            (self._shop.orders, self._shop.modified)
            if name == "orders"
            else (self._shop.products, self._shop.products_modified)
        )
        low, high = 0, len(rows)
        if "modified_after" in query:
            low = bisect_right(times, query["modified_after"])
        if "modified_before" in query:
            high = bisect_left(times, query["modified_before"])
        return rows[low:high]


def _http(body: bytes, headers: str = "", *, status: str = "200 OK") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def serve(shop: Shop) -> None:
    """Serve on a free port of the loopback and print the address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: ShopProtocol(shop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    asyncio.run(serve(render(parser.parse_args().orders)))


if __name__ == "__main__":
    main()
