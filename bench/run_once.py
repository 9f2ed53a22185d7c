"""One timed load in a process of its own, so that its memory is its own: prints seconds and MB."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

from bench.baseline import load_everything
from connectors.base import StoreConfig
from connectors.crm.sync import sync_store
from connectors.records import Stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loader", choices=("storeloom", "baseline"))
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--store-url", required=True)
    parser.add_argument("--store-id", required=True)
    parser.add_argument("--organization-id", required=True)
    options = parser.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    rows: dict[str, dict[str, int]] = {}
    if options.loader == "baseline":
        load_everything(options.database_url, options.organization_id, options.store_url)
    else:
        config = StoreConfig(
            id=options.store_id,
            organization_id=options.organization_id,
            key="bench",
            platform="woocommerce",
            base_url=options.store_url,
            currency="USD",
            settings={"allow_http": True, "country": "US"},
            credentials={"consumer_key": "ck_bench", "consumer_secret": "cs_bench"},
        )
        result = sync_store(options.database_url, config, run_id="bench")
        if result.error is not None:
            sys.exit(str(result.error))
        rows = {
            Stream(stream).value: {
                "fetched": one.fetched,
                "inserted": one.inserted,
                "unchanged": one.unchanged,
                "quarantined": one.quarantined,
            }
            for stream, one in result.streams.items()
        }
    print(
        json.dumps(
            {
                "seconds": round(time.perf_counter() - began, 3),
                "cpu_seconds": round(time.process_time() - cpu, 3),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "rows": rows,
            }
        )
    )


if __name__ == "__main__":
    main()
