"""A sync to be killed while it settles: prints a line per batch and answer and waits for one."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal

import msgspec

from connectors.base import Page, StoreConfig
from connectors.crm.sync import sync_store
from connectors.records import Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

SETTINGS = {"batch_records": 5}


class InPages(MemoryStore):
    """Answers by name in pages as well, and tells of each when `is_watched`."""

    is_watched = False

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        wanted = list(ids)
        for start in range(0, len(wanted), self.page_size):
            for page in super().read_ids(stream, wanted[start : start + self.page_size]):
                yield page
                if self.is_watched:
                    pause(f"named {stream}")


def before(config: StoreConfig) -> InPages:
    """Return a store with a customer of twelve orders, about to be merged into another."""
    return InPages(
        msgspec.structs.replace(config, settings=SETTINGS),
        *(customer(str(number)) for number in range(6)),
        *(product(str(number)) for number in range(4)),
        *(order(str(n), customer_external_id="1" if n < 12 else str(n % 6)) for n in range(30)),
        page_size=5,
    )


def after(config: StoreConfig) -> InPages:
    """Return the same store a day later: merged, deleted, edited, and somebody bought something."""
    store = before(config)
    store.now += timedelta(days=1)
    at = store.now - timedelta(hours=1)
    store.remove(
        store.records[Stream.CUSTOMERS]["1"],
        store.records[Stream.ORDERS]["20"],
        store.records[Stream.PRODUCTS]["2"],
    )
    store.put(*(order(str(n), customer_external_id="2") for n in range(12)))
    store.put(
        order("13", customer_external_id="3", source_updated_at=at, total=Decimal(5)),
        order("30", customer_external_id="9", source_updated_at=at),
        customer("9", source_updated_at=DAY - timedelta(days=1)),
    )
    return store


def pause(said: str) -> None:
    print(said, flush=True)
    sys.stdin.readline()


def main() -> None:
    database_url, store_id, organization_id = sys.argv[1:]
    config = StoreConfig(
        id=store_id,
        organization_id=organization_id,
        key="shop",
        platform="woocommerce",
        base_url="https://shop.example",
    )
    store = after(config)
    store.is_watched = True
    sync_store(
        database_url,
        store.config,
        run_id="crash",
        connector=store,
        on_progress=lambda step: pause(f"read {step.stream}"),
    )


if __name__ == "__main__":
    main()
