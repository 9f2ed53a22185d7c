"""Every id a store has, for finding what is gone: by pages of 250, or through a bulk operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.errors import Transient
from connectors.records import Stream
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import id_of
from connectors.shopify.bulk_reading import BulkReading, Job, Slice
from connectors.shopify.paging import pages
from connectors.shopify.settings import BulkMode, Settings
from connectors.shopify.sources import NAMES
from connectors.shopify.throttle import LARGEST_PAGE, PageSize

# A page of ids holds as much as ten or more pages of records, so pages stay cheaper for longer.
_RECORDS_PER_ID: Final = 10


class IdLists:
    """Lists the ids of one store's streams."""

    def __init__(self, api: ShopifyApi, bulk: BulkReading, settings: Settings) -> None:
        self._api = api
        self._bulk = bulk
        self._settings = settings

    def ids(self, stream: Stream, count: int | None) -> Iterator[str]:
        """Yield every id; `count`: how many there are about, None if unknown.

        One that cannot be read is left out: whatever a list leaves out is asked for by name before
        anything is done about it. Raises rather than end early.
        """
        is_large = count is not None and count >= self._settings.bulk_from * _RECORDS_PER_ID
        mode = self._settings.bulk
        if mode == BulkMode.ALWAYS or (mode == BulkMode.AUTO and is_large):
            nodes = self._through_bulk(stream, count)
        else:
            nodes = self._by_pages(stream)
        for node in nodes:
            external_id = id_of(node)
            if external_id is not None:
                yield external_id

    def _through_bulk(self, stream: Stream, count: int | None) -> Iterator[Mapping[str, Any]]:
        document = NAMES[stream].bulk_ids
        job = Job(name=document, document=document, children=None, slices=[Slice(query=None)])
        is_empty = True
        for chunk in self._bulk.chunks(job):
            is_empty = is_empty and not chunk.nodes
            yield from chunk.nodes
        if is_empty and count:
            raise Transient(
                f"a bulk operation listed none of the {count:,} {stream.value} that Shopify "
                "counts. The next run tries again.",
                store=self._api.store,
            )

    def _by_pages(self, stream: Stream) -> Iterator[Any]:
        names = NAMES[stream]
        size = PageSize(LARGEST_PAGE, largest=self._settings.page_size)
        for raw in pages(self._api, names.ids, names.counted.root, size=size):
            if raw.is_stuck or raw.errors:
                raise Transient(
                    f"{names.ids}: Shopify does not list all ids.", store=self._api.store
                )
            yield from raw.nodes
