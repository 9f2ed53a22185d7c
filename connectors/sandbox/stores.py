"""The stores of a sandbox, built from its spec when first asked for, with the keys to them."""

from __future__ import annotations

import hashlib
import threading

from connectors.sandbox.bigcommerce.api import BigCommerce
from connectors.sandbox.bigcommerce.quota import Quota
from connectors.sandbox.faults import Judge
from connectors.sandbox.medusa.api import Medusa
from connectors.sandbox.seed import build
from connectors.sandbox.shopify.api import Shopify
from connectors.sandbox.spec import SandboxSpec
from connectors.sandbox.woocommerce.api import WooCommerce
from connectors.sandbox.woocommerce.auth import Gate
from connectors.sandbox.world import Clock, World


class Stores:
    """Worlds, dialects and credentials. Most tests look at one platform and pay for one."""

    def __init__(self, spec: SandboxSpec) -> None:
        self._spec = spec
        self._lock = threading.RLock()
        self._worlds: dict[str, World] = {}
        self._woocommerce: WooCommerce | None = None
        self._shopify: Shopify | None = None
        self._bigcommerce: BigCommerce | None = None
        self._medusa: Medusa | None = None
        self.clock = Clock(spec.clock_offset_seconds)
        self.judge = Judge(spec.faults, spec.seed)
        self.credentials = _credentials(spec.seed)

    def world(self, platform: str) -> World:
        """Return what the `platform` store holds."""
        with self._lock:
            if platform not in self._worlds:
                self._worlds[platform] = build(self._spec, platform, self.clock)
            return self._worlds[platform]

    @property
    def woocommerce(self) -> WooCommerce:
        """The WooCommerce store's dialect."""
        with self._lock:
            if self._woocommerce is None:
                keys = self.credentials["woocommerce"]
                gate = Gate(keys["consumer_key"], keys["consumer_secret"])
                self._woocommerce = WooCommerce(self.world("woocommerce"), gate, self.judge)
            return self._woocommerce

    @property
    def shopify(self) -> Shopify:
        """The Shopify store's dialect."""
        with self._lock:
            if self._shopify is None:
                keys = self.credentials["shopify"]
                self._shopify = Shopify(self.world("shopify"), keys, self._spec)
            return self._shopify

    @property
    def bigcommerce(self) -> BigCommerce:
        """The BigCommerce store's dialect."""
        with self._lock:
            if self._bigcommerce is None:
                self._bigcommerce = BigCommerce(
                    self.world("bigcommerce"),
                    self.credentials["bigcommerce"]["access_token"],
                    self._spec.bigcommerce_scopes,
                    Quota(self._spec.bigcommerce_quota),
                )
            return self._bigcommerce

    @property
    def medusa(self) -> Medusa:
        """The Medusa store's dialect."""
        with self._lock:
            if self._medusa is None:
                self._medusa = Medusa(self.world("medusa"), self.credentials["medusa"])
            return self._medusa


def _credentials(seed: int) -> dict[str, dict[str, str]]:
    """Return keys that look like the real ones and open nothing but this sandbox."""

    def digits(what: str, length: int) -> str:
        return hashlib.sha256(f"{seed}/{what}".encode()).hexdigest()[:length]

    return {
        "woocommerce": {
            "consumer_key": "ck_" + digits("key", 40),
            "consumer_secret": "cs_" + digits("secret", 40),
        },
        "shopify": {
            "access_token": "shpat_" + digits("token", 32),
            "client_id": digits("client", 32),
            "client_secret": "shpss_" + digits("client secret", 32),
            "refresh_token": "shprt_" + digits("refresh token", 32),
        },
        "bigcommerce": {"access_token": digits("bigcommerce token", 31)},
        "medusa": {
            "api_key": "sk_" + digits("medusa key", 64),
            "email": "staff@example.com",
            "password": digits("medusa password", 16),
        },
    }
