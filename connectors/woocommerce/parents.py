"""Names and categories of variable products, which their variations do not carry."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from connectors.woocommerce.api import ShopApi
from connectors.woocommerce.payloads import Parent, decoder

_DECODER: Final = decoder(Parent)
_AT_ONCE: Final = 100


class Parents:
    """Remembers parents for as long as a connector lives. Thread-safe."""

    def __init__(self, api: ShopApi) -> None:
        self._api = api
        self._known: dict[str, Parent] = {}
        self._lock = threading.Lock()

    def get(self, identifiers: Iterable[str]) -> dict[str, Parent]:
        """Return the parents with these ids; one that is gone has just its id."""
        wanted = set(identifiers)
        # Held while asking: neighbouring pages share their parents, and would each ask for them.
        with self._lock:
            unknown = sorted(wanted - self._known.keys())
            for start in range(0, len(unknown), _AT_ONCE):
                self._ask(unknown[start : start + _AT_ONCE])
            return {identifier: self._known[identifier] for identifier in wanted}

    def _ask(self, identifiers: list[str]) -> None:
        page = self._api.page(
            "products",
            {
                "include": ",".join(identifiers),
                "per_page": _AT_ONCE,
                "_fields": "id,name,categories",
            },
        )
        self._known.update({identifier: Parent(id=identifier) for identifier in identifiers})
        for raw in page.rows:
            parent = _DECODER.decode(raw)
            self._known[str(parent.id)] = parent
