"""A sync to be killed: run as a process, prints a line per batch and waits for one to go on."""

from __future__ import annotations

import sys
from datetime import timedelta

from connectors.base import StoreConfig
from connectors.crm.sync import Progress, sync_store
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order


def store(config: StoreConfig) -> MemoryStore:
    """Return a store whose sync takes a dozen batches."""
    return MemoryStore(
        config,
        *(customer(str(n), source_updated_at=DAY + timedelta(seconds=n)) for n in range(20)),
        *(
            order(
                str(n),
                customer_external_id=str(n % 25),
                source_updated_at=DAY + timedelta(seconds=n),
            )
            for n in range(60)
        ),
        page_size=5,
    )


def main() -> None:
    database_url, store_id, organization_id = sys.argv[1:]
    config = StoreConfig(
        id=store_id,
        organization_id=organization_id,
        key="shop",
        platform="woocommerce",
        base_url="https://shop.example",
        settings={"batch_records": 5},
    )

    def pause(step: Progress) -> None:
        print(step.stream, step.fetched, flush=True)
        sys.stdin.readline()

    sync_store(database_url, config, run_id="crash", connector=store(config), on_progress=pause)


if __name__ == "__main__":
    main()
