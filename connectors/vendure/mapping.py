"""Vendure's customers and variants as canonical records. Pure: a payload in, a record out.

What is sold is the variant, so that is the product of the CRM. Its price is given the way the
shop's people typed it: with tax where the channel's prices include tax, else without.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.errors import BadRecord, Permanent
from connectors.records import Address, Customer, Product, Record, Stream
from connectors.unreadable import refuse_unreadable
from connectors.vendure.money import MinorUnits, MoneyRule
from connectors.vendure.order_mapping import map_order, postal_address
from connectors.vendure.payloads import (
    CustomerAddress,
    CustomerPayload,
    FacetValue,
    OrderPayload,
    VariantPayload,
    read_payload,
)
from connectors.vendure.status import StatusRules

DEFAULT_CATEGORY_FACET: Final = "category"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A store's settings as the mapping needs them."""

    status: StatusRules
    minor_units: MinorUnits
    category_facet: str

    @classmethod
    def from_config(cls, config: StoreConfig) -> Rules:
        """Read the settings; raises Permanent for one that makes no sense."""
        minor_units = config.settings.get("minor_units", "server")
        if minor_units not in ("server", "currency"):
            raise Permanent('`minor_units` must be "server" or "currency".', store=config.key)
        return cls(
            status=StatusRules.from_settings(config.settings, store=config.key),
            minor_units=minor_units,
            category_facet=str(config.settings.get("category_facet") or DEFAULT_CATEGORY_FACET),
        )

    def money(self, precision: int) -> MoneyRule:
        """Return how to read amounts of a server with that precision."""
        return MoneyRule(minor_units=self.minor_units, precision=precision)


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map one payload, fresh or from quarantine; None for what is no business of the CRM.

    Raises BadRecord when it cannot be mapped.
    """
    return map_record(stream, payload, Rules.from_config(config))


def map_record(stream: Stream, payload: Any, rules: Rules) -> Record | None:
    """Map one element of a list; None for an order that was never placed."""
    refuse_unreadable(payload)
    if stream is Stream.CUSTOMERS:
        return map_customer(read_payload(payload, CustomerPayload))
    if stream is Stream.PRODUCTS:
        return map_variant(read_payload(payload, VariantPayload), rules)
    order = read_payload(payload, OrderPayload)
    return map_order(order, rules.status, rules.money(order.store.money_precision))


def map_customer(customer: CustomerPayload) -> Customer:
    """Map an element of `customers`, registered or guest.

    Without a time of change: the customer's `updatedAt` stays when an address is edited or removed,
    so the record's content alone tells whether there is news.
    """
    address = _main_address(customer.addresses or [])
    return Customer(
        external_id=customer.id,
        email=customer.email_address or None,
        # A guest's address was never claimed to be verified; a login's may be somebody else's.
        email_verified=customer.user is None or customer.user.verified,
        phone=customer.phone_number or None,
        full_name=full_name(customer.first_name, customer.last_name),
        company_name=address.company if address else None,
        address=address,
        source_created_at=customer.created_at,
    )


def map_variant(variant: VariantPayload, rules: Rules) -> Product:
    """Map an element of `productVariants`."""
    listed = variant.price_with_tax if variant.store.prices_include_tax else variant.price
    money = rules.money(variant.store.money_precision)
    product = variant.product
    return Product(
        external_id=variant.id,
        name=variant.name.strip() or product.name.strip() or _nameless(variant),
        price=money.amount(listed, variant.currency_code, "price"),
        currency=variant.currency_code,
        parent_external_id=product.id,
        description=product.description or None,
        sku=variant.sku or None,
        category=_category([*variant.facet_values, *product.facet_values], rules.category_facet),
        is_active=variant.enabled and product.enabled,
        source_created_at=variant.created_at,
        source_updated_at=max(variant.updated_at, product.updated_at),
    )


def full_name(first: str | None, last: str | None) -> str | None:
    """Join a person's names; None without any."""
    return " ".join(part.strip() for part in (first, last) if part and part.strip()) or None


def _nameless(variant: VariantPayload) -> str:
    if variant.sku:
        return variant.sku
    raise BadRecord("the variant has neither name nor SKU", code="missing_name", field="name")


def _main_address(addresses: list[CustomerAddress]) -> Address | None:
    """Return the billing default, else the shipping default, else the one added first."""
    if not addresses:
        return None
    chosen = min(
        addresses,
        key=lambda one: (
            not one.default_billing_address,
            not one.default_shipping_address,
            id_order(one.id),
        ),
    )
    country = chosen.country.code if chosen.country else None
    return postal_address(chosen, country)


def _category(values: list[FacetValue], facet: str) -> str | None:
    named = [value for value in values if value.facet.code == facet]
    return min(named, key=lambda value: id_order(value.id)).name if named else None


def id_order(identifier: str) -> tuple[int, str]:
    """Sort key for ids: by number where they are numbers, else by text."""
    return (int(identifier), "") if identifier.isdecimal() else (0, identifier)
