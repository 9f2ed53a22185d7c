"""Database sessions kept from one store to the next.

A new server process knows nothing of our tables: opening three connections and filling their
caches took three quarters of the time that a store without changes cost. A run over a thousand
stores keeps one session instead; a sync by itself keeps none.
"""

from __future__ import annotations

from threading import Lock
from types import TracebackType
from typing import Final

import psycopg
from psycopg.pq import TransactionStatus

from connectors.crm.database import Connection, connect


class Sessions:
    """Sessions of one database, autocommit; a `with` block closes what is left. Thread-safe.

    `keep`: how many idle ones stay open.
    """

    def __init__(self, database_url: str, *, keep: int = 0) -> None:
        self.database_url: Final = database_url
        self._keep: Final = keep
        self._idle: Final[list[Connection]] = []
        self._lock: Final = Lock()

    def __enter__(self) -> Sessions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def open(self, application_name: str) -> Connection:
        """Return a session that answers. Raises DatabaseError."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return connect(
                    self.database_url, application_name=application_name, autocommit=True
                )
            if _answers(connection):
                return connection
            connection.close()

    def give_back(self, connection: Connection) -> None:
        """Keep a session for the next store, or close it: also when something was left undone."""
        is_clean = connection.info.transaction_status == TransactionStatus.IDLE
        with self._lock:
            if is_clean and len(self._idle) < self._keep:
                self._idle.append(connection)
                return
        connection.close()


def _answers(connection: Connection) -> bool:
    """Tell whether the server is still there: it may have been restarted between two stores."""
    try:
        connection.execute("select")
    except psycopg.OperationalError:
        return False
    return True
