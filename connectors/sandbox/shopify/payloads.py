"""World objects as Shopify's types: dictionaries whose callables take a field's arguments.

graphql-core's default resolver reads a key and calls what it finds there, so a payload is all the
resolver there is. Amounts are decimal strings with at least one decimal ("120.0"), times UTC "Z".
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from connectors.sandbox import world as states
from connectors.sandbox.shopify.connections import Payload, listed, some
from connectors.sandbox.world import Address, Customer, Line, Order, Product, Refund, Variant, World

STATUSES = {"publish": "ACTIVE", "draft": "DRAFT", "private": "UNLISTED", "trash": "ARCHIVED"}
TYPES = {Order: "Order", Customer: "Customer", Product: "Product", Variant: "ProductVariant"}
COUNTRIES = {
    "DE": "Germany",
    "FR": "France",
    "PL": "Poland",
    "US": "United States",
    "CA": "Canada",
    "GB": "United Kingdom",
    "JP": "Japan",
}
UNVERIFIED_EVERY = 33


def gid(kind: str, identifier: int) -> str:
    """Return the global id of something."""
    return f"gid://shopify/{kind}/{identifier}"


@lru_cache(maxsize=100_000)
def time(at: int) -> str | None:
    """Return `at` as Shopify prints times; None for no time."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def decimal(cents: int) -> str:
    """Return an amount with one decimal at least: 120.0, 12.5, 12.34."""
    whole, rest = divmod(abs(cents), 100)
    text = f"{whole}.{rest:02d}"
    text = text[:-1] if text.endswith("0") else text
    return f"-{text}" if cents < 0 else text


