"""A list read through bulk operations: started, waited for, downloaded, counted, joined.

A reading that breaks off goes on with the operation it had: starting anew would cost a large store
its hours. What an operation claims to have counted is compared with the rows of its file before
the first of them is handed over, because a connector that did not once took an empty file for an
empty store and moved its cursor past everything.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from connectors.errors import Transient
from connectors.shopify.bulk import BulkOperations, BulkUnusable, Operation
from connectors.shopify.documents import bulk_document
from connectors.shopify.joining import Joined
from connectors.shopify.storage import LinkRefused, Storage

_logger: Final = logging.getLogger(__name__)

CHUNK: Final = 500
# Operations for one slice, and links for one file, before the reading gives up.
_OPERATIONS: Final = 3
_LINKS: Final = 3
# A look costs a call: the longer it has taken, the longer the next look can wait.
_WAIT_SHARE: Final = 0.3
_SHORTEST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 300.0
# Slept in pieces, so that whoever reads can stop in between.
_PIECE_SECONDS: Final = 10.0


class Slice(msgspec.Struct, kw_only=True):
    """A part of a list with its own operation, None while that is not started."""

    query: str | None
    operation: str | None = None


class Job(msgspec.Struct, kw_only=True):
    """A reading and how far it is: `at` the slice in hand, `done` parents of it handed over.

    Kept as text between runs. It holds no secret.
    """

    name: str
    document: str
    children: str | None
    slices: list[Slice]
    at: int = 0
    done: int = 0

    @property
    def mark(self) -> str:
        """The job as text."""
        return msgspec.json.encode(self).decode()


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Parents with their children; none of them while the reading waits."""

    nodes: tuple[dict[str, Any], ...]
    mark: str


class BulkReading:
    """Reads jobs of one store, one after the other.

    `wait_seconds`: how long a job may wait for Shopify in one run; the next run goes on with it.
    """

    def __init__(
        self,
        store: str,
        operations: BulkOperations,
        storage: Storage,
        *,
        wait_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._operations = operations
        self._storage = storage
        self._budget = wait_seconds
        self._sleep = sleep
        self._clock = clock

    def chunks(self, job: Job) -> Iterator[Chunk]:
        """Yield everything from where `job` is, with empty chunks while Shopify works.

        Raises BulkUnusable when several operations in a row came to nothing, Transient when time is
        up or the file cannot be had, and what a call raises.
        """
        began = self._clock()
        while job.at < len(job.slices):
            yield from self._slice(job, began)
            job.at += 1
            job.done = 0

    def _slice(self, job: Job, began: float) -> Iterator[Chunk]:
        for attempt in range(1, _OPERATIONS + 1):
            try:
                operation = yield from self._finished(job, began)
                yield from self._rows(job, operation)
            except BulkUnusable as failure:
                _logger.warning("%s (attempt %d of %d)", failure, attempt, _OPERATIONS)
                if attempt == _OPERATIONS:
                    raise
                job.slices[job.at].operation = None
                job.done = 0
            else:
                return

    def _finished(self, job: Job, began: float) -> Generator[Chunk, None, Operation]:
        """Return the finished operation of the slice in hand, starting what can be started."""
        since = self._clock()
        current = job.slices[job.at]
        while True:
            if current.operation is None:
                current.operation = self._start(job, current)
            if current.operation is not None:
                self._start_others(job)
                operation = self._operations.finished(current.operation)
                if operation is not None:
                    return operation
            yield from self._wait(job, since, began)

    def _start(self, job: Job, one: Slice) -> str | None:
        return self._operations.start(bulk_document(job.document, one.query))

    def _start_others(self, job: Job) -> None:
        """Start the slices to come, as many as there is room for."""
        for one in job.slices[job.at + 1 :]:
            if one.operation is None:
                one.operation = self._start(job, one)
                if one.operation is None:
                    return

    def _wait(self, job: Job, since: float, began: float) -> Iterator[Chunk]:
        now = self._clock()
        if now - began >= self._budget:
            raise Transient(
                f"Shopify is still busy with the bulk operation for {job.name} after "
                f"{self._budget / 60:,.0f} minutes. The next run goes on with it; a larger "
                "`bulk_wait_seconds` in the store's settings waits longer.",
                store=self._store,
            )
        share = random.uniform(0.8, 1.2) * _WAIT_SHARE  # noqa: S311 - jitter, no secret
        left = min(max((now - since) * share, _SHORTEST_WAIT), _LONGEST_WAIT)
        while left > 0:
            yield Chunk(nodes=(), mark=job.mark)
            piece = min(left, _PIECE_SECONDS)
            self._sleep(piece)
            left -= piece

    def _rows(self, job: Job, operation: Operation) -> Iterator[Chunk]:
        if operation.objects == 0:
            return
        expected = operation.objects or 0
        with Joined(self._store, expected=expected, children=job.children) as joined:
            self._download(operation, joined)
            self._compare(job, operation, joined)
            left = islice(joined.nodes(), job.done, None)
            while nodes := tuple(islice(left, CHUNK)):
                job.done += len(nodes)
                yield Chunk(nodes=nodes, mark=job.mark)

    def _download(self, operation: Operation, joined: Joined) -> None:
        """Fetch the file into `joined`, asking for another link where one is refused."""
        for _ in range(_LINKS):
            if operation.url is None:
                raise BulkUnusable(
                    f"a bulk operation counted {operation.objects} objects and has no file.",
                    store=self._store,
                )
            try:
                self._storage.read(operation.url, joined.fill)
            except LinkRefused:
                operation = self._operations.finished(operation.id) or operation
            else:
                return
        raise BulkUnusable("every link to a bulk result is refused.", store=self._store)

    def _compare(self, job: Job, operation: Operation, joined: Joined) -> None:
        told = (operation.objects, operation.roots)
        if told == (joined.rows, joined.roots):
            return
        raise BulkUnusable(
            f"a bulk operation for {job.name} counted {told[0]} objects, {told[1]} of them at the "
            f"root, but its file has {joined.rows} and {joined.roots}. None of it was taken. If "
            'this persists, set `bulk` to "never" in the store\'s settings to read by pages.',
            store=self._store,
        )


def job_of(mark: str | None) -> Job | None:
    """Return the job that was kept as `mark`, None where there is none that can be read."""
    if not mark:
        return None
    try:
        return msgspec.json.decode(mark, type=Job)
    except ValueError:
        _logger.warning("the mark of an unfinished bulk reading cannot be read; starting anew")
        return None
