"""Signs of life of run workers, so that a dead one is noticed.

A killed worker cannot say that it died, and whoever started it may be gone too. While a run works
it touches its row every few seconds; a row that grows old without having been deleted is a run
nobody works on any more.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Final

import psycopg

from connectors.crm.database import connect
from connectors.crm.statements import load
from connectors.errors import DatabaseError

BEAT_SECONDS: Final = 10.0
# Six beats: a database that restarts must not look like a worker that died.
SILENT_SECONDS: Final = 60.0

_log: Final = logging.getLogger(__name__)


@contextmanager
def beating(url: str, run_id: str, *, every_seconds: float = BEAT_SECONDS) -> Iterator[None]:
    """Keep `run_id`'s heartbeat fresh while the block runs, and forget it afterwards."""
    ended = Event()
    _beat(url, run_id)
    thread = Thread(
        target=_keep_beating,
        args=(url, run_id, ended, every_seconds),
        name="heartbeat",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with connect(url, autocommit=True) as connection:
            forget(connection, [run_id])


def silent_runs(
    connection: psycopg.Connection[Any], *, silent_seconds: float = SILENT_SECONDS
) -> list[str]:
    """Return the ids of runs whose worker has not been heard of for `silent_seconds`."""
    rows = connection.execute(load("runs/silent"), {"silent_seconds": silent_seconds}).fetchall()
    return [str(row[0]) for row in rows]


def forget(connection: psycopg.Connection[Any], run_ids: Sequence[str]) -> None:
    """Delete the heartbeats of runs that have ended."""
    connection.execute(load("runs/end"), {"run_ids": list(run_ids)})


def _beat(url: str, run_id: str) -> None:
    with connect(url, application_name="storeloom heartbeat", autocommit=True) as connection:
        connection.execute(
            load("runs/beat"),
            {"run_id": run_id, "host": socket.gethostname(), "process_id": os.getpid()},
        )


def _keep_beating(url: str, run_id: str, ended: Event, every_seconds: float) -> None:
    while not ended.wait(every_seconds):
        try:
            _beat(url, run_id)
        except (DatabaseError, psycopg.Error) as error:
            # The work itself will notice a database that is gone; one missed beat is nothing.
            _log.warning("missed a heartbeat of run %s: %s", run_id, error)
