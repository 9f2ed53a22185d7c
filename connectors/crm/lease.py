"""One loader a store at a time, without trusting anybody's clock or good behaviour.

A lease is a row with a rising token. Every loading transaction locks the row and compares the
token, so a process that slept through its own replacement (a paused container, a laptop lid) cannot
commit afterwards. Time-outs alone could not promise that.
"""

from __future__ import annotations

import os
import socket
from threading import Event, Thread
from types import TracebackType
from typing import Any, Final

import psycopg

from connectors.base import StoreConfig
from connectors.crm.database import Connection, connect
from connectors.crm.sessions import Sessions
from connectors.crm.statements import load
from connectors.errors import DatabaseError, LeaseLost, Transient

STALE_AFTER_SECONDS: Final = 60
HEARTBEAT_SECONDS: Final = 10.0


class Lease:
    """The right to load one store, held for the length of a `with` block.

    Raises Transient (a fault of the store's turn, not of the database) when another process that is
    alive holds it, DatabaseError when the database cannot be asked. `sessions`: where to take a
    session from and leave it; None opens one for each question.
    """

    def __init__(
        self,
        database_url: str,
        config: StoreConfig,
        *,
        run_id: str,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        sessions: Sessions | None = None,
    ) -> None:
        self.token = 0
        self._sessions = sessions or Sessions(database_url)
        self._heartbeat_seconds = heartbeat_seconds
        self._url = database_url
        self._config = config
        self._run_id = run_id
        self._ended = Event()
        self._heart = Thread(target=self._beat, name=f"lease-{config.key}", daemon=True)

    def __enter__(self) -> Lease:
        connection = self._sessions.open("storeloom-lease")
        try:
            self.token = self._acquire(connection)
        finally:
            self._sessions.give_back(connection)
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._heart.join()
        try:
            connection = self._sessions.open("storeloom-lease")
            try:
                connection.execute(load("lease/release"), self._parameters())
            finally:
                self._sessions.give_back(connection)
        except (DatabaseError, psycopg.OperationalError):
            # The database is gone: the lease runs out by itself, and the next one may take it.
            if error is None:
                raise

    def check(self, connection: Connection) -> None:
        """Lock the lease inside the caller's transaction. Raises LeaseLost when it is another's."""
        if connection.execute(load("lease/check"), self._parameters()).fetchone() is None:
            raise LeaseLost(
                f'store "{self._config.key}": another process took over while this one was silent; '
                "nothing of this batch was kept, and the other one goes on"
            )

    def _acquire(self, connection: Connection) -> int:
        parameters = self._parameters()
        with connection.transaction():
            connection.execute(load("lease/ensure"), parameters)
            held = connection.execute(load("lease/lock"), parameters).fetchone()
            if held is None:
                raise LeaseLost(f'store "{self._config.key}" was deleted')
            is_free, holder, run_id, silent_seconds = held
            if not (is_free or silent_seconds > STALE_AFTER_SECONDS or is_dead(holder)):
                raise Transient(
                    f"another sync of it is running (run {run_id}, {holder}, last sign of life "
                    f"{silent_seconds:.0f} s ago); wait for it to end",
                    store=self._config.key,
                )
            taken = connection.execute(load("lease/take"), parameters).fetchone()
            assert taken is not None  # noqa: S101 - the row was locked above
            return int(taken[0])

    def _beat(self) -> None:
        """Say that we are alive until the block ends; a lost connection is simply opened again."""
        connection: Connection | None = None
        while not self._ended.wait(self._heartbeat_seconds):
            try:
                if connection is None or connection.closed:
                    connection = connect(
                        self._url, application_name="storeloom-lease", autocommit=True
                    )
                connection.execute(load("lease/beat"), self._parameters())
            except (DatabaseError, psycopg.OperationalError):
                # Silence costs us the lease after a minute at worst, never the data: see check().
                connection = None
        if connection is not None:
            connection.close()

    def _parameters(self) -> dict[str, Any]:
        return {
            "organization_id": self._config.organization_id,
            "store_id": self._config.id,
            "token": self.token,
            "holder": holder_name(),
            "run_id": self._run_id,
        }


def holder_name() -> str:
    """Return "host/process id" of this process."""
    return f"{socket.gethostname()}/{os.getpid()}"


def is_dead(holder: str) -> bool:
    """Tell whether the holder was a process of this host that exists no more.

    After a kill -9 the next run need not wait for the lease to go stale. Of other hosts nothing is
    known, so they count as alive.
    """
    host, _, process = holder.rpartition("/")
    if host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
