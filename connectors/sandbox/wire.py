"""How an answer, good or broken, leaves the server.

Resetting a connection or ending a body early is beyond what an ASGI application may do, so the
protocol class hands each request the transport it came over.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HANG_UP = "storeloom.hang_up"


class Protocol(H11Protocol):
    """Uvicorn's own protocol, with a way to drop the connection under a request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        served: ASGIApp = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[HANG_UP] = self._hang_up
            await served(scope, receive, send)

        self.app: ASGIApp = app

    def _hang_up(self, *, is_reset: bool) -> None:
        transport = self.transport
        connection = transport.get_extra_info("socket")
        if is_reset and connection is not None:
            # Lingering for no time makes the kernel send RST instead of a polite FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class Reset(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Drop the connection of `scope`."""
        scope[HANG_UP](is_reset=True)
        await _gone(receive)


class CutShort(Response):
    """The headers promise the whole body; the connection ends in the middle of it."""

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(body, status, dict(headers), media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half the body, then drop the connection of `scope`."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        # One turn of the loop, so that the half is written before the connection goes.
        await asyncio.sleep(0)
        scope[HANG_UP](is_reset=False)
        await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until the server knows the client is gone; returning earlier, it would complain."""
    while (await receive())["type"] != "http.disconnect":
        pass
