"""One Shopify payload to one canonical record; pure, so that a dict is all a test needs.

The payload is an element of our own documents, but quarantine replays what was stored under older
versions and people hand in what they recorded elsewhere: successors of deprecated fields are read
first, the deprecated field where only that is there, and whatever is missing is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.base import StoreConfig
from connectors.errors import BadRecord
from connectors.records import Customer, Product, Record, Stream
from connectors.shopify.fields import (
    address,
    flag,
    full_name,
    identifier,
    money,
    part,
    text,
    time,
    word,
)
from connectors.shopify.order_mapping import map_order
from connectors.shopify.status import StatusRules
from connectors.unreadable import refuse_unreadable

# The name Shopify gives the only variant of a product without options.
_ONLY_VARIANT: Final = "Default Title"
# In every payload of the REST API and of webhooks, and in none of GraphQL.
_REST_MARK: Final = "admin_graphql_api_id"
# UNLISTED products are sold to whoever has the link.
_SOLD: Final = frozenset({"ACTIVE", "UNLISTED"})


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record:
    """Map one quarantined payload again; raises BadRecord when it still cannot be mapped."""
    record = map_payload(stream, payload, config)
    if record is None:
        raise BadRecord("it is a test order, which the CRM does not keep", code="skipped")
    return record


def map_payload(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map one element as read; None for what is no business of the CRM.

    Raises BadRecord when it cannot be mapped.
    """
    element = part(payload, "payload")
    if element is None:
        raise BadRecord("the store answered nothing for this record", code="empty")
    refuse_unreadable(element)
    if _REST_MARK in element:
        # Its fields have other names: what happens to be named alike would make half a record.
        raise BadRecord(
            "this comes from Shopify's REST API or a webhook, not from GraphQL", code="rest_payload"
        )
    if stream is Stream.CUSTOMERS:
        return map_customer(element)
    if stream is Stream.PRODUCTS:
        return map_variant(element, currency=config.currency)
    rules = StatusRules.from_settings(config.settings, store=config.key)
    return map_order(
        element,
        rules=rules,
        currency=config.currency,
        include_test=bool(config.settings.get("include_test")),
    )


def map_customer(payload: Mapping[str, Any]) -> Customer:
    """Map an element of `customers`.

    `displayName` is no name: Shopify fills it with the e-mail or phone where there is none.
    """
    email = part(payload.get("defaultEmailAddress"), "defaultEmailAddress") or {}
    phone = part(payload.get("defaultPhoneNumber"), "defaultPhoneNumber") or {}
    home = address(payload.get("defaultAddress"), "defaultAddress")
    return Customer(
        external_id=identifier(payload.get("id"), "customer id", "Customer"),
        email=text(email.get("emailAddress") or payload.get("email"), "email"),
        email_verified=flag(payload.get("verifiedEmail"), "verifiedEmail") is not False,
        phone=text(phone.get("phoneNumber") or payload.get("phone"), "phone"),
        full_name=full_name(payload, "name") or (home.name if home else None),
        company_name=home.company if home else None,
        address=home,
        source_created_at=time(payload.get("createdAt"), "createdAt"),
        source_updated_at=time(payload.get("updatedAt"), "updatedAt"),
    )


def map_variant(payload: Mapping[str, Any], *, currency: str | None) -> Product:
    """Map a variant that carries its `product` and the store's currency (`shopCurrency`).

    `currency`: the store's as configured, where the payload does not tell. The time of change is
    the later of both, since either may change what the CRM shows.
    """
    external_id = identifier(payload.get("id"), "variant id", "ProductVariant")
    parent = part(payload.get("product"), "product")
    if parent is None:
        raise BadRecord("the variant comes without its product", code="missing_product")
    refuse_unreadable(parent)
    price = money(payload.get("price"), "price")
    if price is None:
        raise BadRecord("the variant has no price", code="missing_amount", field="price")
    own_currency = word(payload.get("shopCurrency"), "shopCurrency") or currency
    if own_currency is None:
        raise BadRecord("the price has no currency", code="bad_currency", field="currency")
    stock = part(payload.get("inventoryItem"), "inventoryItem") or {}
    category = part(parent.get("category"), "category") or {}
    changes = [
        time(payload.get("updatedAt"), "variant.updatedAt"),
        time(parent.get("updatedAt"), "product.updatedAt"),
    ]
    return Product(
        external_id=external_id,
        parent_external_id=identifier(parent.get("id"), "product id", "Product"),
        name=_name(payload, parent),
        description=text(parent.get("description"), "description"),
        sku=text(payload.get("sku"), "sku"),
        category=text(parent.get("productType"), "productType")
        or text(category.get("name"), "category"),
        price=price,
        currency=own_currency,
        cost=money(stock.get("unitCost"), "unitCost"),
        is_active=word(parent.get("status"), "status") in _SOLD,
        source_created_at=time(payload.get("createdAt"), "createdAt"),
        source_updated_at=max((change for change in changes if change), default=None),
    )


def _name(variant: Mapping[str, Any], product: Mapping[str, Any]) -> str:
    title = text(product.get("title"), "title")
    own = text(variant.get("title"), "variant.title")
    if flag(product.get("hasOnlyDefaultVariant"), "hasOnlyDefaultVariant") or own == _ONLY_VARIANT:
        own = None
    name = " - ".join(words for words in (title, own) if words)
    if not name:
        raise BadRecord("the product has no title", code="missing_name", field="title")
    return name
