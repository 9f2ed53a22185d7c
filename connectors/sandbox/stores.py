"""The two stores of a sandbox, built from its spec, with the keys to them."""

from __future__ import annotations

import hashlib

from connectors.sandbox.faults import Judge
from connectors.sandbox.seed import build
from connectors.sandbox.shopify.api import Shopify
from connectors.sandbox.spec import PLATFORMS, SandboxSpec
from connectors.sandbox.woocommerce.api import WooCommerce
from connectors.sandbox.woocommerce.auth import Gate
from connectors.sandbox.world import Clock


class Stores:
    """Worlds, dialects and credentials; `worlds` by platform."""

    def __init__(self, spec: SandboxSpec) -> None:
        self.clock = Clock(spec.clock_offset_seconds)
        self.judge = Judge(spec.faults, spec.seed)
        self.worlds = {platform: build(spec, platform, self.clock) for platform in PLATFORMS}
        self.credentials = _credentials(spec.seed)
        keys = self.credentials["woocommerce"]
        self.woocommerce = WooCommerce(
            self.worlds["woocommerce"],
            Gate(keys["consumer_key"], keys["consumer_secret"]),
            spec.faults,
        )
        self.shopify = Shopify(self.worlds["shopify"], self.credentials["shopify"], spec)


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
        },
    }
