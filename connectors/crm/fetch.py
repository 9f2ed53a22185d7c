"""Pages fetched ahead of the loader, a bounded number of them.

The network and PostgreSQL are waited for at the same time, and memory stays flat however long the
history: when the loader falls behind, the reader stands still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event, Thread
from types import TracebackType
from typing import Final

import msgspec

from connectors.base import Page
from connectors.crm.shortening import shortened

# One batch of the largest pages: the next is read while the last is written.
PAGES_AHEAD: Final = 40


class _End:
    """The last thing in the queue: the reading is over, by itself or by `error`."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class PagesAhead:
    """Iterates over what `read` yields, with a thread reading ahead inside the `with` block.

    What `read` raises is raised here, after the pages that came before it. Leaving the block early
    stops the reader at its next page.
    """

    def __init__(self, read: Callable[[], Iterator[Page]], *, ahead: int = PAGES_AHEAD) -> None:
        self._read = read
        self._queue: Queue[Page | _End] = Queue(maxsize=ahead)
        self._stopped = Event()
        self._is_drained = False
        self._reader = Thread(target=self._fetch, name="pages-ahead", daemon=True)

    def __enter__(self) -> PagesAhead:
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        while not self._is_drained:
            self._is_drained = isinstance(self._queue.get(), _End)
        self._reader.join()

    def __iter__(self) -> Iterator[Page]:
        while not self._is_drained:
            item = self._queue.get()
            if isinstance(item, _End):
                self._is_drained = True
                if item.error is not None:
                    raise item.error
                return
            yield item

    def _fetch(self) -> None:
        end = _End()
        try:
            pages = self._read()
            for page in pages:
                self._queue.put(_light(page))
                if self._stopped.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - carried over to the other thread, not lost
            end = _End(error)
        self._queue.put(end)


def _light(page: Page) -> Page:
    """Return the page without the megabytes it may have been refused for, before it waits."""
    if not page.rejected:
        return page
    return msgspec.structs.replace(page, rejected=shortened(page.rejected))
