"""The lists inside a record, completed: lines, refunds and fulfillments of an order, variants.

Each is cut at the number asked for. Connections say so; `refunds` and `fulfillments` are plain
lists that do not, so one that is as long as was asked for may be cut and is read again whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.errors import BadRecord
from connectors.shopify.api import ShopifyApi
from connectors.shopify.paging import raw_elements, rest, whole_part
from connectors.shopify.throttle import LARGEST_PAGE, PageSize
from connectors.unreadable import without

# How many of each an order or product brings along; few have more.
_LINES: Final = 10
_REFUNDS: Final = 3
_FULFILLMENTS: Final = 3
_VARIANTS: Final = 20
# The page sizes for the others, at which the published cost rules allow the query at worst.
_MORE_LINES: Final = 150
_MORE_VARIANTS: Final = 250


class NestedLists:
    """Completes what came cut. `size`: how many of each to ask for, None for the defaults."""

    def __init__(self, api: ShopifyApi, size: int | None = None) -> None:
        self._api = api
        self._refunds = size or _REFUNDS
        self._fulfillments = size or _FULFILLMENTS
        self.orders: Mapping[str, int] = {
            "lines": size or _LINES,
            "refunds": self._refunds,
            "fulfillments": self._fulfillments,
        }
        self.variants: Mapping[str, int] = {"variants": size or _VARIANTS}
        self._more_lines = PageSize(size or _MORE_LINES, largest=size or LARGEST_PAGE)
        self._more_variants = PageSize(size or _MORE_VARIANTS, largest=size or LARGEST_PAGE)

    def first_of(self, children: str | None) -> Mapping[str, int]:
        """Return how many of each list to ask for along with an element that has `children`."""
        return {"lineItems": self.orders, "variants": self.variants}.get(children or "", {})

    def complete_order(self, node: Any, *, is_uncut: bool = False) -> Any:
        """Return an order with every line, refund and fulfillment; raises BadRecord otherwise.

        `is_uncut`: its plain lists were asked for without a limit, so their length is no hint.
        """
        if not isinstance(node, Mapping) or not isinstance(identifier := node.get("id"), str):
            return node
        completed = dict(node)
        if _goes_on(node.get("lineItems")):
            lines = rest(
                self._api,
                "order_lines",
                ("order", "lineItems"),
                identifier=identifier,
                first=node["lineItems"],
                size=self._more_lines,
            )
            completed["lineItems"] = {"nodes": lines, "pageInfo": {"hasNextPage": False}}
        refunds = node.get("refunds")
        if isinstance(refunds, list) and len(refunds) >= self._refunds and not is_uncut:
            completed["refunds"] = self._whole_list("order_refunds", identifier, "refunds")
        shipments = node.get("fulfillments")
        if isinstance(shipments, list):
            counted = node.get("fulfillmentsCount")
            expected = counted.get("count") if isinstance(counted, Mapping) else None
            is_short = isinstance(expected, int) and expected > len(shipments)
            is_full = len(shipments) >= self._fulfillments and not is_uncut
            if is_short or (is_full and expected != len(shipments)):
                completed["fulfillments"] = self._whole_list(
                    "order_fulfillments", identifier, "fulfillments"
                )
                # The list was not cut, so it is right whatever the count says.
                completed["fulfillmentsCount"] = None
        return completed

    def variants_of(self, product: Any) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
        """Return all variants of a product, and the product without them."""
        if not isinstance(product, Mapping):
            raise BadRecord("the product is no object", code="bad_shape")
        variants = raw_elements(product.get("variants"))
        if _goes_on(product.get("variants")):
            variants = rest(
                self._api,
                "product_variants",
                ("product", "variants"),
                identifier=str(product.get("id")),
                first=product["variants"],
                size=self._more_variants,
            )
        if not all(isinstance(variant, Mapping) for variant in variants):
            raise BadRecord("a variant of the product is no object", code="bad_shape")
        if not variants:
            # Every product has one at least; without, it would vanish here without a word.
            raise BadRecord("the product comes without variants", code="missing_variants")
        return variants, without(product, "variants")

    def _whole_list(self, name: str, identifier: str, field: str) -> list[Any]:
        answer = self._api.run(name, {"id": identifier, "first": LARGEST_PAGE})
        found = whole_part(answer, "order", field)
        if not isinstance(found, list):
            raise BadRecord(f"its {field} are no list", code="bad_shape", field=field)
        if len(found) >= LARGEST_PAGE:
            raise BadRecord(
                f"it has {LARGEST_PAGE} {field} or more, which cannot be read completely",
                code="truncated",
                field=field,
            )
        return found


def _goes_on(connection: Any) -> bool:
    information = connection.get("pageInfo") if isinstance(connection, Mapping) else None
    return isinstance(information, Mapping) and information.get("hasNextPage") is True
