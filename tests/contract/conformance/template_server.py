"""The plain JSON API that connectors/template speaks, over tables in memory."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from contract.conformance.shops import Trouble

TOKEN = "template-token-4711"
Row = dict[str, Any]


class TemplateServer:
    """Serves `tables` (stream -> id -> record) until closed, with the trouble of the moment."""

    def __init__(self, tables: dict[str, dict[str, Row]]) -> None:
        self.tables = tables
        self.lock = threading.RLock()
        self.trouble: Trouble | None = None
        self.fails_always = False
        self.troubles = 0
        self._asked = itertools.count(1)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one packet: in two, an answer waits 40 ms to be acknowledged.
            wbufsize = 65_536

            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing: the tests' output is for the tests."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=[0.01], daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        number = next(self._asked)
        trouble = self.trouble if self.fails_always or number % 3 == 1 else None
        if trouble is not None:
            self.troubles += 1
        if trouble is Trouble.RESET:
            request.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            request.close_connection = True
            request.connection.close()
            return
        if trouble is Trouble.SLOW:
            time.sleep(0.02)
        if trouble is Trouble.THROTTLE:
            send(request, 429, b"{}", {"Retry-After": "0"})
        elif trouble is Trouble.ERROR:
            send(request, 500 if number % 2 else 503, b"<html>Oops</html>")
        elif request.headers["Authorization"] != f"Bearer {TOKEN}":
            send(request, 401, b'{"error": "who are you?"}')
        else:
            with self.lock:
                body = json.dumps(self._told(request.path)).encode()
            if trouble is not Trouble.TRUNCATE:
                send(request, 200, body)
            elif number % 2:
                send(request, 200, body[: len(body) // 2])
            else:
                send(request, 200, body, cut=True)

    def _told(self, path: str) -> Row:
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name, _, what = parts.path.strip("/").partition("/")
        if name == "store":
            return {"name": "A template", "currency": "EUR", "time_zone": "Europe/Berlin"}
        table = self.tables[name]
        if what == "count":
            return {"count": len(table)}
        if "ids" in asked:
            return {"items": [table[one] for one in asked["ids"].split(",") if one in table]}
        key: Callable[[Row], Any] = lambda row: (row["changed_at"], row["id"])  # noqa: E731 - one of two
        if asked.get("only"):
            # A list of ids is sorted by what never moves.
            key = lambda row: row["id"]  # noqa: E731 - the other
        if asked.get("sort") == "placed_at":
            rows = sorted(table.values(), key=lambda row: str(row["placed_at"]))
            return {"items": rows[: int(asked["limit"])], "next": None}
        low, high = asked.get("changed_from", ""), asked.get("changed_before", "~")
        rows = sorted((row for row in table.values() if low <= row["changed_at"] < high), key=key)
        if "after" in asked:
            after = json.loads(asked["after"])
            rows = [row for row in rows if json.loads(json.dumps(key(row))) > after]
        page = rows[: int(asked["limit"])]
        more = json.dumps(key(page[-1])) if len(page) < len(rows) else None
        return {"items": page, "next": more}


def send(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    *,
    cut: bool = False,
) -> None:
    """Send an answer; `cut`: its end is missing although its length was announced."""
    request.send_response_only(status)
    request.send_header("Date", formatdate(usegmt=True))
    request.send_header("Content-Type", "application/json" if status < 500 else "text/html")
    request.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body[: len(body) // 2] if cut else body)
    request.close_connection = cut
