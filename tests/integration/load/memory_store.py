"""A store whose API is a Python object: the Connector protocol, implemented over a dict.

Small enough to read, honest enough to trust: it keeps a clock, filters by window, pages, counts its
calls, and breaks when told to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.base import Page, StoreConfig, StoreProbe, Window
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


class MemoryStore:
    """Implements `connectors.base.Connector` over lists of records."""

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

    def count(self, stream: Stream) -> int | None:
        return len(self.records[stream])

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        self.windows.append((stream, window))
        changed = sorted(
            (one for one in self.records[stream].values() if _inside(one, window)),
            key=lambda one: (one.source_updated_at or DAY, one.external_id),
        )
        first = int(window.resume) if window.resume else 0
        rejected = [one for one in self.rejected if one.stream is stream]
        starts = range(first, max(len(changed), 1), self.page_size)
        for number, start in enumerate(starts):
            self.before_page(stream, number)
            self.calls += 1
            records = changed[start : start + self.page_size]
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

    def list_ids(self, stream: Stream) -> Iterator[str]:
        yield from self.records[stream]

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
