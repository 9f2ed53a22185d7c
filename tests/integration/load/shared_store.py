"""A process that reads a sandbox's Shopify store with the services of its database.

`renew`: asks for a token, waits for a line, then asks the store something with it. `read PAGES`:
reads pages of orders as fast as it is allowed and tells how often it was refused.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from connectors.base import StoreConfig
from connectors.crm.database import connect
from connectors.crm.keys import KeyRing
from connectors.crm.services import services_for
from connectors.crm.stores import load_config
from connectors.errors import Throttled
from connectors.http import HttpClient
from connectors.services import Services
from connectors.shopify.api import ShopifyApi
from connectors.shopify.throttle import PageSize, Throttle
from connectors.shopify.tokens import Tokens

PAGE = 10


def opened(config: StoreConfig, services: Services) -> tuple[HttpClient, Throttle, ShopifyApi]:
    http = HttpClient(config, base_url=config.base_url)
    throttle = Throttle(allowance=services.allowance)
    tokens = Tokens(config, http, vault=services.vault)
    api = ShopifyApi(config, http=http, tokens=tokens, throttle=throttle, api_version="2026-10")
    return http, throttle, api


def main() -> None:
    database_url, home, key, shares, what, *arguments = sys.argv[1:]
    keys = KeyRing.load(Path(home), {})
    with connect(database_url) as connection:
        config = load_config(connection, keys, key)
    services = services_for(database_url, keys, config) if shares == "shared" else Services()
    http, throttle, api = opened(config, services)
    with closing(http), closing(throttle):
        api.run("shop") if what == "read" else None
        print("ready", flush=True)
        sys.stdin.readline()
        if what == "renew":
            print(api.run("shop").data["shop"]["name"], flush=True)
            return
        size = PageSize(PAGE, largest=PAGE)
        pages = 0
        while pages < int(arguments[0]):
            try:
                api.run("orders", {"first": size.current}, size=size)
            except Throttled:
                # Refused six times in a row: on their own, the others leave nothing.
                continue
            pages += 1
        print(throttle.refused, flush=True)


if __name__ == "__main__":
    main()
