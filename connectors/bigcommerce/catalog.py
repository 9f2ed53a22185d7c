"""Sellable units: each variant of a product, with what it takes from the product.

A product's list has its variants along, but only the ids of its categories; their names are asked
for once each. Variants cannot be listed by change, so a variant comes when its product does.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from math import ceil
from typing import Any, Final

from connectors.bigcommerce.api import StoreApi
from connectors.bigcommerce.listings import WITH_VARIANTS, rows_of
from connectors.bigcommerce.paging import Row
from connectors.bigcommerce.values import id_number, identifier, text

CATEGORIES: Final = "v3/catalog/categories"
PRODUCTS: Final = "v3/catalog/products"
VARIANTS: Final = "v3/catalog/variants"
_LARGEST_PAGE: Final = 250
_AT_ONCE: Final = 50
# From here on a product's variants may have been cut, so they are read by themselves.
_MANY_VARIANTS: Final = 250


class Catalog:
    """Turns products into units. Thread-safe once `currency` is set."""

    def __init__(self, api: StoreApi, pool: ThreadPoolExecutor) -> None:
        self.currency: str | None = None
        self._api = api
        self._pool = pool
        self._categories: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def units(self, rows: Iterable[Row]) -> list[Row]:
        """Return the units of these products, in their order.

        A product without variants is a unit under its base variant's id; without either its
        payload stands for itself, for the mapping to refuse.
        """
        products = list(rows)
        self._learn_categories(
            [
                wanted
                for row in products
                if isinstance(row.payload, Mapping) and (wanted := _category_id(row.payload))
            ]
        )
        return [unit for row in products for unit in self._units_of(row)]

    def by_id(self, unit_ids: Collection[str]) -> list[Row]:
        """Return the units of these ids that the store still has."""
        wanted = set(unit_ids)
        owners = self._owners(wanted)
        found: list[Row] = []
        for some in _chunks(sorted(owners), _AT_ONCE):
            query = {**WITH_VARIANTS, "id:in": ",".join(some)}
            rows = rows_of(self._api.all_rows(PRODUCTS, query, size=_AT_ONCE))
            found += [unit for unit in self.units(rows) if unit.id in wanted]
        return found

    def unit_ids(self) -> Iterator[str]:
        """Yield the id of every unit the store has."""
        rows = self._api.all_rows(VARIANTS, {"include_fields": "product_id"}, size=_LARGEST_PAGE)
        yield from dict.fromkeys(
            unit_id
            for row in rows
            if isinstance(row, Mapping) and (unit_id := identifier(row.get("id")))
        )

    def count(self) -> int | None:
        """Return how many units the store has."""
        return self._api.listed(VARIANTS, {"limit": 1, "include_fields": "product_id"}).total

    def _owners(self, unit_ids: Collection[str]) -> set[str]:
        """Return the ids of the products that these units belong to.

        Variants can be asked for one at a time only, so many are looked up in the whole list.
        """
        numbers = sorted(one for one in unit_ids if id_number(one))
        if not numbers:
            return set()
        total = self.count() if len(numbers) > _AT_ONCE else None
        if total is not None and ceil(total / _LARGEST_PAGE) < len(numbers):
            rows = self._api.all_rows(
                VARIANTS, {"include_fields": "product_id"}, size=_LARGEST_PAGE
            )
        else:
            answers = self._pool.map(
                lambda one: self._api.listed(VARIANTS, {"id": one, "limit": 1}).rows, numbers
            )
            rows = [row for answer in answers for row in answer]
        return {
            owner
            for row in rows
            if isinstance(row, Mapping)
            and identifier(row.get("id")) in unit_ids
            and (owner := identifier(row.get("product_id")))
        }

    def _units_of(self, row: Row) -> list[Row]:
        product = row.payload
        if not isinstance(product, Mapping):
            return [row]
        variants = product.get("variants")
        if not isinstance(variants, list) or not variants:
            base = product.get("base_variant_id")
            variants = [{"id": base}] if identifier(base) else [None]
        elif len(variants) >= _MANY_VARIANTS and row.id:
            query = {"product_id:in": row.id}
            variants = self._api.all_rows(VARIANTS, query, size=_LARGEST_PAGE)
        shared = {name: value for name, value in product.items() if name != "variants"}
        category = self._categories.get(_category_id(product) or "")
        return [
            Row(
                (identifier(variant.get("id")) or "") if isinstance(variant, Mapping) else "",
                row.modified,
                {
                    "product": shared,
                    "variant": variant,
                    "category": category,
                    "currency": self.currency,
                },
            )
            for variant in variants
        ]

    def _learn_categories(self, wanted: Collection[str]) -> None:
        # Held while asking: neighbouring pages share their categories, and would each ask for them.
        with self._lock:
            unknown = sorted(set(wanted) - self._categories.keys())
            for some in _chunks(unknown, _LARGEST_PAGE):
                query = {"id:in": ",".join(some), "include_fields": "name"}
                self._categories.update(dict.fromkeys(some))
                for row in self._api.all_rows(CATEGORIES, query, size=_LARGEST_PAGE):
                    if isinstance(row, Mapping) and (known := identifier(row.get("id"))):
                        self._categories[known] = text(row.get("name"))


def _category_id(product: Mapping[str, Any]) -> str | None:
    """Return the first category's id; the platform lists them in no stated order."""
    categories = product.get("categories")
    for one in categories if isinstance(categories, list) else ():
        found = identifier(one)
        if found and id_number(found):
            return found
    return None


def _chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
