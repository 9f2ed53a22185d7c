"""From BigCommerce payloads to canonical records, without any I/O.

Every payload mapped here is the platform's own, plus what had to be asked for beside it: an order
carries its `refunds`, `shipments` and, where they came by themselves, its `products` as lists; a
sellable unit is `{"product", "variant", "category", "currency"}`. Quarantine keeps exactly that, so
a record that was put aside can be mapped again without the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from connectors.base import StoreConfig
from connectors.bigcommerce.addresses import customer_address
from connectors.bigcommerce.order_mapping import map_order
from connectors.bigcommerce.rules import Rules, rules_of
from connectors.bigcommerce.values import (
    ZERO,
    full_name,
    identifier,
    instant,
    optional_money,
    text,
)
from connectors.errors import BadRecord
from connectors.records import Customer, Product, Record, Stream
from connectors.unreadable import refuse_unreadable

_NOTHING: Final[Mapping[str, Any]] = {}
_LINE_NAME: Final = "{product} - {options}"


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map one quarantined payload again, None for what is skipped by rule; raises BadRecord."""
    return map_record(stream, payload, rules_of(config))


def map_record(stream: Stream, payload: Any, rules: Rules) -> Record | None:
    """Map one payload; None for an incomplete order. Raises BadRecord."""
    if not isinstance(payload, Mapping):
        raise BadRecord("it is no JSON object, as every record of BigCommerce is", code="bad_shape")
    refuse_unreadable(payload)
    if stream is Stream.ORDERS:
        return map_order(payload, rules)
    if stream is Stream.PRODUCTS:
        return map_unit(payload, rules)
    return map_customer(payload)


def map_customer(payload: Mapping[str, Any]) -> Customer:
    """Map an element of GET v3/customers?include=addresses.

    The first address counts: v3 marks none as the default. BigCommerce cannot tell whether an
    e-mail is verified.
    """
    addresses = payload.get("addresses")
    known = addresses if isinstance(addresses, list) else []
    first = next((one for one in known if isinstance(one, Mapping)), _NOTHING)
    return Customer(
        external_id=identifier(payload.get("id")) or "",
        email=text(payload.get("email")),
        phone=text(payload.get("phone")) or text(first.get("phone")),
        full_name=full_name(payload.get("first_name"), payload.get("last_name"))
        or full_name(first.get("first_name"), first.get("last_name")),
        company_name=text(payload.get("company")) or text(first.get("company")),
        address=customer_address(first),
        source_created_at=instant(payload.get("date_created"), "date_created"),
        source_updated_at=instant(payload.get("date_modified"), "date_modified"),
    )


def map_unit(payload: Mapping[str, Any], rules: Rules) -> Product:
    """Map one variant of GET v3/catalog/products?include=variants with its product.

    Every product has at least one variant, its base variant, and orders name variants. A variant's
    price, sale price and cost are null where the product's hold.
    """
    product = _part(payload, "product")
    variant = _part(payload, "variant")
    currency = text(payload.get("currency")) or rules.currency
    if currency is None:
        raise BadRecord("the store's currency is unknown", code="no_currency", field="currency")
    product_id = identifier(product.get("id")) or identifier(variant.get("product_id"))
    is_on_sale = product.get("is_visible") is not False
    is_disabled = text(product.get("availability")) == "disabled"
    return Product(
        external_id=identifier(variant.get("id")) or "",
        name=_unit_name(product, variant, product_id),
        price=_price(product, variant),
        currency=currency,
        parent_external_id=product_id,
        description=text(product.get("description")),
        sku=text(variant.get("sku")) or text(product.get("sku")),
        category=text(payload.get("category")),
        # 0 is what the platform prints where nobody entered a cost.
        cost=_inherited(product, variant, "cost_price") or None,
        is_active=is_on_sale and not is_disabled and variant.get("purchasing_disabled") is not True,
        source_created_at=instant(product.get("date_created"), "date_created"),
        source_updated_at=instant(product.get("date_modified"), "date_modified"),
    )


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = payload.get(name)
    if not isinstance(part, Mapping):
        raise BadRecord(f"the {name} is no JSON object", code="bad_shape", field=name)
    refuse_unreadable(part)
    return part


def _price(product: Mapping[str, Any], variant: Mapping[str, Any]) -> Decimal:
    """Return what one piece is sold for: the sale price where there is one, else the price.

    Not `calculated_price`, which follows the price list of whoever asks.
    """
    sale = _inherited(product, variant, "sale_price")
    return sale or _inherited(product, variant, "price") or ZERO


def _inherited(product: Mapping[str, Any], variant: Mapping[str, Any], name: str) -> Decimal | None:
    own = optional_money(variant.get(name), name)
    return optional_money(product.get(name), name) if own is None else own


def _unit_name(
    product: Mapping[str, Any], variant: Mapping[str, Any], product_id: str | None
) -> str:
    """Name a variant "Product - Red, L"; the base variant has no options and its product's name."""
    name = text(product.get("name")) or f"Product {product_id or ''}".strip()
    options = variant.get("option_values")
    labels = [
        label
        for option in (options if isinstance(options, list) else ())
        if isinstance(option, Mapping) and (label := text(option.get("label")))
    ]
    return _LINE_NAME.format(product=name, options=", ".join(labels)) if labels else name
