"""From WooCommerce payloads to canonical records, without any I/O.

Every trap here was met in a real shop: a fully refunded order whose status stays `completed`,
refund totals that are negative texts, a guest who exists only in `billing`, a price that is empty
text, statuses that plugins invent. One payload that cannot be mapped raises BadRecord and is
quarantined; it never stops its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.errors import BadRecord, Permanent
from connectors.records import (
    ARRIVED,
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Record,
    Refund,
    Stream,
)
from connectors.status_map import status_exceptions
from connectors.values import amount
from connectors.woocommerce.numbers import quantity, unit_price
from connectors.woocommerce.payloads import (
    CustomerPayload,
    LineItem,
    OrderPayload,
    Person,
    ProductPayload,
    RefundSummary,
)
from connectors.woocommerce.values import (
    address,
    erased,
    full_name,
    identifier,
    instant,
    money,
    text,
)
from connectors.wording import misfit

TRASH: Final = "trash"
# Carts and half-typed orders: by rule no business of the CRM.
SKIPPED_ORDERS: Final = frozenset({"checkout-draft", "auto-draft", "draft"})
SKIPPED_PRODUCTS: Final = frozenset({"auto-draft"})
_STATUSES: Final = {
    "pending": OrderStatus.PENDING,
    "on-hold": OrderStatus.PENDING,
    "processing": OrderStatus.PROCESSING,
    "completed": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
    "failed": OrderStatus.CANCELLED,
    "refunded": OrderStatus.REFUNDED,
    TRASH: OrderStatus.CANCELLED,
}
_ZERO: Final = Decimal("0.00")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What of a store's configuration bears on mapping.

    `currency`: the store's own, None when unknown. `statuses`: WooCommerce slug -> CRM status.
    `skipped_orders`: slugs of orders the CRM is not told of.
    """

    currency: str | None
    statuses: Mapping[str, OrderStatus]
    skipped_orders: frozenset[str] = SKIPPED_ORDERS


def rules_of(config: StoreConfig, *, currency: str | None = None) -> Rules:
    """Read the mapping rules of a store; raises Permanent for a status the CRM does not know."""
    given = status_exceptions(config.settings, store=config.key)
    statuses = _STATUSES | {slug.removeprefix("wc-"): status for slug, status in given.items()}
    return Rules(
        currency=currency or config.currency,
        statuses=statuses,
        skipped_orders=SKIPPED_ORDERS - extra_statuses(config),
    )


def extra_statuses(config: StoreConfig) -> frozenset[str]:
    """Return the hidden statuses that are wanted all the same; raises Permanent for no list."""
    given = config.settings.get("extra_statuses") or ()
    if isinstance(given, str) or not all(isinstance(slug, str) for slug in given):
        raise Permanent(
            "its setting `extra_statuses` must be a list of status slugs, for instance "
            '["checkout-draft"].',
            store=config.key,
        )
    return frozenset(slug.strip().removeprefix("wc-") for slug in given)


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map one quarantined payload again; None for what is by rule no business of the CRM.

    Raises BadRecord when it still cannot be mapped.
    """
    rules = rules_of(config)
    try:
        if stream is Stream.ORDERS:
            order = msgspec.convert(payload, OrderPayload)
            return None if is_skipped(stream, order.status, rules) else map_order(order, rules)
        if stream is Stream.PRODUCTS:
            product = msgspec.convert(payload, ProductPayload)
            return (
                None if is_skipped(stream, product.status, rules) else map_product(product, rules)
            )
        return map_customer(msgspec.convert(payload, CustomerPayload), rules)
    except (msgspec.ValidationError, UnicodeError, OverflowError, RecursionError) as error:
        raise misfit(error, payload) from error


def is_skipped(stream: Stream, status: Any, rules: Rules) -> bool:
    """Say whether a record of this status is by rule no business of the CRM."""
    slug = text(status) or ""
    if stream is Stream.ORDERS:
        return slug.removeprefix("wc-") in rules.skipped_orders
    return stream is Stream.PRODUCTS and slug in SKIPPED_PRODUCTS


def map_customer(payload: CustomerPayload, _rules: Rules) -> Customer:
    """Map an element of GET /customers. WooCommerce cannot tell whether an e-mail is verified."""
    billing = payload.billing if isinstance(payload.billing, Person) else Person()
    return Customer(
        external_id=identifier(payload.id) or "",
        email=text(payload.email) or text(billing.email),
        phone=text(billing.phone),
        full_name=full_name(payload.first_name, payload.last_name)
        or full_name(billing.first_name, billing.last_name),
        company_name=text(billing.company),
        address=address(billing),
        source_created_at=instant(payload.date_created_gmt, "date_created_gmt"),
        source_updated_at=instant(payload.date_modified_gmt, "date_modified_gmt"),
        is_redacted=erased(billing, payload.email),
    )


def map_product(payload: ProductPayload, rules: Rules) -> Product:
    """Map a product or a variation; the latter carries its product's name under `parent`."""
    if rules.currency is None:
        raise BadRecord("the store's currency is unknown", code="no_currency", field="currency")
    parent = payload.parent
    categories = (parent.categories if parent else payload.categories) or ()
    price = payload.price if text(payload.price) is not None else payload.regular_price
    cost = payload.cost_of_goods_sold
    cost_value = None if cost is None or isinstance(cost, list) else cost.total_value
    is_deleted = payload.status == TRASH
    return Product(
        external_id=identifier(payload.id) or "",
        name=_product_name(payload),
        # An empty price is a product not for sale yet, not a broken one.
        price=money(price, "price"),
        currency=rules.currency,
        parent_external_id=identifier(payload.parent_id)
        or (identifier(parent.id) if parent else None),
        description=text(payload.description) or text(payload.short_description),
        sku=text(payload.sku),
        category=next((name for entry in categories if (name := text(entry.name))), None),
        # WooCommerce prints 0 where nobody entered a cost.
        cost=amount(cost_value, "cost_of_goods_sold") if cost_value else None,
        is_active=payload.status == "publish",
        source_created_at=instant(payload.date_created_gmt, "date_created_gmt"),
        source_updated_at=instant(payload.date_modified_gmt, "date_modified_gmt"),
        is_deleted=is_deleted,
    )


