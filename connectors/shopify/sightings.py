"""What an increment came across, for finding what changed without a date of its own.

A variant that is deleted leaves nothing but a changed product that lacks it, and no feed names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.base import Known
from connectors.records import Stream


class Sightings:
    """The products and people of a connector's increments; a full reading needs none of it."""

    def __init__(self) -> None:
        self.is_watching = False
        self._variants: dict[str, set[str]] = {}
        self._customers_read: set[str] = set()
        self._customers_named: set[str] = set()

    def product(self, product_id: str | None, variant_ids: set[str]) -> None:
        """Note a product as it was read, with every variant it has."""
        if self.is_watching and product_id is not None:
            self._variants[product_id] = variant_ids

    def customer(self, customer_id: str) -> None:
        """Note a customer that was read."""
        if self.is_watching:
            self._customers_read.add(customer_id)

    def order_of(self, customer_id: str | None) -> None:
        """Note whose order was read."""
        if self.is_watching and customer_id is not None:
            self._customers_named.add(customer_id)

    def lost_variants(self, known: Known) -> Iterator[str]:
        """Yield the variants that the CRM knows of a product and the product has no more."""
        for product_id, variant_ids in self._variants.items():
            yield from sorted(known.children(product_id) - variant_ids)

    def unknown_customers(self, known: Known) -> Iterator[str]:
        """Yield customers whom an order names and nobody has read: the search lags behind."""
        missing = self._customers_named - self._customers_read
        if missing:
            yield from sorted(missing - known.ids(Stream.CUSTOMERS))
