"""World objects as WooCommerce prints them.

Amounts are strings with `dp` decimals while a line's `price` is a bare, unrounded number; times
come twice, in the shop's zone and in UTC, both without saying which zone they are in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox import world as states
from connectors.sandbox.world import Address, Customer, Line, Order, Product, Refund, Variant, World

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "PLN": "zł", "KWD": "د.ك"}
Json = dict[str, Any]


class Printer:
    """Prints for one store with one number of decimals."""

    def __init__(self, world: World, base_url: str, places: int = 2) -> None:
        self._world = world
        self._zone: ZoneInfo = world.zone
        self._base = base_url
        self._places = places

    def order(self, order: Order, *, newest_first: bool = False) -> Json:
        """Return one element of GET /orders; a page of several has refunds newest first."""
        money = self.money
        is_bare_draft = order.state == states.AUTO_DRAFT
        billing = self._address(order.billing) | {"email": order.email}
        billing["phone"] = order.billing.phone
        return {
            "id": order.id,
            "parent_id": 0,
            "status": order.state,
            "currency": order.currency,
            "version": "11.0.1",
            "prices_include_tax": False,
            **self.times("created", 0 if is_bare_draft else order.created_at),
            **self.times("modified", 0 if is_bare_draft else order.modified_at),
            "discount_total": money(order.discount),
            "discount_tax": money(order.discount_tax),
            "shipping_total": money(order.shipping_total),
            "shipping_tax": money(order.shipping_tax),
            "cart_tax": money(order.total_tax - order.shipping_tax),
            "total": money(order.total),
            "total_tax": money(order.total_tax),
            "customer_id": order.customer_id,
            "order_key": f"wc_order_{order.id * 2654435761 % 2**32:08x}",
            "billing": billing,
            "shipping": self._address(order.shipping) | {"phone": ""},
            "payment_method": order.payment_method,
            "payment_method_title": order.payment_method.title(),
            "transaction_id": "",
            "customer_ip_address": "",
            "customer_user_agent": "",
            "created_via": "checkout",
            "customer_note": order.note,
            **self.times("completed", order.completed_at),
            **self.times("paid", order.paid_at),
            "cart_hash": "",
            "number": order.number,
            "meta_data": [
                {"id": order.id * 10 + 1, "key": "_parcel", "value": {"weight": 1.5, "boxes": 1}}
            ]
            if order.tracking_number
            else [],
            "line_items": [self._line(line) for line in order.lines],
            "tax_lines": [],
            "shipping_lines": self._shipping_lines(order),
            "fee_lines": [],
            "coupon_lines": [
                {
                    "id": order.id * 10 + 3,
                    "code": order.coupon.lower(),
                    "discount": money(order.discount),
                    "discount_tax": money(order.discount_tax),
                    "meta_data": [],
                }
            ]
            if order.coupon
            else [],
            "refunds": [
                {"id": refund.id, "reason": refund.reason, "total": money(-refund.amount)}
                for refund in (order.refunds[::-1] if newest_first else order.refunds)
            ],
            "payment_url": "",
            "is_editable": order.state in (states.PENDING, states.ON_HOLD, states.AUTO_DRAFT),
            "needs_payment": order.state in (states.PENDING, states.FAILED) and order.total > 0,
            "needs_processing": True,
            "currency_symbol": SYMBOLS.get(order.currency, order.currency),
            "_links": self._links(f"orders/{order.id}", "orders"),
        }

    def refund(self, refund: Refund) -> Json:
        """Return one element of GET /refunds and of GET /orders/{id}/refunds."""
        path = f"orders/{refund.order_id}/refunds"
        return {
            "id": refund.id,
            "parent_id": refund.order_id,
            **self.times("created", refund.created_at),
            "amount": self.money(refund.amount),
            "reason": refund.reason,
            "refunded_by": 1,
            "refunded_payment": False,
            "meta_data": [],
            "line_items": [],
            "shipping_lines": [],
            "tax_lines": [],
            "fee_lines": [],
            "_links": self._links(f"{path}/{refund.id}", path),
        }

    def customer(self, customer: Customer) -> Json:
        """Return one element of GET /customers."""
        address = customer.address or Address()
        return {
            "id": customer.id,
            **self.times("created", customer.created_at),
            **self.times("modified", customer.modified_at),
            "email": customer.email,
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "role": customer.role,
            "username": customer.email.partition("@")[0].lower(),
            "billing": self._address(address)
            | {"email": customer.email if customer.address else "", "phone": customer.phone},
            "shipping": self._address(address) | {"phone": ""},
            "is_paying_customer": customer.role == "customer",
            "avatar_url": "",
            "meta_data": [],
            "_links": self._links(f"customers/{customer.id}", "customers"),
        }

    def product(self, product: Product) -> Json:
        """Return one element of GET /products."""
        has_variations = bool(product.variants)
        cheapest = min((variant.price for variant in product.variants), default=product.price)
        return {
            "id": product.id,
            "name": product.name,
            "slug": f"product-{product.id}",
            "permalink": f"{self._base}/product/product-{product.id}/",
            **self.times("created", product.created_at),
            **self.times("modified", product.modified_at),
            "type": "variable" if has_variations else "simple",
            "status": product.state,
            "featured": False,
            "catalog_visibility": "visible",
            "description": product.description,
            "short_description": "",
            "sku": product.sku,
            "price": self.money(cheapest),
            "regular_price": "" if has_variations else self.money(product.price),
            "sale_price": "",
            "on_sale": False,
            "purchasable": True,
            "total_sales": 0,
            "virtual": False,
            "manage_stock": not has_variations,
            "stock_quantity": None if has_variations else product.stock,
            "stock_status": "instock",
            "parent_id": 0,
            "categories": [{"id": 15, "name": product.category, "slug": product.category.lower()}],
            "tags": [],
            "images": [],
            "attributes": self._attributes(product),
            "variations": [one.id for one in product.variants if product.state != states.TRASH],
            "grouped_products": [],
            "cost_of_goods_sold": {"values": [], "total_value": product.cost / 100},
            "meta_data": [],
            "_links": self._links(f"products/{product.id}", "products"),
        }

    def variation(self, variant: Variant, product: Product) -> Json:
        """Return one element of GET /variations and of GET /products/{id}/variations."""
        path = f"products/{product.id}/variations"
        return {
            "id": variant.id,
            "type": "variation",
            **self.times("created", variant.created_at),
            **self.times("modified", variant.modified_at),
            "description": "",
            "permalink": f"{self._base}/product/product-{product.id}/",
            "sku": variant.sku,
            "price": self.money(variant.price),
            "regular_price": self.money(variant.price),
            "sale_price": "",
            "on_sale": False,
            "status": states.TRASH if product.state == states.TRASH else "publish",
            "purchasable": True,
            "manage_stock": True,
            "stock_quantity": variant.stock,
            "stock_status": "instock",
            "attributes": [
                {"id": 0, "name": name, "slug": name.lower(), "option": value}
                for name, value in variant.options
            ],
            "name": ", ".join(value for _, value in variant.options),
            "parent_id": product.id,
            "image": None,
            "meta_data": [],
            "_links": self._links(f"{path}/{variant.id}", path),
        }

    def money(self, cents: int) -> str:
        """Return an amount with as many decimals as were asked for."""
        if self._places == 2:  # noqa: PLR2004 - the default, and most of the work
            sign = "-" if cents < 0 else ""
            whole, rest = divmod(abs(cents), 100)
            return f"{sign}{whole}.{rest:02d}"
        return f"{cents / 100:.{self._places}f}"

    def times(self, what: str, at: int) -> Json:
        """Return `date_<what>` in the shop's zone and `date_<what>_gmt`; null for no time."""
        if not at:
            return {f"date_{what}": None, f"date_{what}_gmt": None}
        local = datetime.fromtimestamp(at, self._zone).replace(tzinfo=None)
        universal = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
        return {f"date_{what}": local.isoformat(), f"date_{what}_gmt": universal.isoformat()}

    def _line(self, line: Line) -> Json:
        price: int | float = line.total / 100 / line.quantity if line.quantity else 0
        product = self._world.products.by_id.get(line.product_id)
        # A line whose variation is gone stands for the parent, which has no SKU of its own.
        is_parent = product is not None and bool(product.variants) and not line.variant_id
        return {
            "id": line.id,
            "name": line.name,
            "product_id": line.product_id,
            "variation_id": line.variant_id,
            "quantity": line.quantity,
            "tax_class": "",
            "subtotal": self.money(line.subtotal),
            "subtotal_tax": self.money(line.subtotal_tax),
            "total": self.money(line.total),
            "total_tax": self.money(line.tax),
            "taxes": [],
            "meta_data": [],
            "sku": "" if is_parent else line.sku,
            "global_unique_id": "",
            "price": int(price) if price == int(price) else price,
            "image": {"id": "", "src": ""},
            "parent_name": None,
        }

    def _shipping_lines(self, order: Order) -> list[Json]:
        if not order.shipping_method:
            return []
        return [
            {
                "id": order.id * 10 + 2,
                "method_title": order.shipping_method,
                "method_id": "flat_rate",
                "instance_id": "1",
                "total": self.money(order.shipping_total),
                "total_tax": self.money(order.shipping_tax),
                "taxes": [],
                "meta_data": [],
            }
        ]

    @staticmethod
    def _attributes(product: Product) -> list[Json]:
        if not product.variants:
            return []
        return [
            {
                "id": 0,
                "name": name,
                "position": position,
                "visible": True,
                "variation": True,
                "options": list(
                    dict.fromkeys(variant.options[position][1] for variant in product.variants)
                ),
            }
            for position, (name, _) in enumerate(product.variants[0].options)
        ]

    @staticmethod
    def _address(address: Address) -> Json:
        return {
            "first_name": address.first_name,
            "last_name": address.last_name,
            "company": address.company,
            "address_1": address.line1,
            "address_2": address.line2,
            "city": address.city,
            "state": address.region,
            "postcode": address.postcode,
            "country": address.country,
        }

    def _links(self, self_path: str, collection: str) -> Json:
        base = f"{self._base}/wp-json/wc/v3"
        return {
            "self": [{"href": f"{base}/{self_path}"}],
            "collection": [{"href": f"{base}/{collection}"}],
        }
