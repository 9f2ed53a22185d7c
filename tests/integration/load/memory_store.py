"""A store whose API is a Python object: the Connector protocol, implemented over a dict.

Small enough to read, honest enough to trust: it keeps a clock, filters by window, pages, counts its
calls, and breaks when told to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.base import Connector, Known, Page, StoreConfig, StoreProbe, Window
from connectors.errors import Permanent
from connectors.glances import OrderGlance, glances
from connectors.records import (
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Record,
    Rejected,
    Stream,
)

DAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def customer(external_id: str, **fields: Any) -> Customer:
    return Customer(
        **{
            "external_id": external_id,
            "email": f"c{external_id}@example.com",
            "full_name": f"Customer {external_id}",
            "source_created_at": DAY,
            "source_updated_at": DAY,
            **fields,
        }
    )


def product(external_id: str, **fields: Any) -> Product:
    return Product(
        **{
            "external_id": external_id,
            "name": f"Product {external_id}",
            "price": Decimal("9.90"),
            "currency": "USD",
            "source_updated_at": DAY,
            **fields,
        }
    )


def order(external_id: str, **fields: Any) -> Order:
    return Order(
        **{
            "external_id": external_id,
            "order_number": f"#{external_id}",
            "status": OrderStatus.PROCESSING,
            "currency": "USD",
            "total": Decimal("100.00"),
            "order_date": DAY,
            "lines": (OrderLine(name="Mug", quantity=Decimal(1), product_external_id="1"),),
            "source_updated_at": DAY,
            **fields,
        }
    )


class MemoryStore(Connector):
    """A store over lists of records. `feed`: what its list of deletions names, hints: `hinted`.

    `late`: states that its lists show instead of today's, by id.
    """

    def __init__(self, config: StoreConfig, *records: Record, page_size: int = 3) -> None:
        self.config = config
        self.records: dict[Stream, dict[str, Record]] = {stream: {} for stream in Stream}
        self.rejected: list[Rejected] = []
        self.skipped = 0
        self.page_size = page_size
        self.now = DAY + timedelta(days=1)
        self.windows: list[tuple[Stream, Window]] = []
        self.before_page: Callable[[Stream, int], None] = lambda _stream, _number: None
        self.is_resumable = False
        self.scanned: frozenset[Stream] = frozenset()
        self.feed: dict[Stream, list[str]] = {stream: [] for stream in Stream}
        self.feed_windows: list[Window] = []
        self.hinted: dict[Stream, list[str]] = {stream: [] for stream in Stream}
        self.asked: list[tuple[Stream, tuple[str, ...]]] = []
        self.listed: list[Stream] = []
        self.unlisted: set[str] = set()
        self.late: dict[str, Record] = {}
        self.refused: set[str] = set()
        self.can_count = True
        self.tells_days = True
        self.spans: list[tuple[datetime, datetime]] = []
        self.counts_skipped = False
        self.counts_nameless = True
        self.calls = 0
        self.put(*records)

    @property
    def api_calls(self) -> int:
        return self.calls

    def put(self, *records: Record) -> None:
        for record in records:
            self.records[stream_of(record)][record.external_id] = record

    def probe(self) -> StoreProbe:
        self.calls += 1
        return StoreProbe(name="Memory", currency="USD", time_zone="UTC", server_time=self.now)

    @property
    def scanned_streams(self) -> frozenset[Stream]:
        return self.scanned

    def remove(self, *records: Record) -> None:
        for record in records:
            del self.records[stream_of(record)][record.external_id]

    def count(self, stream: Stream) -> int | None:
        self.calls += 1
        if not self.can_count:
            return None
        live = sum(1 for one in self.records[stream].values() if not one.is_deleted)
        rejected = sum(
            1
            for one in self.rejected
            if one.stream is stream and (one.external_id or self.counts_nameless)
        )
        return live + rejected + (self.skipped if self.counts_skipped else 0)

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        self.windows.append((stream, window))
        changed = sorted(
            (
                one
                for one in self.records[stream].values()
                if stream in self.scanned or _inside(one, window)
            ),
            key=lambda one: (one.source_updated_at or DAY, one.external_id),
        )
        first = int(window.resume) if window.resume else 0
        rejected = [one for one in self.rejected if one.stream is stream]
        starts = range(first, max(len(changed), 1), self.page_size)
        for number, start in enumerate(starts):
            self.before_page(stream, number)
            self.calls += 1
            records = [
                self.late.get(one.external_id, one)
                for one in changed[start : start + self.page_size]
            ]
            is_first, is_last = start == 0, start + self.page_size >= len(changed)
            bad, skipped = (rejected, self.skipped) if is_first else ([], 0)
            yield Page(
                stream=stream,
                records=tuple(records),
                rejected=tuple(bad),
                skipped=skipped,
                fetched=len(records) + len(bad) + skipped,
                complete_until=records[-1].source_updated_at if records else None,
                resume=str(start + self.page_size) if self.is_resumable and not is_last else None,
            )

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        self.asked.append((stream, tuple(ids)))
        self.calls += 1
        if self.refused.intersection(ids):
            raise Permanent("it may not be read", store=self.config.key)
        found = [self.records[stream][one] for one in ids if one in self.records[stream]]
        named = {one.external_id for one in self.rejected if one.stream is stream}
        yield Page(
            stream=stream,
            records=tuple(found),
            fetched=len(found),
            gone=tuple(one for one in ids if one not in self.records[stream] and one not in named),
        )

    def list_ids(self, stream: Stream) -> Iterator[str]:
        self.listed.append(stream)
        yield from (
            one
            for one, record in self.records[stream].items()
            if not record.is_deleted and one not in self.unlisted
        )
        yield from (
            one.external_id for one in self.rejected if one.stream is stream and one.external_id
        )

    def unannounced(self, stream: Stream, known: Known) -> Iterator[str]:
        del known
        yield from self.hinted[stream]

    def deleted_ids(self, stream: Stream, window: Window) -> Iterator[str]:
        self.feed_windows.append(window)
        yield from self.feed[stream]

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance] | None:
        if not self.tells_days:
            return None
        self.spans.append((start, end))
        self.calls += 1
        return glances(
            self.records[Stream.ORDERS].values(),
            [one for one in self.rejected if one.stream is Stream.ORDERS],
            start=start,
            end=end,
        )

    def oldest_order(self) -> datetime | None:
        return None

    def close(self) -> None:
        pass


def stream_of(record: Record) -> Stream:
    if isinstance(record, Customer):
        return Stream.CUSTOMERS
    return Stream.PRODUCTS if isinstance(record, Product) else Stream.ORDERS


def _inside(record: Record, window: Window) -> bool:
    at = record.source_updated_at
    if at is None:
        return True
    return at < window.end and (window.start is None or at >= window.start)


def lines(*names: str) -> Sequence[OrderLine]:
    return tuple(OrderLine(name=name, quantity=Decimal(1)) for name in names)
