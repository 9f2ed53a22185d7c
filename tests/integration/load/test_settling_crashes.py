"""A sync killed at any point of its settling, and run again, ends as one that was never killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg

from connectors.base import StoreConfig
from connectors.crm.sync import StoreResult
from tests.integration.load.crash_settling import after, before

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

# All that is true of the store, without the times and ids that differ from run to run.
STATE = """
    select 'order', o.ecommerce_order_id, o.status, o.total::text, c.ecommerce_customer_id
    from crm_orders as o
    join crm_clients as c on c.organization_id = o.organization_id and c.id = o.client_id
    union all
    select 'client', ecommerce_customer_id, client_type, total_orders::text, total_revenue::text
    from crm_clients
    union all
    select 'product', ecommerce_product_id, is_active::text, null, null from crm_products
    union all
    select
      m.entity, m.external_id, encode(m.content_hash, 'hex'), (m.deleted_at is not null)::text,
      m.person_external_id
    from sync.record_map as m
    union all
    select 'reread', stream, external_id, reason, null from sync.rereads
    union all
    select 'departed', external_id, null, null, null from sync.departed_customers
    order by 1, 2, 3, 4, 5
"""
EMPTY = """
    truncate crm_orders, crm_products, crm_clients, sync.record_map, sync.cursors, sync.loads,
      sync.rereads, sync.departed_customers, sync.quarantine cascade
"""
LAST_LINE = 50


def killed_after(lines: int, database: str, config: StoreConfig) -> list[str]:
    """Start a sync, kill it when it has told so many lines; return those it told."""
    command = [sys.executable, "-m", "tests.integration.load.crash_settling", database]
    told: list[str] = []
    with subprocess.Popen(
        [*command, config.id, config.organization_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while len(told) < lines and (line := process.stdout.readline()):
            told.append(line.strip())
            if len(told) < lines:
                process.stdin.write("\n")
                process.stdin.flush()
        process.kill()
    return told


def test_a_sync_killed_anywhere_between_reading_and_its_end_and_run_again_ends_equal(
    config: StoreConfig,
    database: str,
    connection: psycopg.Connection[Any],
    sync: Sync,
    rows: Rows,
) -> None:
    sync(before(config), full=False)
    sync(after(config), full=False)
    expected = rows(STATE)
    assert ("client", "2", "customer", "14", "1400.00") in [
        (*row[:3], row[3], row[4]) for row in expected
    ], "the merged customer's orders are counted with the other's"

    told: list[str] = []
    # Every other point, of some twenty: each costs three syncs and a process.
    for lines in range(1, LAST_LINE, 2):
        connection.execute(EMPTY)
        sync(before(config), full=False)
        told = killed_after(lines, database, config)
        sync(after(config), full=False)
        assert rows(STATE) == expected, f"killed after {told}"
        if len(told) < lines:
            break
    assert {"read orders", "named customers", "named orders", "named products"} <= set(told)
    assert told.count("named orders") >= 3, "killed while the customer's orders were read again"