def map_order(payload: OrderPayload, rules: Rules) -> Order:
    """Map an element of GET /orders; `total` stays as stated, refunds stand beside it."""
    slug = (text(payload.status) or "").removeprefix("wc-")
    if not slug:
        raise BadRecord("the order has no status", code="missing_status", field="status")
    total = money(payload.total, "total")
    # A page of orders shows refunds newest first, an order asked for by itself oldest first.
    refunds = tuple(sorted(map(_refund, payload.refunds or ()), key=_age))
    refunded = sum([refund.amount for refund in refunds], _ZERO)
    status = _status(slug, payload, rules, is_refunded=0 < total <= refunded)
    created = instant(payload.date_created_gmt, "date_created_gmt")
    if created is None:
        raise BadRecord("date_created_gmt is missing", code="missing_time", field="order_date")
    external_id = identifier(payload.id) or ""
    billing = payload.billing if isinstance(payload.billing, Person) else None
    shipping = payload.shipping if isinstance(payload.shipping, Person) else None
    items = payload.line_items or ()
    return Order(
        external_id=external_id,
        order_number=text(payload.number) or external_id,
        status=status,
        currency=text(payload.currency) or rules.currency or "",
        total=total,
        order_date=created,
        subtotal=sum([money(item.subtotal, "line.subtotal") for item in items], _ZERO),
        tax=money(payload.total_tax, "total_tax"),
        shipping=money(payload.shipping_total, "shipping_total"),
        discount=money(payload.discount_total, "discount_total"),
        refunded_total=refunded,
        customer_external_id=identifier(payload.customer_id),
        email=text(billing.email) if billing else None,
        phone=text(billing.phone) if billing else None,
        full_name=full_name(billing.first_name, billing.last_name) if billing else None,
        company_name=text(billing.company) if billing else None,
        billing_address=address(billing) if billing else None,
        shipping_address=address(shipping) if shipping else None,
        lines=tuple([_line(item) for item in items]),
        refunds=refunds,
        delivered_date=instant(payload.date_completed_gmt, "date_completed_gmt")
        if status in ARRIVED
        else None,
        source_status=slug,
        source_created_at=created,
        source_updated_at=instant(payload.date_modified_gmt, "date_modified_gmt"),
        is_deleted=slug == TRASH,
        is_redacted=erased(billing),
    )


def _status(slug: str, payload: OrderPayload, rules: Rules, *, is_refunded: bool) -> OrderStatus:
    """Cancelled before refunded before the rest; an unknown status counts by its payment."""
    status = rules.statuses.get(slug)
    if status is None:
        status = OrderStatus.PROCESSING if text(payload.date_paid_gmt) else OrderStatus.PENDING
    return OrderStatus.REFUNDED if is_refunded and status is not OrderStatus.CANCELLED else status


def _refund(entry: RefundSummary) -> Refund:
    return Refund(
        external_id=identifier(entry.id) or "",
        amount=abs(money(entry.total, "refund.total")),
        reason=text(entry.reason),
    )


def _age(refund: Refund) -> tuple[int, str]:
    return len(refund.external_id), refund.external_id


def _line(item: LineItem) -> OrderLine:
    return OrderLine(
        external_id=identifier(item.id),
        name=text(item.name) or "",
        quantity=quantity(item.quantity),
        product_external_id=identifier(item.variation_id) or identifier(item.product_id),
        sku=text(item.sku),
        unit_price=unit_price(item.price),
        total=money(item.total, "line.total"),
        tax=money(item.total_tax, "line.total_tax"),
    )


def _product_name(payload: ProductPayload) -> str:
    """Name a variation "Product - Red, L": by itself it is called just "Red, L", or nothing."""
    own = text(payload.name)
    parent = text(payload.parent.name) if payload.parent else None
    if parent is None:
        return own or f"Product {identifier(payload.id) or ''}"
    attributes = payload.attributes if isinstance(payload.attributes, list) else []
    options = [
        option
        for attribute in attributes
        if isinstance(attribute, dict) and (option := text(attribute.get("option")))
    ]
    variant = ", ".join(options) or own
    return f"{parent} - {variant}" if variant and variant != parent else parent
