"""Names and categories of variable products, which their variations do not carry."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

import msgspec

from connectors.errors import Transient
from connectors.woocommerce.api import ShopApi
from connectors.woocommerce.payloads import Parent, ProductPayload, decoder
from connectors.woocommerce.values import identifier

_DECODER: Final = decoder(Parent)
_AT_ONCE: Final = 100
_FEW: Final = 10


class Parents:
    """Remembers parents for as long as a connector lives. Thread-safe."""

    def __init__(self, api: ShopApi) -> None:
        self._api = api
        self._known: dict[str, Parent] = {}
        self._lock = threading.Lock()

    def note(self, products: Iterable[ProductPayload]) -> None:
        """Remember the variable ones among products that were just read."""
        found = {
            key: Parent(id=product.id, name=product.name, categories=product.categories)
            for product in products
            if isinstance(product.type, str)
            and product.type.startswith("variable")
            and (key := identifier(product.id))
        }
        if found:
            with self._lock:
                self._known.update(found)

    def get(self, identifiers: Iterable[str]) -> dict[str, Parent]:
        """Return the parents with these ids; one that is gone has just its id."""
        wanted = set(identifiers)
        # Held while asking: neighbouring pages share their parents, and would each ask for them.
        with self._lock:
            unknown = sorted(wanted - self._known.keys())
            for start in range(0, len(unknown), _AT_ONCE):
                self._ask(unknown[start : start + _AT_ONCE])
            return {one: self._known[one] for one in wanted}

    def _ask(self, identifiers: list[str]) -> None:
        query = {"include": ",".join(identifiers), "_fields": "id,name,categories"}
        try:
            page = self._api.page("products", {**query, "per_page": len(identifiers)})
        except Transient:
            if len(identifiers) <= _FEW:
                raise
            # Too much for this shop at once.
            for some in (identifiers[::2], identifiers[1::2]):
                self._ask(some)
            return
        self._known.update({one: Parent(id=one) for one in identifiers})
        for raw in page.rows:
            parent = _decoded(raw)
            key = identifier(parent.id)
            if key:
                self._known[key] = parent


def _decoded(raw: msgspec.Raw) -> Parent:
    try:
        parent: Parent = _DECODER.decode(raw)
    except ValueError:
        # A malformed product costs its variations their full name, never the page.
        return Parent()
    return parent
