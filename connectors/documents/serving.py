"""Serves one page on this machine: nothing else, to nobody else."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.errors import ConfigurationError


def page_server(page: str, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server of `page` at `/`; port 0 takes a free one. Start it with serve_forever().

    Raises ConfigurationError when the port is taken.
    """
    body = page.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the page."""
            if self.path.split("?")[0] not in {"/", "/index.html"}:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing: a reader's clicks are no news."""

    try:
        return ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another --port"
        ) from None
