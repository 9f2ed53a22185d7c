"""What a store allows, shared by every process that reads it.

Each believed the bucket to be its own, and every second answer was a refusal. Now a request takes
its points out of one row first and is told how long to wait. Nothing is locked while it waits: the
row says who comes when, since the level goes below zero by what is waiting already.
"""

from __future__ import annotations

import threading
from typing import Any

import psycopg

from connectors.base import StoreConfig
from connectors.crm.database import Connection, connect, refusal
from connectors.crm.statements import load


class StoreAllowance:
    """The allowance of one saved store. Thread-safe; keeps one connection until `close`.

    Raises DatabaseError when the database is away.
    """

    def __init__(self, database_url: str, config: StoreConfig) -> None:
        self._url = database_url
        self._store = {"organization_id": config.organization_id, "store_id": config.id}
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def take(self, points: float) -> float:
        """Set `points` aside and return how many seconds to wait before spending them."""
        found = self._execute("allowance/take", {"points": points})
        return float(found[0]) if found else 0.0

    def observe(
        self, *, available: float, maximum: float, per_second: float, given_back: float = 0.0
    ) -> None:
        """Take over what the store just said, and give back what was not spent."""
        told = {
            "available": available,
            "maximum": maximum,
            "per_second": per_second,
            "given_back": given_back,
        }
        self._execute("allowance/observe", told)

    def close(self) -> None:
        """Close the connection. Safe to call twice."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _execute(self, name: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        with self._lock, refusal(self._url):
            try:
                return self._ask(name, parameters)
            except psycopg.OperationalError:
                # Idle for the length of a bulk operation, it was cut by a pooler: once anew.
                self._connection = None
                return self._ask(name, parameters)

    def _ask(self, name: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        if self._connection is None or self._connection.closed:
            self._connection = connect(
                self._url, application_name="storeloom-allowance", autocommit=True
            )
        asked = self._connection.execute(load(name), {**self._store, **parameters})
        return asked.fetchone() if asked.description else None