class Payloads:
    """Makes payloads for one store and keeps them until their entity changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[type, int], tuple[int, Payload]] = {}

    def order(self, order: Order) -> Payload:
        """Return an `Order`."""
        return self._keep(order, self._order)

    def customer(self, customer: Customer) -> Payload:
        """Return a `Customer`."""
        return self._keep(customer, self._customer)

    def product(self, product: Product) -> Payload:
        """Return a `Product`."""
        return self._keep(product, self._product)

    def variant(self, variant: Variant) -> Payload:
        """Return a `ProductVariant`; its product comes when asked for."""
        return self._keep(variant, self._variant)

    def _keep(self, entity: Any, make: Any) -> Payload:
        key = (type(entity), entity.id)
        known = self._kept.get(key)
        if known is None or known[0] != entity.version:
            known = (entity.version, {"__typename": TYPES[type(entity)], **make(entity)})
            self._kept[key] = known
        return known[1]

    def _order(self, order: Order) -> Payload:
        refunds = [self._refund(refund, order) for refund in order.refunds]
        fulfillments = self._fulfillments(order)
        lines = listed([self._line(line, order) for line in order.lines])

        def bag(cents: int) -> Payload:
            return self._bag(cents, order)

        return {
            "id": gid("Order", order.id),
            "legacyResourceId": str(order.id),
            "name": f"#{order.number}",
            "number": int(order.number),
            "email": order.email or None,
            "phone": order.billing.phone or None,
            "note": order.note or None,
            "test": order.is_test,
            "createdAt": time(order.created_at),
            "processedAt": time(order.created_at),
            "updatedAt": time(order.modified_at),
            "cancelledAt": time(order.cancelled_at),
            "cancelReason": "CUSTOMER" if order.cancelled_at else None,
            "closed": order.state == states.COMPLETED,
            "closedAt": time(order.completed_at),
            "confirmed": True,
            "currencyCode": order.currency,
            "presentmentCurrencyCode": (order.presentment or (order.currency,))[0],
            "taxesIncluded": False,
            "taxExempt": False,
            "fullyPaid": bool(order.paid_at),
            "unpaid": not order.paid_at,
            "tags": [],
            "discountCode": order.coupon or None,
            "discountCodes": [order.coupon] if order.coupon else [],
            "displayFinancialStatus": financial_status(order),
            "displayFulfillmentStatus": fulfillment_status(order),
            "customer": lambda info: info.context.customer_of(order, info),
            "billingAddress": self._address(order.billing, order.id),
            "shippingAddress": self._address(order.shipping, order.id),
            "totalPriceSet": bag(order.total),
            "currentTotalPriceSet": bag(order.total - order.refunded),
            "subtotalPriceSet": bag(sum(line.total for line in order.lines)),
            "totalTaxSet": bag(order.total_tax),
            "totalShippingPriceSet": bag(order.shipping_total),
            "totalDiscountsSet": bag(order.discount),
            "totalRefundedSet": bag(order.refunded),
            "netPaymentSet": bag(order.total - order.refunded if order.paid_at else 0),
            "refunds": some(refunds),
            "fulfillmentsCount": {"count": len(fulfillments), "precision": "EXACT"},
            "fulfillments": some(fulfillments),
            "lineItems": lines,
        }

    def _bag(self, cents: int, order: Order) -> Payload:
        currency, rate = order.presentment or (order.currency, 10_000)
        return {
            "shopMoney": {"amount": decimal(cents), "currencyCode": order.currency},
            "presentmentMoney": {
                "amount": decimal(cents * rate // 10_000),
                "currencyCode": currency,
            },
        }

    def _line(self, line: Line, order: Order) -> Payload:
        unit = line.subtotal // line.quantity if line.quantity else 0
        return {
            "id": gid("LineItem", line.id),
            "name": line.name,
            "title": line.name.partition(" - ")[0],
            "variantTitle": line.name.partition(" - ")[2] or None,
            "sku": line.sku,
            "quantity": line.quantity,
            "currentQuantity": line.quantity,
            "variant": lambda info: info.context.variant_of(line),
            "originalUnitPriceSet": self._bag(unit, order),
            "discountedTotalSet": lambda _info, withCodeDiscounts=False: self._bag(  # noqa: N803 - GraphQL's name
                line.total if withCodeDiscounts else line.subtotal, order
            ),
        }

    def _refund(self, refund: Refund, order: Order) -> Payload:
        return {
            "id": gid("Refund", refund.id),
            "legacyResourceId": str(refund.id),
            "createdAt": time(refund.created_at),
            "processedAt": time(refund.created_at),
            "updatedAt": time(refund.modified_at),
            "note": refund.reason or None,
            "totalRefundedSet": self._bag(refund.amount, order),
        }

    @staticmethod
    def _fulfillments(order: Order) -> list[Payload]:
        if not order.shipped_at or not order.lines:
            return []
        tracking = [{"number": order.tracking_number or None, "company": "Other", "url": None}]
        return [
            {
                "id": gid("Fulfillment", order.id + parcel),
                "legacyResourceId": str(order.id + parcel),
                "name": f"#{order.number}-F{parcel}",
                "status": "SUCCESS",
                "displayStatus": "DELIVERED" if order.delivered_at else "IN_TRANSIT",
                "createdAt": time(order.shipped_at),
                "updatedAt": time(order.delivered_at or order.shipped_at),
                "inTransitAt": time(order.shipped_at),
                "deliveredAt": time(order.delivered_at),
                "requiresShipping": True,
                "totalQuantity": sum(line.quantity for line in order.lines),
                "trackingInfo": some(tracking),
            }
            for parcel in range(1, order.parcels + 1)
        ]

    def _customer(self, customer: Customer) -> Payload:
        name = f"{customer.first_name} {customer.last_name}".strip()
        is_verified = customer.id // 32_768 % UNVERIFIED_EVERY != 0
        return {
            "id": gid("Customer", customer.id),
            "legacyResourceId": str(customer.id),
            "createdAt": time(customer.created_at),
            "updatedAt": time(customer.modified_at or customer.created_at),
            "firstName": customer.first_name or None,
            "lastName": customer.last_name or None,
            "displayName": name or customer.email,
            "verifiedEmail": bool(customer.email) and is_verified,
            "email": customer.email or None,
            "phone": customer.phone or None,
            "defaultEmailAddress": {"emailAddress": customer.email} if customer.email else None,
            "defaultPhoneNumber": {"phoneNumber": customer.phone} if customer.phone else None,
            "defaultAddress": self._address(customer.address, customer.id),
            "tags": [],
            "state": "DISABLED",
            "locale": "en",
        }

    def _product(self, product: Product) -> Payload:
        variants = [self.variant(variant) for variant in product.variants]
        return {
            "id": gid("Product", product.id),
            "legacyResourceId": str(product.id),
            "title": product.name,
            "handle": f"product-{product.id}",
            "status": STATUSES.get(product.state, "ACTIVE"),
            "description": lambda _info, truncateAt=None: _plain(product)[:truncateAt],  # noqa: N803 - GraphQL's name
            "descriptionHtml": product.description,
            "productType": product.category,
            "vendor": self._world.name,
            "tags": [],
            "hasOnlyDefaultVariant": len(variants) == 1 and not product.variants[0].options,
            "createdAt": time(product.created_at),
            "updatedAt": time(product.modified_at),
            "category": {"id": gid("TaxonomyCategory", 1), "name": product.category},
            "variantsCount": {"count": len(variants), "precision": "EXACT"},
            "variants": listed(variants),
        }

    def _variant(self, variant: Variant) -> Payload:
        product = self._world.products.by_id[variant.product_id]
        cost = {"amount": decimal(product.cost), "currencyCode": self._world.currency}
        return {
            "id": gid("ProductVariant", variant.id),
            "legacyResourceId": str(variant.id),
            "title": " / ".join(value for _, value in variant.options) or "Default Title",
            "sku": variant.sku or None,
            "price": f"{variant.price // 100}.{variant.price % 100:02d}",
            "inventoryQuantity": variant.stock,
            "createdAt": time(variant.created_at),
            "updatedAt": time(variant.modified_at),
            "inventoryItem": {"id": gid("InventoryItem", variant.id), "unitCost": cost},
            "product": lambda _info: self.product(product),
        }

    @staticmethod
    def _address(address: Address | None, identifier: int) -> Payload | None:
        if address is None or not (address.line1 or address.first_name):
            return None
        return {
            "id": gid("MailingAddress", identifier),
            "name": f"{address.first_name} {address.last_name}".strip() or None,
            "firstName": address.first_name or None,
            "lastName": address.last_name or None,
            "company": address.company or None,
            "address1": address.line1 or None,
            "address2": address.line2 or None,
            "city": address.city or None,
            "province": address.region or None,
            "provinceCode": address.region or None,
            "zip": address.postcode or None,
            "country": COUNTRIES.get(address.country),
            "countryCodeV2": address.country or None,
            "phone": address.phone or None,
        }


def financial_status(order: Order) -> str:
    """Return the payment side of the order's state."""
    if order.total > 0 and order.refunded >= order.total:
        return "REFUNDED"
    if order.refunded:
        return "PARTIALLY_REFUNDED"
    if order.paid_at:
        return "PAID"
    if order.cancelled_at:
        return "VOIDED"
    return "EXPIRED" if order.state == states.FAILED else "PENDING"


def fulfillment_status(order: Order) -> str:
    """Return the parcel side of the order's state."""
    if order.paid_at and not order.lines:
        return "FULFILLMENT_NOT_REQUIRED"
    if order.shipped_at:
        return "FULFILLED"
    return "IN_PROGRESS" if order.state == states.AWAIT_SHIP else "UNFULFILLED"


def _plain(product: Product) -> str:
    return product.description.replace("<p>", "").replace("</p>", "")
