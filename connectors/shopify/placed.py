"""Orders at a glance, by when they were placed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from connectors.errors import Transient
from connectors.glances import OrderGlance, glances
from connectors.records import Stream
from connectors.shopify.api import ShopifyApi
from connectors.shopify.batch import Batch
from connectors.shopify.nested import NestedLists
from connectors.shopify.paging import pages
from connectors.shopify.taking import Taker
from connectors.shopify.throttle import PageSize
from connectors.shopify.windows import stamp

NAME: Final = "orders_placed"


def placed(
    api: ShopifyApi,
    taker: Taker,
    nested: NestedLists,
    size: PageSize,
    span: tuple[datetime, datetime],
) -> Iterator[OrderGlance]:
    """Yield the live orders placed in `span`; raises Transient rather than end early.

    Whole seconds go out and what comes is sifted, as everywhere with Shopify's filters.
    """
    start, end = span
    variables = {
        "query": f"processed_at:>='{stamp(start)}' AND processed_at:<'{stamp(end)}'",
        "fulfillments": nested.orders["fulfillments"],
    }
    for raw in pages(api, NAME, "orders", size=size, variables=variables):
        if raw.is_stuck:
            raise Transient(f"{NAME}: Shopify does not list all orders.", store=api.store)
        batch = Batch(Stream.ORDERS)
        for index, node in enumerate(raw.nodes):
            taker.take(batch, node, raw.errors.get(index))
        page = batch.page(complete_until=None)
        yield from glances(page.records, page.rejected, start=start, end=end)
