"""Medusa's customers and variants as canonical records. Pure: a payload in, a record out.

What is sold is the variant, so that is the product of the CRM. It has a price in each of several
currencies; the one in the store's own counts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.errors import BadRecord
from connectors.medusa.order_mapping import full_name, map_order, postal_address
from connectors.medusa.payloads import (
    AddressPart,
    CustomerPayload,
    OrderPayload,
    Price,
    ProductPart,
    VariantPayload,
    exact,
    read_payload,
)
from connectors.medusa.status import StatusRules
from connectors.records import Address, Customer, Product, Record, Stream
from connectors.unreadable import refuse_unreadable
from connectors.values import amount

_PUBLISHED: Final = "published"
# What Medusa calls the variant of a product that has no options.
_NO_OPTIONS: Final = frozenset({"default", "default variant", "default title"})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A store's settings as the mapping needs them."""

    status: StatusRules

    @classmethod
    def from_config(cls, config: StoreConfig) -> Rules:
        """Read the settings; raises Permanent for one that makes no sense."""
        return cls(status=StatusRules.from_settings(config.settings, store=config.key))


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map one payload, fresh or from quarantine; None for what is no business of the CRM.

    Raises BadRecord when it cannot be mapped.
    """
    return map_record(stream, payload, Rules.from_config(config))


def map_record(stream: Stream, payload: Any, rules: Rules) -> Record | None:
    """Map one element of a list; None for a draft order."""
    refuse_unreadable(payload)
    if stream is Stream.CUSTOMERS:
        return map_customer(read_payload(payload, CustomerPayload))
    if stream is Stream.PRODUCTS:
        return map_variant(read_payload(payload, VariantPayload))
    return map_order(read_payload(payload, OrderPayload), rules.status)


def map_customer(customer: CustomerPayload) -> Customer:
    """Map an element of `customers`: registered, a guest, or made by the staff.

    A guest has no names; they are on the orders' addresses. A guest who registers becomes a second
    customer with the same e-mail: both are yielded, and the CRM joins them by it.
    """
    chosen = _main_address(customer.addresses or [])
    address = postal_address(chosen) or Address()
    return Customer(
        external_id=customer.id,
        email=customer.email or None,
        phone=customer.phone or address.phone,
        full_name=full_name(customer) or address.name,
        company_name=customer.company_name or address.company,
        address=None if address == Address() else address,
        source_created_at=customer.created_at,
        # An address may change without it; where it stands still the content decides.
        source_updated_at=customer.updated_at,
        is_deleted=customer.deleted_at is not None,
    )


def map_variant(variant: VariantPayload) -> Product:
    """Map an element of `variants` or of a product's own list of them."""
    product = variant.product
    price, currency = _price(variant)
    times = (variant.updated_at, product.updated_at if product else None)
    is_deleted = variant.deleted_at is not None or bool(product and product.deleted_at)
    return Product(
        external_id=variant.id,
        name=_name(variant),
        price=price,
        currency=currency,
        parent_external_id=variant.product_id or (product.id if product else None),
        description=(product.description or None) if product else None,
        sku=variant.sku or None,
        category=_category(product),
        is_active=bool(product and product.status == _PUBLISHED) and not is_deleted,
        source_created_at=variant.created_at,
        source_updated_at=max(filter(None, times), default=None),
        is_deleted=is_deleted,
    )


def _price(variant: VariantPayload) -> tuple[Decimal, str]:
    """Return the price everybody pays for one piece, and its currency.

    In the store's currency; where there is none, in the first other one by its code. Without any
    price it is 0: not for sale yet, and no broken record.
    """
    wanted = variant.store.currency or ""
    offered = [one for one in variant.prices or [] if one and one.currency_code]
    if not offered:
        if not wanted:
            raise BadRecord("the variant has no price", code="missing_amount", field="price")
        return Decimal("0.00"), wanted
    chosen = min(offered, key=lambda one: _rank(one, wanted))
    told = exact(chosen.amount, chosen.raw_amount, "price")
    return amount(told, "price"), (chosen.currency_code or "").upper()


def _rank(price: Price, wanted: str) -> tuple[bool, bool, bool, str, Decimal]:
    currency = (price.currency_code or "").upper()
    return (
        currency != wanted,
        bool(price.rules),
        price.min_quantity is not None,
        currency,
        exact(price.amount, price.raw_amount, "price"),
    )


def _name(variant: VariantPayload) -> str:
    product = (variant.product.title or "").strip() if variant.product else ""
    own = (variant.title or "").strip()
    if own.lower() in _NO_OPTIONS and product:
        own = ""
    named = " - ".join(part for part in (product, own) if part) or (variant.sku or "").strip()
    if not named:
        raise BadRecord("the variant has neither name nor SKU", code="missing_name", field="title")
    return named


def _category(product: ProductPart | None) -> str | None:
    """Return the first category by id, else the type, else the collection."""
    if product is None:
        return None
    named = sorted((one.id, one.name) for one in product.categories or [] if one.name)
    if named:
        return named[0][1]
    kind = product.type.value if product.type else None
    return kind or (product.collection.title if product.collection else None) or None


def _main_address(addresses: list[AddressPart]) -> AddressPart | None:
    """Return the billing default, else the shipping default, else the one added first."""
    return min(
        addresses,
        key=lambda one: (
            not one.is_default_billing,
            not one.is_default_shipping,
            one.created_at or _LONG_AGO,
            one.id,
        ),
        default=None,
    )
