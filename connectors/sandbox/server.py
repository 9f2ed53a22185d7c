"""Runs the sandbox: in a thread for tests, in the foreground for people."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn

from connectors.sandbox.app import BIGCOMMERCE, MEDUSA, build_app
from connectors.sandbox.bigcommerce.api import BigCommerce
from connectors.sandbox.faults import Judge
from connectors.sandbox.medusa.api import Medusa
from connectors.sandbox.shopify.bulk import BulkOperations
from connectors.sandbox.shopify.tokens import Tokens
from connectors.sandbox.shopkeeper import Shopkeeper
from connectors.sandbox.spec import SandboxSpec
from connectors.sandbox.stores import Stores
from connectors.sandbox.truth import Truth, truth
from connectors.sandbox.wire import Protocol
from connectors.sandbox.world import World

STOP_SECONDS = 10.0


class SandboxServer:
    """The stores on one loopback port, up between `with` and its end.

    The socket listens before the server's thread starts, so the first request waits in the
    kernel's queue instead of being refused, and nobody has to poll for readiness.
    """

    def __init__(self, spec: SandboxSpec | None = None) -> None:
        self.spec = spec or SandboxSpec()
        self._stores = Stores(self.spec)
        self._thread: threading.Thread | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((self.spec.host, self.spec.port))
            self._socket.listen(128)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                build_app(self._stores),
                http=Protocol,
                # Logging belongs to the process we are a guest of.
                log_config=None,
                log_level="warning",
                access_log=False,
                # The stores tell their own time, which may be wrong on purpose.
                date_header=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
                ssl_certfile=self.spec.certificate,
                ssl_keyfile=self.spec.private_key,
            )
        )

    @property
    def url(self) -> str:
        """Address of the sandbox, without a slash at the end."""
        scheme = "https" if self.spec.certificate else "http"
        host = "127.0.0.1" if self.spec.host == "0.0.0.0" else self.spec.host  # noqa: S104 - compared, not bound
        return f"{scheme}://{host}:{self.port}"

    @property
    def woocommerce_url(self) -> str:
        """Address of the WooCommerce store; in a folder, as WordPress often is."""
        return f"{self.url}/woocommerce"

    @property
    def shopify_url(self) -> str:
        """Address of the Shopify store."""
        return self.url

    @property
    def judge(self) -> Judge:
        """What went wrong so far: `judge.counts`."""
        return self._stores.judge

    @property
    def bulk(self) -> BulkOperations:
        """Shopify's bulk operations so far; `bulk.forget()` loses them."""
        return self._stores.shopify.bulk

    def base_url(self, platform: str) -> str:
        """Return the store's address as `StoreConfig.base_url` wants it."""
        return {
            "woocommerce": self.woocommerce_url,
            "shopify": self.shopify_url,
            "bigcommerce": f"{self.url}{BIGCOMMERCE}",
            "medusa": f"{self.url}{MEDUSA}",
        }[platform]

    def credentials(self, platform: str) -> dict[str, str]:
        """Return keys as `StoreConfig.credentials` wants them.

        Shopify: `access_token` alone; `client_credentials` and `offline_credentials` have the
        other kinds.
        """
        known = self._stores.credentials[platform]
        others = ("client_", "refresh_")
        return {name: value for name, value in known.items() if not name.startswith(others)}

    def client_credentials(self) -> dict[str, str]:
        """Return Shopify's client id and secret, for the token endpoint."""
        known = self._stores.credentials["shopify"]
        return {name: value for name, value in known.items() if name.startswith("client_")}

    def offline_credentials(self) -> dict[str, str]:
        """Return Shopify's client id and secret with the first refresh token."""
        known = self._stores.credentials["shopify"]
        return {**self.client_credentials(), "refresh_token": known["refresh_token"]}

    @property
    def shopify_tokens(self) -> Tokens:
        """Shopify's token endpoint: `issued` counts, `revoke` spoils."""
        return self._stores.shopify.tokens

    @property
    def medusa(self) -> Medusa:
        """The Medusa store: `capture` takes money without moving the order's time."""
        return self._stores.medusa

    @property
    def bigcommerce(self) -> BigCommerce:
        """BigCommerce's dialect: `quota.refused` counts, `scopes` can be taken away."""
        return self._stores.bigcommerce

    def world(self, platform: str) -> World:
        """Return what the store holds, for assertions; change it through `store` only."""
        return self._stores.world(platform)

    def store(self, platform: str) -> Shopkeeper:
        """Return who can change the store: edit, refund, cancel, trash, delete, add, touch."""
        return Shopkeeper(self._stores.world(platform))

    def truth(self, platform: str) -> Truth:
        """Return counts and sums as a connector should find them."""
        return truth(self._stores.world(platform))

    def serve(self) -> None:
        """Serve in this thread until SIGINT or SIGTERM."""
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            if self._thread.is_alive():
                raise RuntimeError("the sandbox did not stop; a request may still be running")
        self._socket.close()
