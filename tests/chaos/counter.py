"""The connector of a chaos shop: what its API answers, where it breaks, and what it has told.

The model believes what was told and committed, no more. A reading that breaks off loses what
had not made a full batch yet only when the process dies; after a fault of the store it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Connector, Known, Page, StoreConfig, StoreProbe, Window
from connectors.errors import StoreError, Transient
from connectors.records import Order, Record, Rejected, Stream
from tests.chaos.shop import Shop


class Killed(RuntimeError):
    """The process dies here; nothing of ours knows this exception."""


@dataclass(frozen=True)
class Told:
    """One committed step: a batch of records and refusals, or ids that are gone."""

    stream: Stream
    records: tuple[Record, ...] = ()
    gone: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    by_name: bool = False


@dataclass
class Counter(Connector):
    """A shop's API for one sync. `breaks_at`: the call that fails; `is_fatal`: it kills us.

    `meanwhile`: called once, at the first safe place from call `meanwhile_at` on: something happens
    in the shop, or another store syncs.
    """

    config: StoreConfig
    shop: Shop
    page_size: int = 3
    batch_records: int = 4_000
    is_resumable: bool = False
    breaks_at: int | None = None
    is_fatal: bool = False
    meanwhile_at: int | None = None
    meanwhile: Callable[[], None] | None = None
    calls: int = 0
    told: list[Told] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    read_customers: set[str] = field(default_factory=set)

    @property
    def api_calls(self) -> int:
        return self.calls

    @property
    def scanned_streams(self) -> frozenset[Stream]:
        return frozenset({Stream.CUSTOMERS} if self.shop.flavour.scans_customers else ())

    def _call(self, *, is_safe: bool = True) -> None:
        """Count a call; `is_safe`: all that was told before is committed by now."""
        self.calls += 1
        if self.breaks_at is not None and self.calls >= self.breaks_at:
            self.breaks_at = None
            raise Killed if self.is_fatal else Transient("away", store=self.config.key)
        if is_safe and self.meanwhile is not None and self.calls >= (self.meanwhile_at or 0):
            happens, self.meanwhile = self.meanwhile, None
            happens()

    def probe(self) -> StoreProbe:
        self._call()
        return StoreProbe(name="Chaos", currency="USD", time_zone="UTC", server_time=self.shop.now)

    def count(self, stream: Stream) -> int | None:
        self._call()
        return len(self.shop.live(stream))

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        mark = None
        if window.resume:
            at, _, external_id = window.resume.partition("|")
            mark = (datetime.fromisoformat(at), external_id)
        pending: list[Record] = []
        number = 0
        try:
            while True:
                self._call(is_safe=number == 0)
                left = self._changed(stream, window, mark)
                some, rest = left[: self.page_size], left[self.page_size :]
                if some:
                    mark = _place(some[-1])
                pending += some
                is_cut = bool(rest) and self.is_resumable and mark is not None
                self._note(stream, some)
                if len(pending) >= self.batch_records or not rest:
                    self._tell(stream, pending)
                    pending = []
                number += 1
                records, refused = self._sorted(stream, some)
                yield Page(
                    stream=stream,
                    records=records,
                    rejected=refused,
                    fetched=len(some),
                    complete_until=mark[0] if mark and stream not in self.scanned_streams else None,
                    resume=f"{mark[0].isoformat()}|{mark[1]}" if is_cut and mark else None,
                )
                if not rest:
                    return
        except StoreError:
            self._tell(stream, pending)
            raise

    def _changed(
        self, stream: Stream, window: Window, mark: tuple[datetime, str] | None
    ) -> list[Record]:
        records = self.shop.of(stream).values()
        if stream not in self.scanned_streams:
            records = [
                one
                for one in records
                if one.source_updated_at < window.end
                and (window.start is None or one.source_updated_at >= window.start)
            ]
        return sorted((one for one in records if mark is None or _place(one) > mark), key=_place)

    def _note(self, stream: Stream, records: Collection[Record]) -> None:
        for one in records:
            if isinstance(one, Order) and one.customer_external_id:
                self.named.add(one.customer_external_id)
            elif stream is Stream.CUSTOMERS:
                self.read_customers.add(one.external_id)

    def _sorted(
        self, stream: Stream, records: Collection[Record]
    ) -> tuple[tuple[Record, ...], tuple[Rejected, ...]]:
        """Return the records that can be mapped, and what the others come to."""
        bad = {one.external_id for one in records if (stream, one.external_id) in self.shop.spoiled}
        return tuple(one for one in records if one.external_id not in bad), tuple(
            Rejected(
                stream=stream,
                payload={"id": one, "total": "a lot"},
                reason="the total is no number",
                code="bad_amount",
                external_id=one,
            )
            for one in sorted(bad)
        )

    def _tell(self, stream: Stream, records: Collection[Record], *, by_name: bool = False) -> None:
        if records:
            good, bad = self._sorted(stream, records)
            names = tuple(str(one.external_id) for one in bad)
            self.told.append(Told(stream, good, refused=names, by_name=by_name))

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        self._call()
        there = self.shop.of(stream)
        found = tuple(there[one] for one in dict.fromkeys(ids) if one in there)
        gone = tuple(one for one in dict.fromkeys(ids) if one not in there)
        self._note(stream, found)
        self._tell(stream, found, by_name=True)
        if gone:
            self.told.append(Told(stream, gone=gone))
        good, bad = self._sorted(stream, found)
        yield Page(stream=stream, records=good, rejected=bad, fetched=len(found), gone=gone)

    def list_ids(self, stream: Stream) -> Iterator[str]:
        self._call()
        yield from self.shop.live(stream)

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:
        """As the connectors do it: named customers, and refunds that are not those we have."""
        if stream is Stream.CUSTOMERS:
            yield from sorted(self.named - self.read_customers - known.ids(stream))
        elif stream is Stream.ORDERS and self.shop.flavour.forgets_refunds:
            ours = known.refunds()
            theirs = {
                key: frozenset(one.external_id for one in order.refunds)
                for key, order in self.shop.orders.items()
                if order.refunds
            }
            ids = known.ids(stream)
            for key in sorted(ours.keys() | theirs.keys()):
                if theirs.get(key) != ours.get(key) and (key in ours or key in ids):
                    yield key

    def deleted_ids(self, stream: Stream, window: Window) -> Iterator[str]:
        if not self.shop.flavour.has_feed:
            return
        self._call()
        start = window.start
        yield from (
            external_id
            for kind, external_id, at in self.shop.feed
            if kind is stream and (start is None or at >= start)
        )

    def oldest_order(self) -> datetime | None:
        return min((one.order_date for one in self.shop.orders.values()), default=None)

    def close(self) -> None:
        pass


def _place(record: Record) -> tuple[datetime, str]:
    assert record.source_updated_at is not None
    return record.source_updated_at, record.external_id
