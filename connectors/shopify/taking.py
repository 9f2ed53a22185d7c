"""One element of an answer, completed and mapped into the page in the making.

The same for elements of a page, of a bulk result and for those asked for by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.base import StoreConfig
from connectors.errors import BadRecord
from connectors.records import Customer, Order, Record, Stream
from connectors.shopify.batch import Batch, id_of
from connectors.shopify.failures import FieldError
from connectors.shopify.mapping import map_payload
from connectors.shopify.nested import NestedLists
from connectors.shopify.sightings import Sightings
from connectors.shopify.windows import changed_at


class Taker:
    """Takes elements of one store into batches."""

    def __init__(self, config: StoreConfig, nested: NestedLists, sightings: Sightings) -> None:
        self._config = config
        self._nested = nested
        self._sightings = sightings

    def take(
        self,
        batch: Batch,
        node: Any,
        error: FieldError | None = None,
        *,
        is_uncut: bool = False,
    ) -> None:
        """Take a customer or an order; with `error` it goes to quarantine.

        `is_uncut`: its plain lists were asked for without a limit.
        """
        if error is not None:
            batch.reject(node, BadRecord(error.reason, code="partial_answer"))
            return
        if batch.stream is Stream.ORDERS:
            try:
                node = self._nested.complete_order(node, is_uncut=is_uncut)
            except BadRecord as reason:
                batch.reject(node, reason)
                return
        batch.add(node, lambda: self._mapped(batch.stream, node))

    def take_product(
        self, batch: Batch, product: Any, currency: str | None, error: FieldError | None = None
    ) -> None:
        """Take a product as its variants; one that cannot be read whole is rejected itself."""
        if error is not None:
            batch.reject(product, BadRecord(error.reason, code="partial_answer"))
            return
        try:
            variants, parent = self._nested.variants_of(product)
        except BadRecord as reason:
            batch.reject(product, reason)
            return
        found = {one for variant in variants if (one := id_of(variant)) is not None}
        self._sightings.product(id_of(product), found)
        for variant in variants:
            self.take_variant(batch, {**variant, "product": parent}, currency)

    def take_variant(
        self, batch: Batch, variant: Any, currency: str | None, error: FieldError | None = None
    ) -> None:
        """Take a variant with its product, unless this very state of it was taken before."""
        if batch.is_repeated(variant, changed_at(variant, "product")):
            return
        if error is not None:
            batch.reject(variant, BadRecord(error.reason, code="partial_answer"))
            return
        is_object = isinstance(variant, Mapping)
        payload = {**variant, "shopCurrency": currency} if is_object else variant
        batch.add(payload, lambda: self._mapped(Stream.PRODUCTS, payload))

    def _mapped(self, stream: Stream, payload: Any) -> Record | None:
        record = map_payload(stream, payload, self._config)
        if isinstance(record, Customer):
            self._sightings.customer(record.external_id)
        elif isinstance(record, Order):
            self._sightings.order_of(record.customer_external_id)
        return record


def shop_currency(data: Mapping[str, Any]) -> str | None:
    """Return the store's currency as it stands beside a page, None where it does not."""
    shop = data.get("shop")
    currency = shop.get("currencyCode") if isinstance(shop, Mapping) else None
    return currency if isinstance(currency, str) else None
