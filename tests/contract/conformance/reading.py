"""Reading in the conformance suite: every page is held to what `Page` promises."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from contract.conformance.shops import NewOrder, Shop

from connectors.base import Connector, Page, Window
from connectors.records import Customer, Order, Product, Record, Stream, content_hash

# A window's end is exclusive and stores keep whole seconds: this one holds what happens meanwhile.
SOON = timedelta(minutes=2)
KIND: dict[Stream, type[Record]] = {
    Stream.CUSTOMERS: Customer,
    Stream.PRODUCTS: Product,
    Stream.ORDERS: Order,
}


def now(connector: Connector) -> datetime:
    """Return the store's clock."""
    return connector.probe().server_time or datetime.now(UTC)


def a_second_later(connector: Connector) -> None:
    """Return when the store's clock has left the present second.

    A sync's window ends before the second it begins in, so that nothing of a second is read while
    the rest of it may still happen: what was just done belongs to a sync that begins later.
    """
    began = now(connector)
    while now(connector) - began < timedelta(seconds=1):
        time.sleep(0.05)


def everything(connector: Connector) -> Window:
    """Return a window over all there is, what changes during the test included."""
    return Window(end=now(connector) + SOON)


def checked(pages: Iterable[Page], stream: Stream) -> Iterator[Page]:
    """Yield the pages, each held to its promises."""
    complete = datetime.min.replace(tzinfo=UTC)
    for page in pages:
        assert page.stream is stream
        assert page.fetched == len(page.records) + len(page.rejected) + page.skipped
        assert not page.gone, "only `read_ids` may tell what is gone"
        for record in page.records:
            assert isinstance(record, KIND[stream])
            changed = record.source_updated_at
            assert changed is None or changed >= complete, "older than what was called complete"
        if page.complete_until is not None:
            assert page.complete_until >= complete, "completeness moves forward only"
            complete = page.complete_until
        yield page


def read(connector: Connector, stream: Stream, window: Window | None = None) -> list[Page]:
    """Read a stream to its end."""
    pages = connector.read(stream, window or everything(connector))
    return list(checked(pages, stream))


def records(pages: Iterable[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def living(pages: Iterable[Page]) -> list[str]:
    """Return the ids of the records that are not deleted; one read twice stands here twice."""
    return [record.external_id for record in records(pages) if not record.is_deleted]


def by_id(pages: Iterable[Page]) -> dict[str, Record]:
    """Return the latest reading of each record."""
    return {record.external_id: record for record in records(pages)}


def hashes(pages: Iterable[Page]) -> dict[str, bytes | str]:
    return {name: content_hash(record) for name, record in by_id(pages).items()}


def doubles(pages: Iterable[Page]) -> list[str]:
    return [name for name, times in Counter(living(pages)).items() if times > 1]


def by_name(connector: Connector, stream: Stream, ids: Iterable[str]) -> list[Page]:
    """Ask for records by their ids; every id must be answered exactly once."""
    asked = list(ids)
    pages = list(connector.read_ids(stream, asked))
    answered: Counter[str] = Counter()
    skipped = 0
    for page in pages:
        assert page.stream is stream
        assert page.fetched == len(page.records) + len(page.rejected) + page.skipped
        assert page.complete_until is None, "reading by name completes nothing"
        answered.update(record.external_id for record in page.records)
        answered.update(str(one.external_id) for one in page.rejected)
        answered.update(page.gone)
        skipped += page.skipped
    assert all(times == 1 for times in answered.values()), "an id was answered twice"
    assert set(answered) <= set(asked), "what was not asked for came"
    assert len(asked) == len(answered) + skipped, "an id was not answered"
    return pages


def gone(pages: Iterable[Page]) -> set[str]:
    return {name for page in pages for name in page.gone}


def some_of(shop: Shop, stream: Stream, number: int) -> list[str]:
    """Put `number` fresh records of the stream into the shop and return their ids."""
    return [_put(shop, stream, position) for position in range(number)]


def _put(shop: Shop, stream: Stream, position: int) -> str:
    if stream is Stream.CUSTOMERS:
        return shop.put_customer(email=f"nora{position}@example.com")
    if stream is Stream.PRODUCTS:
        return shop.put_product(name=f"Thing {position}")
    return shop.put_order(NewOrder(email=f"gail{position}@example.com"))
