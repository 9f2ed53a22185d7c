"""A folder of files as a store.

A file cannot be asked what changed in it. So a stream is read whole when any of its files changed
inside the window, and not at all otherwise; the content hash of each record keeps what stayed the
same from being written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any, Final

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.errors import BadRecord, Permanent
from connectors.files.mapping import map_rows
from connectors.files.plan import StreamPlan, plans_of
from connectors.files.reading import Shelf
from connectors.files.spool import Found, Unreadable
from connectors.glances import OrderGlance, glances
from connectors.records import Order, Record, Rejected, Stream
from connectors.services import Services

DEFAULT_PAGE: Final = 500
LARGEST_PAGE: Final = 10_000


class FilesConnector(Connector):
    """Reads one folder. Settings: README.md beside this file. There are no credentials."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,  # noqa: ARG002 - nothing to share with other processes
        sleep: Callable[[float], None] | None = None,  # noqa: ARG002 - there is nobody to wait for
    ) -> None:
        self.config = config
        self._plans = plans_of(config)
        size: object = config.settings.get("page_size", DEFAULT_PAGE)
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
            raise Permanent(
                f"`page_size` must be a whole number from 1 to {LARGEST_PAGE}.", store=config.key
            )
        self._page_size = size
        self._room = TemporaryDirectory(prefix="storeloom-files-")
        self._shelf = Shelf(config, self._room.name)

    def __repr__(self) -> str:
        return f"FilesConnector({self.config.key!r})"

    @property
    def api_calls(self) -> int:
        """Files read so far: there are no requests."""
        return self._shelf.files_read

    def probe(self) -> StoreProbe:
        """Check that every file is there and has the columns that the mapping names."""
        warnings = []
        for stream in Stream:
            plan = self._plans.get(stream)
            if plan is None:
                warnings.append(f"`mapping` names no {stream.value}: none will be read.")
                continue
            warnings += self._shelf.check(plan)
            if not plan.is_snapshot:
                warnings.append(
                    f"`mapping.{stream.value}.snapshot` is not true: a row that vanishes from its "
                    "file is no deletion."
                )
        first = next(iter(self._plans.values()))
        return StoreProbe(
            name=self._shelf.folder.path.name or "/",
            currency=first.currency,
            time_zone=first.parts[0].habits.time_zone,
            server_time=datetime.now(UTC),
            warnings=tuple(warnings),
        )

    def count(self, stream: Stream) -> int | None:
        """Return how many records the files hold; None unless they hold everything there is."""
        plan = self._plans.get(stream)
        if plan is None or not plan.is_snapshot:
            return None
        return self._shelf.spool(plan).count()

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield all records, by id, if any file changed since the window's start."""
        plan = self._plans.get(stream)
        if plan is None or not self._shelf.has_changed(plan, window.start):
            return
        spool = self._shelf.spool(plan)
        if window.resume is None:
            for some in spool.unreadable(size=self._page_size):
                yield _page(plan, [], [_refused(stream, one) for one in some])
        after = window.resume or ""
        for ids in spool.ids(after=after, size=self._page_size):
            found = spool.records(ids[0], ids[-1])
            yield self._mapped(plan, found, resume=ids[-1])
        yield _page(plan, [], [], complete_until=window.end)

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield the records of these ids; one that no file holds is gone if they hold all.

        Where they do not, nothing can be said of it: it is skipped.
        """
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return
        plan = self._plans.get(stream)
        if plan is None:
            yield Page(stream=stream, records=(), skipped=len(wanted), fetched=len(wanted))
            return
        spool = self._shelf.spool(plan)
        for begin in range(0, len(wanted), self._page_size):
            some = wanted[begin : begin + self._page_size]
            found = [one for one in map(spool.record, some) if one is not None]
            there = {one.external_id for one in found}
            missing = tuple(one for one in some if one not in there)
            if plan.is_snapshot:
                yield self._mapped(plan, found, gone=missing)
            else:
                yield self._mapped(plan, found, skipped=len(missing))

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the id of every record in the files."""
        plan = self._plans.get(stream)
        if plan is not None:
            for some in self._shelf.spool(plan).ids(size=self._page_size):
                yield from some

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance] | None:
        """Yield the orders placed in `[start, end)`; None unless the files hold all there are."""
        plan = self._plans.get(Stream.ORDERS)
        return None if plan is None or not plan.is_snapshot else self._placed(start, end)

    def oldest_order(self) -> datetime | None:
        """Return when the oldest order was placed; reads all of them."""
        oldest: datetime | None = None
        for page in self.read(Stream.ORDERS, Window(end=datetime.now(UTC))):
            for record in page.records:
                if isinstance(record, Order):
                    oldest = min(oldest or record.order_date, record.order_date)
        return oldest

    def close(self) -> None:
        """Forget what was read. Safe to call twice."""
        self._shelf.close()
        self._room.cleanup()

    def _placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance]:
        for page in self.read(Stream.ORDERS, Window(end=end)):
            yield from glances(page.records, page.rejected, start=start, end=end)

    def _mapped(
        self, plan: StreamPlan, found: Iterable[Found], *, skipped: int = 0, **promises: Any
    ) -> Page:
        records: list[Record] = []
        rejected: list[Rejected] = []
        for one in found:
            try:
                records.append(map_rows(plan, one.payload))
            except BadRecord as error:
                rejected.append(_rejected(plan.stream, one, error))
        return _page(plan, records, rejected, skipped=skipped, **promises)


def _page(
    plan: StreamPlan,
    records: list[Record],
    rejected: list[Rejected],
    *,
    skipped: int = 0,
    **promises: Any,
) -> Page:
    return Page(
        stream=plan.stream,
        records=tuple(records),
        rejected=tuple(rejected),
        skipped=skipped,
        fetched=len(records) + len(rejected) + skipped,
        **promises,
    )


def _rejected(stream: Stream, found: Found, error: BadRecord) -> Rejected:
    where = found.payload["places"][0]
    return Rejected(
        stream=stream,
        payload=found.payload,
        reason=f"{error.reason} ({where})",
        code=error.code,
        external_id=found.external_id,
    )


def _refused(stream: Stream, one: Unreadable) -> Rejected:
    return Rejected(stream=stream, payload=one.payload, reason=one.reason, code=one.code)
