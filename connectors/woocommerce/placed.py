"""Orders at a glance, by when they were made: a hundred a call, at a tenth of their weight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from connectors.glances import OrderGlance, glances
from connectors.records import Stream
from connectors.woocommerce.abilities import Abilities
from connectors.woocommerce.listings import page_of
from connectors.woocommerce.paging import Pager
from connectors.woocommerce.reading import Reader
from connectors.woocommerce.spans import ANY_ZONE, Span, whole_second

_EVERYTHING: Final = Span(None, None)


def placed(
    reader: Reader, pager: Pager, abilities: Abilities, start: datetime, end: datetime
) -> Iterator[OrderGlance]:
    """Yield the live orders made in `[start, end)`; raises rather than end in doubt."""
    start, end = whole_second(start), whole_second(end)
    for listing in abilities.orders.live:
        # Where bounds are read as local time, more is asked for and sifted.
        pad = timedelta() if abilities.compares_utc(listing) else ANY_ZONE
        fetch = reader.fetch_glances(listing.created_in(start - pad, end + pad))
        for part in pager.by_id(fetch, _EVERYTHING, is_exact=True):
            page = page_of(Stream.ORDERS, part)
            yield from glances(page.records, page.rejected, start=start, end=end)
