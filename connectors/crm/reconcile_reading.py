"""Reading records of one store again, by name and by force, until nothing waits any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from connectors.base import Connector, StoreConfig
from connectors.crm.guard import DeletionGuard
from connectors.crm.known import KnownRecords
from connectors.crm.loader import Loader
from connectors.crm.reconcile_rows import WHOLE_ROW, StoreRows
from connectors.crm.results import StreamResult
from connectors.crm.settle import Settling
from connectors.errors import AuthFailed, StoreError, Transient
from connectors.records import Stream

_AT_ONCE: Final = 100
# A record read again may name others, and these others again.
_ROUNDS: Final = 4


class Reading:
    """The store's side of a reconciliation, with a budget of `calls`.

    `error`: the first fault of the store that concerned some records only, the guard's for
    instance; the comparison goes on and finds them still different. `changed`: rows that reading
    them again really changed, with the columns, none for a row that had not been there.
    """

    def __init__(
        self, loader: Loader, reader: Connector, config: StoreConfig, *, now: datetime, calls: int
    ) -> None:
        self.loader: Final = loader
        self.reader: Final = reader
        self.known: Final = KnownRecords(loader)
        self.error: StoreError | None = None
        self.changed: Final[dict[Stream, dict[str, tuple[str, ...]]]] = {
            stream: {} for stream in Stream
        }
        self._calls = calls
        self._before = reader.api_calls
        self._rows = StoreRows(loader)
        began = loader.clock()
        self._settlings = {
            stream: Settling(
                loader=loader,
                reader=reader,
                config=config,
                stream=stream,
                known=self.known,
                position=loader.position(stream),
                began=began,
                end=now,
                catch_up=None,
                outcome=StreamResult(),
                guard=DeletionGuard(config, stream, is_accepted=False),
            )
            for stream in Stream
        }

    @property
    def is_spent(self) -> bool:
        """Whether the budget of calls is used up."""
        return self.calls_left <= 0

    @property
    def calls_left(self) -> int:
        """How many calls may still be made."""
        return self._calls - (self.reader.api_calls - self._before)

    def again(self, stream: Stream, ids: Collection[str], *, most: int) -> set[str]:
        """Read these again, at most so many and while calls are left; return those asked for.

        A hundred are asked for in any case: a difference that is known is not left to tomorrow.
        """
        asked: set[str] = set()
        for some in _portions(sorted(ids)[:most]):
            if asked and self.is_spent:
                break
            before = self._rows.images(stream, some)
            self._rows.ask_for(stream, some)
            self._look_again()
            self._note(stream, before, self._rows.images(stream, some))
            asked.update(some)
        return asked

    def _note(
        self,
        stream: Stream,
        before: Mapping[str, Mapping[str, Any]],
        after: Mapping[str, Mapping[str, Any]],
    ) -> None:
        for external_id, image in after.items():
            old = before.get(external_id)
            columns = WHOLE_ROW if old is None else tuple(n for n in image if image[n] != old[n])
            if columns or old is None:
                self.changed[stream].setdefault(external_id, columns)

    def _look_again(self) -> None:
        for _ in range(_ROUNDS):
            waiting = sorted(self.loader.waiting_streams())
            if not waiting:
                return
            for stream in map(Stream, waiting):
                try:
                    self._settlings[stream].look_again()
                except (AuthFailed, Transient):
                    raise
                except StoreError as error:
                    self.error = self.error or error
                    return


def _portions(ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
